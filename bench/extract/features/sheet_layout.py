"""Workbooks: everything around the values of cells."""

import io

from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment

from features import flat
from features.feature import Either, Feature
from features.sheets import Cell, book, flat_cell, flat_rows, flat_sheet

SALES = [["City", "Units"], ["Oslo", 41], ["Rome", 73]]
YEARS = [["Region", "2025", None], [None, "Q1", "Q2"], ["North", 10, 11], ["South", 20, 21]]
NAME = 'Q1 & "Q2" <net>'


def merge(_book, sheet) -> None:
    """Merges cells with openpyxl, which does not write to merged cells."""
    sheet.merge_cells("B1:C1")
    sheet.merge_cells("A1:A2")


def merge_too(book, sheet) -> None:
    """Merges cells with XlsxWriter."""
    sheet.merge_range("B1:C1", "2025")
    sheet.merge_range("A1:A2", "Region")


def hide(book, sheet) -> None:
    """Hides a row, a column and two sheets."""
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["C"].hidden = True
    for state in ("hidden", "veryHidden"):
        other = book.create_sheet(f"{state} sheet")
        other.append(["secret", state])
        other.sheet_state = state


def hide_too(book, sheet) -> None:
    """Hides them with XlsxWriter."""
    sheet.set_row(2, None, None, {"hidden": True})
    sheet.set_column("C:C", None, None, {"hidden": True})
    other, last = book.add_worksheet("hidden sheet"), book.add_worksheet("veryHidden sheet")
    other.write("A1", "secret")
    last.write("A1", "secret")
    other.hide()
    last.very_hidden()


def sheets(book, _sheet) -> None:
    """Adds a second sheet with special characters in its name."""
    book.create_sheet(NAME).append(["inside", 1])


def sheets_too(book, _sheet) -> None:
    """Adds it with XlsxWriter."""
    book.add_worksheet(NAME).write_row("A1", ["inside", 1])


def comment(_book, sheet) -> None:
    """Comments on a cell."""
    sheet["B2"].comment = Comment("Counted twice", "Mia Koch")


def comment_too(_book, sheet) -> None:
    """Comments with XlsxWriter."""
    sheet.write_comment("B2", "Counted twice", {"author": "Mia Koch"})


RICH = CellRichText("It is un", TextBlock(InlineFont(b=True), "believ"), "able")


def rich(_book, sheet) -> None:
    """Writes a word in three runs."""
    sheet["A4"] = RICH


def rich_too(book, sheet) -> None:
    """Writes it with XlsxWriter."""
    sheet.write_rich_string("A4", "It is un", book.add_format({"bold": True}), "believ", "able")


def chart(_book, sheet) -> None:
    """Adds a chart below the values."""
    bars = BarChart()
    bars.title = "Sales by city"
    bars.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    bars.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=3))
    sheet.add_chart(bars, "D2")


def chart_too(book, sheet) -> None:
    """Adds it with XlsxWriter."""
    bars = book.add_chart({"type": "column"})
    bars.add_series(
        {"name": "=Data!$B$1", "categories": "=Data!$A$2:$A$3", "values": "=Data!$B$2:$B$3"}
    )
    bars.set_title({"name": "Sales by city"})
    sheet.insert_chart("D2", bars)


def chart_alone(book, _sheet) -> None:
    """Adds a sheet without cells."""
    bars = book.add_chart({"type": "pie"})
    bars.add_series({"categories": "=Data!$A$2:$A$3", "values": "=Data!$B$2:$B$3"})
    bars.set_title({"name": "Sales by city"})
    book.add_chartsheet("Chart").set_chart(bars)


def filtered(_book, sheet) -> None:
    """Filters out all but one city."""
    sheet.autofilter("A1:B3")
    sheet.filter_column("A", "x == Oslo")
    sheet.set_row(2, None, None, {"hidden": True})


def link(_book, sheet) -> None:
    """Links words."""
    sheet["A2"].hyperlink = "https://example.org/handbook"


def link_too(_book, sheet) -> None:
    """Links them with XlsxWriter."""
    sheet.write_url("A2", "https://example.org/handbook", string="our handbook")


def box(_book, sheet) -> None:
    """Adds a text box, and a picture with alternative text."""
    sheet.insert_textbox("D2", "Mind the gap")
    described = {"image_data": io.BytesIO(flat.png()), "description": "Two boats at a pier"}
    sheet.insert_image("D9", "boats.png", described)


def header(_book, sheet) -> None:
    """Adds headers and footers of the printed page."""
    sheet.oddHeader.center.text = "Acme confidential"


COVERED = "<table:covered-table-cell/>"


def across(words: str, kind: str) -> str:
    """A cell that spans two columns or rows."""
    return flat_cell(Cell(words)).replace(" office", f' table:number-{kind}-spanned="2" office', 1)


def flat_row(*cells: str, more: str = "") -> str:
    """A row in OpenDocument."""
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def flat_values(*values: object) -> str:
    """Cells in OpenDocument."""
    return "".join(flat_cell(Cell(value)) for value in values)


MERGED_FLAT = flat_sheet(
    flat_row(across("Region", "rows"), across("2025", "columns"), COVERED)
    + flat_row(COVERED, flat_values("Q1", "Q2"))
    + flat_rows(YEARS[2:])
)
HIDDEN = [
    ["City", "Units", "secret"],
    ["Oslo", 41, "secret"],
    ["secret", 7, "secret"],
    ["Rome", 73, "secret"],
]
HIDDEN_FLAT = flat_sheet(
    '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
    + flat_rows(HIDDEN[:2])
    + flat_row(flat_values(*HIDDEN[2]), more='table:visibility="collapse"')
    + flat_rows(HIDDEN[3:])
) + flat_sheet(flat_rows([["secret"]]), "hidden sheet", 'table:style-name="unseen"')
COMMENT_FLAT = flat_sheet(
    flat_rows(SALES[:1])
    + flat_row(
        flat_values("Oslo"),
        '<table:table-cell office:value-type="float" office:value="41"><office:annotation>'
        "<dc:creator>Mia Koch"
        "</dc:creator><text:p>Counted twice</text:p></office:annotation><text:p>41</text:p>"
        "</table:table-cell>",
    )
    + flat_rows(SALES[2:])
)
RICH_FLAT = flat_sheet(
    flat_rows(SALES)
    + flat_row(
        '<table:table-cell office:value-type="string"><text:p>It is un'
        '<text:span text:style-name="bold">believ'
        "</text:span>able</text:p></table:table-cell>"
    )
)
LINK_FLAT = flat_sheet(
    flat_rows([["Item", "Value"]])
    + flat_row(
        '<table:table-cell office:value-type="string"><text:p><text:a xlink:type="simple" '
        'xlink:href="https://example.org/handbook">our handbook</text:a></text:p></table:table-cell>',
        flat_values(1),
    )
)
BOX_FLAT = flat.frame("<draw:text-box><text:p>Mind the gap</text:p></draw:text-box>")
CHART_FLAT = flat.frame(flat.chart("Sales by city", "Units", ["Oslo", "Rome"], [41, 73]))
PICTURE_FLAT = flat.frame(flat.picture("Two boats at a pier"), at=6)


def drawn(shapes: str) -> str:
    """A sheet with shapes."""
    return flat_sheet(f"<table:shapes>{shapes}</table:shapes>{flat_rows(SALES)}")


FEATURES: list[Feature] = [
    book(
        "merged cells",
        YEARS,
        extra=merge_too,
        without=("openpyxl",),
        sheets=MERGED_FLAT,
        has=[("Region", "2025"), ("Q1", "Q2"), ("North", "10", "11"), ("South", "20", "21")],
    ),
    book(
        "hidden rows, columns, sheets",
        HIDDEN,
        more=hide,
        extra=hide_too,
        sheets=HIDDEN_FLAT,
        has=[("City", "Units"), ("Oslo", "41"), ("Rome", "73")],
        absent=["secret"],
        lost=("csv", "html"),
    ),
    book(
        "signs in names of sheets",
        SALES,
        more=sheets,
        extra=sheets_too,
        sheets=flat_sheet(flat_rows(SALES)) + flat_sheet(flat_rows([["inside", 1]]), NAME),
        has=["Oslo", NAME, "inside"],
        path={"inside": [NAME]},
        lost=("csv", "html"),
    ),
    book(
        "comment on a cell",
        SALES,
        more=comment,
        extra=comment_too,
        sheets=COMMENT_FLAT,
        has=[("Oslo", "41")],
        once=["Counted twice"],
        lost=("csv", "html"),
    ),
    book(
        "rich text in a cell",
        SALES,
        more=rich,
        extra=rich_too,
        sheets=RICH_FLAT,
        has=["It is unbelievable", ("Rome", "73")],
    ),
    book(
        "chart on a sheet",
        SALES,
        more=chart,
        extra=chart_too,
        sheets=drawn(CHART_FLAT),
        has=[("Oslo", "41"), ("Rome", "73"), "Sales by city"],
        lost=("csv", "html"),
    ),
    book(
        "link on a cell",
        [["Item", "Value"], ["our handbook", 1]],
        more=link,
        extra=link_too,
        sheets=LINK_FLAT,
        has=[("our handbook", "1")],
    ),
    book(
        "text box, picture on a sheet",
        SALES,
        extra=box,
        without=("openpyxl",),
        sheets=drawn(BOX_FLAT + PICTURE_FLAT),
        has=[("Oslo", "41")],
        once=["Mind the gap", "Two boats at a pier"],
        lost=("csv", "html"),
    ),
    book(
        "texts within the cells",
        SALES,
        options={"constant_memory": True},
        without=("openpyxl",),
        has=[("City", "Units"), ("Oslo", "41"), ("Rome", "73")],
    ),
    book(
        "chart on a sheet of its own",
        SALES,
        extra=chart_alone,
        without=("openpyxl", "flat"),
        has=[("Oslo", "41"), "Sales by city"],
        lost=("csv", "html"),
    ),
    book(
        "rows that a filter hides",
        SALES,
        extra=filtered,
        without=("openpyxl", "flat"),
        has=[("City", "Units"), ("Oslo", "41")],
        lost=("csv", "html"),
    ),
    book(
        "sparse cells",
        [["City", None, "Units"], ["Oslo", None, None, 41], [], ["Rome", None, 73]],
        has=[("City", "Units"), ("Oslo", "41"), ("Rome", "73")],
    ),
    book(
        "empty columns keep their place",
        [["City", "Old", "New"], ["Oslo", None, 41], ["Rome", 5, 73]],
        frames=True,
        has=[
            Either(("| Oslo |  | 41 |", "| Oslo | | 41 |", "| Oslo | NaN | 41 |")),
            ("Rome", "5", "73"),
        ],
    ),
    book(
        "title above a table",
        [["Sales of the year"], [], ["City", "Units"], ["Oslo", 41]],
        has=["Sales of the year", ("City", "Units"), ("Oslo", "41")],
    ),
]

"""Text documents: headings, lists, tables, frames, and content beside the text."""

import io

from docx.document import Document
from docx.oxml import parse_xml

from features import flat
from features.feature import Either, Feature
from features.texts import (
    XMLNS,
    append,
    field,
    numbered,
    numbering,
    paragraphs,
    raw,
    run,
    said,
    text,
)


def headings(document: Document) -> None:
    """Adds headings of two levels, a second chapter, and a title."""
    document.add_heading("Manual", 0)
    document.add_heading("Operations", 1)
    document.add_heading("Storage", 2)
    document.add_paragraph("Disks are mirrored.")
    document.add_heading("Contacts", 1)
    document.add_paragraph("Call the desk.")


def numbered_headings(document: Document) -> None:
    """Adds headings with numbers from a multilevel list."""
    numbering(document, ["%1", "%1.%2"], ("Heading1", "Heading2"))
    for level, words in ((1, "Scope"), (1, "Terms"), (2, "Payment")):
        document.add_heading(words, level)
        properties = document.paragraphs[-1]._p.get_or_add_pPr()
        place = f'<w:numPr {XMLNS}><w:ilvl w:val="{level - 1}"/><w:numId w:val="77"/></w:numPr>'
        properties.append(parse_xml(place))
    document.add_paragraph("Within thirty days.")


def lists(document: Document) -> None:
    """Adds lists in the styles of python-docx."""
    for words in ("Open the valve", "Read the gauge"):
        document.add_paragraph(words, style="List Number")
    document.add_paragraph("wear gloves", style="List Bullet")


def levels(document: Document) -> None:
    """Adds a list of three levels that repeat the numbers above."""
    numbering(document, ["%1.", "%1.%2.", "%1.%2.%3."])
    for level, words in ((0, "Alpha"), (0, "Beta"), (1, "Gamma"), (2, "Delta"), (1, "Epsilon")):
        append(document, numbered(words, level))


LEVELS_FLAT = """<text:list text:style-name="numbers"><text:list-item><text:p>Alpha</text:p></text:list-item>
<text:list-item><text:p>Beta</text:p><text:list><text:list-item><text:p>Gamma</text:p><text:list>
<text:list-item><text:p>Delta</text:p></text:list-item></text:list></text:list-item><text:list-item>
<text:p>Epsilon</text:p></text:list-item></text:list></text:list-item></text:list>"""
LISTS_FLAT = """<text:list text:style-name="numbers"><text:list-item><text:p>Open the valve</text:p>
</text:list-item><text:list-item><text:p>Read the gauge</text:p></text:list-item></text:list>
<text:list text:style-name="bullets"><text:list-item><text:p>wear gloves</text:p></text:list-item>
</text:list>"""
HEADINGS_FLAT = """<text:p text:style-name="Title">Manual</text:p>
<text:h text:style-name="Heading_20_1" text:outline-level="1">Operations</text:h>
<text:h text:style-name="Heading_20_2"
text:outline-level="2">Storage</text:h><text:p>Disks are mirrored.</text:p>
<text:h text:style-name="Heading_20_1"
text:outline-level="1">Contacts</text:h><text:p>Call the desk.</text:p>"""
NUMBERED_FLAT = """<text:h text:style-name="Heading_20_1" text:outline-level="1">Scope</text:h>
<text:h text:style-name="Heading_20_1" text:outline-level="1">Terms</text:h>
<text:h text:style-name="Heading_20_2" text:outline-level="2">Payment</text:h>
<text:p>Within thirty days.</text:p>"""
OUTLINE = '<text:outline-style style:name="Outline">' + "".join(
    f'<text:outline-level-style text:level="{level}" style:num-format="1" '
    f'text:display-levels="{level}"/>'
    for level in (1, 2)
)
OUTLINE += "</text:outline-style>"


def fill(table, rows: list[list[str]]) -> None:
    """Fills the cells of a table."""
    for at, row in enumerate(rows):
        for column, words in enumerate(row):
            table.cell(at, column).text = words


def table(document: Document) -> None:
    """Adds a plain table."""
    rows = [["City", "Rain"], ["Oslo", "740"], ["Rome", "800"]]
    fill(document.add_table(3, 2), rows)


def merged(document: Document) -> None:
    """Adds a table with a cell across two columns and one down two rows."""
    grid = document.add_table(4, 3)
    fill(
        grid,
        [["Region", "2025", ""], ["", "Q1", "Q2"], ["North", "10", "11"], ["South", "20", "21"]],
    )
    grid.cell(0, 1).merge(grid.cell(0, 2))
    grid.cell(0, 0).merge(grid.cell(1, 0))


def down(document: Document) -> None:
    """Adds a table with a cell down two rows of values."""
    grid = document.add_table(3, 3)
    fill(grid, [["Region", "Quarter", "Sold"], ["North", "Q1", "10"], ["", "Q2", "11"]])
    grid.cell(1, 0).merge(grid.cell(2, 0))


def nested(document: Document) -> None:
    """Adds a table in a cell."""
    grid = document.add_table(2, 2)
    fill(grid, [["Part", "Parts of it"], ["Pump", ""]])
    fill(grid.cell(1, 1).add_table(2, 2), [["Seal", "rubber"], ["Bolt", "steel"]])


def list_in_cell(document: Document) -> None:
    """Adds several paragraphs to a cell."""
    grid = document.add_table(2, 2)
    fill(grid, [["Step", "Tools"], ["Open", "Wrench"]])
    grid.cell(1, 1).add_paragraph("Torch")


def pipe(document: Document) -> None:
    """Adds cells with the character that separates cells in Markdown."""
    fill(document.add_table(2, 2), [["Command", "Does"], ["ls | wc", "counts"]])


def rows(*lines: str, columns: int) -> str:
    """A table in OpenDocument, from the content of its rows."""
    body = "".join(f"<table:table-row>{line}</table:table-row>" for line in lines)
    return (
        f'<table:table table:name="t"><table:table-column table:number-columns-repeated="{columns}"/>'
        f"{body}</table:table>"
    )


def cell(words: str, more: str = "") -> str:
    """A cell in OpenDocument."""
    inside = words if words.startswith("<") else f"<text:p>{words}</text:p>"
    return f'<table:table-cell office:value-type="string" {more}>{inside}</table:table-cell>'


COVERED = "<table:covered-table-cell/>"
INNER = rows(cell("Seal") + cell("rubber"), cell("Bolt") + cell("steel"), columns=2)
MERGED_FLAT = rows(
    cell("Region", 'table:number-rows-spanned="2"')
    + cell("2025", 'table:number-columns-spanned="2"')
    + COVERED,
    COVERED + cell("Q1") + cell("Q2"),
    cell("North") + cell("10") + cell("11"),
    cell("South") + cell("20") + cell("21"),
    columns=3,
)
DOWN_FLAT = rows(
    cell("Region") + cell("Quarter") + cell("Sold"),
    cell("North", 'table:number-rows-spanned="2"') + cell("Q1") + cell("10"),
    COVERED + cell("Q2") + cell("11"),
    columns=3,
)
BOX = (
    '<w:p><w:r><w:t>Before the box.</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires="wps">'
    '<w:drawing><wp:inline><wp:extent cx="900000" cy="300000"/><wp:docPr id="3" name="Text Box 3"/>'
    '<a:graphic><a:graphicData uri="http://schemas.microsoft.com/office/word/2010/wordprocessingShape">'
    '<wps:wsp><wps:cNvSpPr txBox="1"/><wps:spPr/><wps:txbx><w:txbxContent>INSIDE</w:txbxContent></wps:txbx>'
    "<wps:bodyPr/></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice><mc:Fallback>"
    "<w:pict><v:shape><v:textbox><w:txbxContent>INSIDE</w:txbxContent></v:textbox></v:shape></w:pict>"
    "</mc:Fallback></mc:AlternateContent></w:r><w:r><w:t> After it.</w:t></w:r></w:p>"
)
INSIDE = f"<w:p>{said('Mind the gap')}</w:p><w:p>{said('Doors close')}</w:p>"
BOX_FLAT = flat.frame(
    "<draw:text-box><text:p>Mind the gap</text:p><text:p>Doors close</text:p></draw:text-box>",
    'text:anchor-type="paragraph" draw:style-name="box"',
)


def margins(document: Document) -> None:
    """Adds a header, and a footer with a page number."""
    document.add_paragraph("The body.")
    section = document.sections[0]
    section.header.paragraphs[0].text = "Acme confidential"
    footer = section.footer.paragraphs[0]
    footer.text = "Branch Geneva, page "
    for element in parse_xml(f"<w:p {XMLNS}>{field('PAGE', '7')}</w:p>"):
        footer._p.append(element)


def picture(alt: str):
    """Adds a picture between words, with or without alternative text."""

    def write(document: Document) -> None:
        document.add_paragraph("Figure below.").add_run().add_picture(io.BytesIO(flat.png()))
        shape = document.inline_shapes[0]._inline.docPr
        shape.set("descr", alt)
        shape.set("name", "Picture 99")

    return write


def image(alt: str) -> str:
    """The same picture in OpenDocument."""
    return f"<text:p>Figure below.{flat.frame(flat.picture(alt), flat.INLINE)}</text:p>"


def control(properties: str, content: str) -> str:
    """Adds a content control of Word within a paragraph."""
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


MASTER = (
    "<style:header><text:p>Acme confidential</text:p></style:header><style:footer>"
    "<text:p>Branch Geneva, page "
    "<text:page-number>7</text:page-number></text:p></style:footer>"
)
CHECKED = '<w14:checkbox><w14:checked w14:val="1"/></w14:checkbox>'
SEQUENCE = "SEQ Table \\* ARABIC"
CHART = flat.chart("Sales by city", "Units", ["Oslo", "Rome"], [41, 73])

FEATURES: list[Feature] = [
    text(
        "headings",
        headings,
        HEADINGS_FLAT,
        has=["Manual"],
        once=["Operations", "Storage"],
        path={
            "Disks are mirrored.": ["Operations", "Storage"],
            "Call the desk.": ["Contacts"],
        },
        lost=("epub",),
    ),
    text(
        "numbers of headings",
        numbered_headings,
        NUMBERED_FLAT,
        styles=OUTLINE,
        has=[("1", "Scope"), ("2", "Terms"), ("2.1", "Payment")],
        lost=("epub",),
    ),
    text(
        "lists",
        lists,
        LISTS_FLAT,
        has=[("1.", "Open the valve"), ("2.", "Read the gauge"), "wear gloves"],
        lost=("epub",),
    ),
    text(
        "levels of lists",
        levels,
        LEVELS_FLAT,
        has=[("1", "Alpha"), ("2.1", "Gamma"), ("2.1.1", "Delta"), ("2.2", "Epsilon")],
        lost=("html", "epub"),
    ),
    text(
        "table",
        table,
        rows(
            cell("City") + cell("Rain"),
            cell("Oslo") + cell("740"),
            cell("Rome") + cell("800"),
            columns=2,
        ),
        has=[("City", "Rain"), ("Oslo", "740"), ("Rome", "800")],
    ),
    text(
        "cells across columns",
        merged,
        MERGED_FLAT,
        has=[("2025", "2025"), ("Q1", "Q2"), ("North", "10", "11"), ("South", "20", "21")],
    ),
    text(
        "cells down rows",
        down,
        DOWN_FLAT,
        has=[("Region", "Quarter", "Sold"), ("North", "Q1", "10"), ("North", "Q2", "11")],
    ),
    text(
        "table in a cell",
        nested,
        rows(
            cell("Part") + cell("Parts of it"), cell("Pump") + cell(INNER + "<text:p/>"), columns=2
        ),
        has=["Pump", "Seal", "rubber", "Bolt", "steel"],
        once=["Seal", "steel"],
        # Its row must not end before the inner table.
        absent=["Sealrubber", "Boltsteel", "rubberBolt", "| Pump |\n"],
    ),
    text(
        "list in a cell",
        list_in_cell,
        rows(
            cell("Step") + cell("Tools"),
            cell("Open")
            + cell(
                '<text:list text:style-name="bullets"><text:list-item><text:p>Wrench</text:p>'
                "</text:list-item>"
                "<text:list-item><text:p>Torch</text:p></text:list-item></text:list>"
            ),
            columns=2,
        ),
        has=[("Step", "Tools"), ("Open", "Wrench", "Torch")],
        absent=["WrenchTorch"],
    ),
    text(
        "| in a cell",
        pipe,
        rows(cell("Command") + cell("Does"), cell("ls | wc") + cell("counts"), columns=2),
        has=[("ls \\| wc", "counts")],
    ),
    text(
        "text box",
        raw(BOX.replace("INSIDE", INSIDE)),
        f"<text:p>Before the box.{BOX_FLAT} After it.</text:p>",
        once=["Mind the gap", "Doors close", "Before the box.", "After it."],
        absent=["gapDoors", "box.Mind", "closeAfter"],
        lost=("html",),
    ),
    text(
        "header and footer",
        margins,
        "<text:p>The body.</text:p>",
        master=MASTER,
        has=["The body."],
        once=["Acme confidential", "Branch Geneva"],
        absent=["PAGE"],
        lost=("epub",),
    ),
    text(
        "picture with a text",
        picture("Two boats at a pier"),
        image("Two boats at a pier"),
        has=["Figure below."],
        once=["Two boats at a pier"],
        lost=("html", "epub"),
    ),
    text(
        "picture without one",
        picture(""),
        image(""),
        has=["Figure below."],
        absent=["Picture 99", ".png", "base64", "!["],
    ),
    text(
        "caption",
        raw(f"<w:p>{said('Table ')}{field(SEQUENCE, '3')}{said(': Prices')}</w:p>"),
        '<text:p>Table <text:sequence text:name="Table" text:formula="ooow:Table+3" '
        'style:num-format="1">3</text:sequence>: Prices</text:p>',
        has=[Either(("Table 3: Prices", "Table 1: Prices"))],
        absent=["SEQ"],
    ),
    text(
        "content controls",
        raw(
            f"<w:p>{said('Customer ')}{control('<w:text/>', said('Lind AG'))}{said(' in ')}"
            f"{control('<w:dropDownList/>', said('Basel'))}{said(' agreed ')}"
            f"{control(CHECKED, said('☒'))}</w:p>"
        ),
        has=["Customer Lind AG in Basel agreed"],
        lost=("epub",),
    ),
    text(
        "letters outside the basic plane",
        paragraphs("Thanks 🙏🏽 from 𠮷野家, naïve œuvre"),
        "<text:p>Thanks 🙏🏽 from 𠮷野家, naïve œuvre</text:p>",
        has=["Thanks 🙏🏽 from 𠮷野家, naïve œuvre"],
    ),
    text(
        "chart in a document",
        None,
        f"<text:p>See: {flat.frame(CHART, flat.INLINE)}</text:p>",
        has=["See:", "Sales by city", "Oslo", "41", "73"],
        lost=("odt", "rtf", "html", "epub"),
    ),
    text(
        "break within a heading",
        raw(
            '<w:p><w:pPr><w:pStyle w:val="Heading1"/></w:pPr>'
            f"{said('Rates')}{run('<w:br/>')}"
            f"{said('of 2026')}</w:p>",
            f"<w:p>{said('They fell.')}</w:p>",
        ),
        '<text:h text:style-name="Heading_20_1" text:outline-level="1">Rates'
        "<text:line-break/>of 2026</text:h>"
        "<text:p>They fell.</text:p>",
        path={"They fell.": ["Rates of 2026"]},
        lost=("epub",),
    ),
]

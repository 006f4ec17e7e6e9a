"""Workbooks: writing them with openpyxl, XlsxWriter, pandas and LibreOffice."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import pandas
import xlsxwriter
from openpyxl.worksheet.worksheet import Worksheet

from features import flat
from features.feature import Feature

# Number formats in OpenDocument, by the names of cell styles.
NUMBERS = """
<number:percentage-style style:name="Npercent"><number:number number:decimal-places="1"
number:min-decimal-places="1" number:min-integer-digits="1"/><number:text>%</number:text>
</number:percentage-style>
<number:number-style style:name="Nthousands"><number:number number:decimal-places="2"
number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/></number:number-style>
<number:number-style style:name="Nliteral"><number:number number:decimal-places="0"
number:min-integer-digits="1" number:grouping="true"/><number:text> DA</number:text></number:number-style>
<number:number-style style:name="Ndays"><number:number number:decimal-places="0"
number:min-integer-digits="1"/><number:text> days</number:text></number:number-style>
<number:number-style style:name="Nzeros"><number:number number:decimal-places="0"
number:min-integer-digits="5"/></number:number-style>
<number:number-style style:name="Nscience"><number:scientific-number number:decimal-places="2"
number:min-decimal-places="2" number:min-integer-digits="1"
number:min-exponent-digits="2"/></number:number-style>
<number:number-style style:name="Nfraction"><number:fraction number:min-integer-digits="0"
number:min-numerator-digits="1" number:min-denominator-digits="1"/></number:number-style>
<number:number-style style:name="NparensP0" style:volatile="true"><number:number number:decimal-places="0"
number:min-integer-digits="1" number:grouping="true"/></number:number-style>
<number:number-style style:name="Nparens"><number:text>(</number:text><number:number number:decimal-places="0"
number:min-integer-digits="1" number:grouping="true"/><number:text>)</number:text>
<style:map style:condition="value()&gt;=0" style:apply-style-name="NparensP0"/></number:number-style>
<number:date-style style:name="Nday"><number:year number:style="long"/><number:text>-</number:text>
<number:month number:style="long"/><number:text>-</number:text><number:day
number:style="long"/></number:date-style>
<number:date-style style:name="Nmonth"><number:month number:style="long" number:textual="true"/>
<number:text> </number:text><number:year number:style="long"/></number:date-style>
<number:date-style style:name="Nmoment"><number:year number:style="long"/><number:text>-</number:text>
<number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/>
<number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text>
<number:minutes number:style="long"/></number:date-style>
<number:time-style style:name="Nclock"><number:hours number:style="long"/><number:text>:</number:text>
<number:minutes number:style="long"/></number:time-style>
<number:time-style style:name="Nduration" number:truncate-on-overflow="false"><number:hours/>
<number:text>:</number:text><number:minutes number:style="long"/></number:time-style>
<number:boolean-style style:name="Nboolean"><number:boolean/></number:boolean-style>
<number:text-style style:name="Ntext"><number:text-content/></number:text-style>"""
STYLED = (
    "percent thousands literal days zeros science fraction parens day month moment clock duration text "
    "boolean"
).split()
AUTOMATIC = NUMBERS.replace("\n", " ") + "".join(
    f'<style:style style:name="{name}" style:family="table-cell" style:data-style-name="N{name}"/>'
    for name in STYLED
)
AUTOMATIC += (
    '<style:style style:name="unseen" style:family="table">'
    '<style:table-properties table:display="false"/>'
)
AUTOMATIC += (
    '</style:style><style:style style:name="bold" style:family="text"><style:text-properties '
)
AUTOMATIC += 'fo:font-weight="bold"/></style:style>'


@dataclass(frozen=True)
class Cell:
    """A value with a number format: its code in Excel, and its style in OpenDocument above."""

    value: object
    code: str = "General"
    style: str = ""


Rows = list[list[object]]


def bare(value: object) -> Cell:
    """A value as a cell."""
    return value if isinstance(value, Cell) else Cell(value)


def flat_cell(cell: Cell) -> str:
    """A cell in OpenDocument."""
    value = cell.value
    named = cell.style or ("boolean" if isinstance(value, bool) else "")
    style = f' table:style-name="{named}"' if named else ""
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, bool):
        typed, shown = f'"boolean" office:boolean-value="{str(value).lower()}"', str(value)
    elif isinstance(value, int | float):
        typed, shown = f'"float" office:value="{value!r}"', repr(value)
    elif isinstance(value, datetime | date):
        typed, shown = f'"date" office:date-value="{value.isoformat()}"', str(value)
    elif isinstance(value, time):
        typed, shown = f'"time" office:time-value="PT{value.hour}H{value.minute}M0S"', str(value)
    elif isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        typed, shown = f'"time" office:time-value="PT{minutes // 60}H{minutes % 60}M0S"', str(value)
    elif str(value).startswith("="):
        formula = quoteattr("of:" + str(value))
        return f"<table:table-cell{style} table:formula={formula}/>"
    else:
        typed, shown = '"string"', str(value)
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in shown.split("\n"))
    return f"<table:table-cell{style} office:value-type={typed}>{lines}</table:table-cell>"


def flat_rows(rows: Rows) -> str:
    """Rows in OpenDocument."""
    return "".join(
        f"<table:table-row>{''.join(flat_cell(bare(value)) for value in row)}</table:table-row>"
        for row in rows
    )


def flat_sheet(inside: str, name: str = "Data", more: str = "") -> str:
    """A sheet in OpenDocument."""
    return f"<table:table table:name={quoteattr(name)} {more}>{inside}</table:table>"


def flat_book(*sheets: str) -> str:
    """A workbook in OpenDocument."""
    return flat.document("fods", "".join(sheets), automatic=AUTOMATIC)


def fill(sheet: Worksheet, rows: Rows) -> None:
    """Writes values with openpyxl."""
    for at, row in enumerate(rows, start=1):
        for column, cell in enumerate(map(bare, row), start=1):
            if cell.value is not None:
                sheet.cell(at, column, cell.value).number_format = cell.code


def put(book: xlsxwriter.Workbook, sheet, rows: Rows) -> None:
    """Writes values with XlsxWriter."""
    for at, row in enumerate(rows):
        for column, cell in enumerate(map(bare, row)):
            if cell.value is not None:
                sheet.write(at, column, cell.value, book.add_format({"num_format": cell.code}))


def book(
    name: str,
    rows: Rows,
    *,
    more: Callable[[openpyxl.Workbook, Worksheet], None] | None = None,
    extra: Callable[[xlsxwriter.Workbook, object], None] | None = None,
    options: dict | None = None,
    sheets: str | None = None,
    frames: bool = False,
    without: tuple[str, ...] = (),
    **expected,
) -> Feature:
    """A feature of workbooks: rows of the sheet `Data`, and what openpyxl and XlsxWriter add.

    `more` is for openpyxl, `extra` for XlsxWriter. `sheets` are those of OpenDocument where rows do not say
    all. `frames` is whether pandas writes the rows, `without` names writers that do not.
    """

    def by_openpyxl(path: Path) -> None:
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        sheet.title = "Data"
        if more:
            more(workbook, sheet)
        fill(sheet, rows)
        workbook.save(path)

    def by_xlsxwriter(path: Path) -> None:
        with xlsxwriter.Workbook(path, options or {}) as workbook:
            sheet = workbook.add_worksheet("Data")
            put(workbook, sheet, rows)
            if extra:
                extra(workbook, sheet)

    def frame() -> pandas.DataFrame:
        values = [[bare(value).value for value in row] for row in rows]
        return pandas.DataFrame(values[1:], columns=values[0])

    writers = {
        "openpyxl xlsx": by_openpyxl,
        "XlsxWriter xlsx": by_xlsxwriter,
        "pandas xlsx": lambda path: frame().to_excel(path, sheet_name="Data", index=False),
        "pandas csv": lambda path: frame().to_csv(path, index=False),
        "pandas html": lambda path: frame().to_html(path, index=False),
    }
    unable = {*without, *(() if frames else ("pandas",))}
    writers = {key: one for key, one in writers.items() if key.split()[0] not in unable}
    source = flat_book(flat_sheet(flat_rows(rows)) if sheets is None else sheets)
    return Feature(name, writers, "" if "flat" in unable else source, **expected)

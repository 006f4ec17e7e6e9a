"""Workbooks: values and their display in number formats."""

from datetime import date, datetime, time, timedelta

import openpyxl
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from features.feature import Either, Feature
from features.sheets import Cell, book, flat_rows, flat_sheet


def mac(workbook: openpyxl.Workbook, _sheet) -> None:
    """Counts days from 1904."""
    workbook.epoch = CALENDAR_MAC_1904


def number(name: str, label: str, value: object, code: str, style: str, shown, **more) -> Feature:
    """A feature of one number beside a label."""
    rows = [["Item", "Value"], [label, Cell(value, code, style)]]
    wanted = shown if isinstance(shown, Either) else (label, shown)
    return book(name, rows, has=[label, wanted], **more)


def results(_workbook, sheet) -> None:
    """Writes formulas with their results."""
    sheet.write_formula("B2", "=B3*2", None, 84)
    sheet.write_formula("B4", '="sum "&B3', None, "sum 42")


def failures(_workbook: xlsxwriter.Workbook, sheet) -> None:
    """Writes formulas with errors, as after a calculation."""
    sheet.write_formula("B2", "=1/0", None, "#DIV/0!")
    sheet.write_formula("B3", "=NA()", None, "#N/A")


FORMULAS = [["Item", "Value"], ["Twice", "=B3*2"], ["Once", 42]]
SINCE_1904 = (
    '<table:calculation-settings><table:null-date table:date-value="1904-01-01"/>'
    "</table:calculation-settings>"
)
DAY = [["Item", "Value"], ["Built", Cell(date(2026, 1, 5), "yyyy\\-mm\\-dd", "day")]]
LONG = "12345678901234567890"

FEATURES: list[Feature] = [
    book(
        "plain values",
        [["City", "Rain"], ["Oslo", 740], ["Rome", 800]],
        frames=True,
        has=[("City", "Rain"), ("Oslo", "740"), ("Rome", "800")],
        absent=["740.0"],
    ),
    number("percent", "Tax", 0.125, "0.0%", "percent", "12.5%"),
    number("thousands", "Sold", 1234567.5, "#,##0.00", "thousands", "1,234,567.50"),
    number(
        "currency in letters",
        "Fee",
        4500,
        '#,##0" DA"',
        "literal",
        Either(("| 4,500 DA", "| 4500 DA")),
    ),
    number("unit in letters", "Term", 30, '0" days"', "days", "30 days"),
    number("escaped letters", "Stay", 12, "0\\ \\d\\a\\y\\s", "days", "12 days"),
    number(
        "currency sign",
        "Cost",
        1299.5,
        "[$€-407] #,##0.00",
        "",
        "€ 1,299.50",
        without=("flat",),
    ),
    number("leading zeros", "Zip", 1234, "00000", "zeros", "01234"),
    number("scientific", "Mass", 1234567.0, "0.00E+00", "science", "1.23E+06"),
    number("fraction", "Half", 2.5, "# ?/?", "fraction", Either(("2 1/2", "5/2"))),
    number(
        "negative in parentheses",
        "Loss",
        -1234,
        "#,##0;(#,##0)",
        "parens",
        Either(("| (1,234)", "| (1234)")),
    ),
    number(
        "format with a condition",
        "Size",
        1500,
        '[>=1000]#,##0.0,"k";0',
        "",
        "1.5k",
        without=("flat",),
    ),
    number("number as text", "Code", "00042", "@", "text", "00042"),
    number("day", "Built", date(2026, 1, 5), "yyyy\\-mm\\-dd", "day", "2026-01-05"),
    number(
        "day and time",
        "Sent",
        datetime(2026, 1, 5, 14, 30),
        "yyyy\\-mm\\-dd hh:mm",
        "moment",
        "2026-01-05 14:30",
    ),
    number("time", "Opens", time(8, 5), "hh:mm", "clock", "08:05"),
    number(
        "month only",
        "Due",
        date(2026, 3, 1),
        "mmmm yyyy",
        "month",
        Either(("March 2026", "2026-03")),
    ),
    number(
        "duration over a day",
        "Took",
        timedelta(hours=26, minutes=30),
        "[h]:mm",
        "duration",
        "26:30",
    ),
    book(
        "days since 1904",
        DAY,
        more=mac,
        options={"date_1904": True},
        sheets=SINCE_1904 + flat_sheet(flat_rows(DAY)),
        has=[("Built", "2026-01-05")],
    ),
    book(
        "booleans",
        [["Item", "Value"], ["Paid", True], ["Sent", False]],
        frames=True,
        has=[
            Either(("| TRUE |", "| True |", "| true |")),
            Either(("| FALSE |", "| False |", "| false |")),
        ],
    ),
    book(
        "errors",
        [["Item", "Value"], ["Share", "=1/0"], ["Rate", "=NA()"]],
        extra=failures,
        without=("openpyxl",),
        has=[("Share", "#DIV/0!"), ("Rate", "#N/A")],
    ),
    book(
        "formulas with values",
        [*FORMULAS, ["Words", '="sum "&B3'.replace("B3", "[.B3]")]],
        extra=results,
        without=("openpyxl",),
        sheets=flat_sheet(
            flat_rows(
                [["Item", "Value"], ["Twice", "=[.B3]*2"], ["Once", 42], ["Words", '="sum "&[.B3]']]
            )
        ),
        has=[("Twice", "84"), ("Once", "42"), ("Words", "sum 42")],
        absent=["=", "B3"],
    ),
    # Nothing was calculated, so there is no value to read.
    book(
        "formulas without values",
        FORMULAS,
        without=("XlsxWriter", "flat"),
        has=["Twice", ("Once", "42")],
        absent=["B3"],
    ),
    number("long number as text", "Card", LONG, "@", "text", LONG, frames=True),
    number("long number", "Serial", 123456789012345, "0", "", "123456789012345", frames=True),
    number("number of a phone", "Phone", 4412345678, "General", "", "4412345678", frames=True),
    number(
        "decimals",
        "Rate",
        0.1 + 0.2,
        "General",
        "",
        Either(("0.3 |", "0.3\n", "0.30000000000000004")),
    ),
    book(
        "several lines in a cell",
        [["Item", "Value"], ["Address", "Main Street 5\nBern"], ["Next", 1]],
        frames=True,
        has=[("Address", "Main Street 5", "Bern"), ("Next", "1")],
        absent=["5Bern"],
    ),
    book(
        "| in a cell of a book",
        [["Command", "Does"], ["ls | wc", "counts"]],
        frames=True,
        has=[("ls \\| wc", "counts")],
    ),
    book(
        "markup in a cell",
        [["Item", "Value"], ["R&D <new>", "a &amp; b"], ["Quote", 'he said "no", twice']],
        frames=True,
        has=[("R&D <new>", "a &amp; b"), ("Quote", 'he said "no", twice')],
    ),
]

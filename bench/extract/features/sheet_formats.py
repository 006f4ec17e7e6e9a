"""Workbooks: custom number formats, and those in Excel's lists."""

from datetime import date, datetime, time, timedelta

from features.feature import Either, Feature
from features.sheet_values import number

DAY = date(2026, 1, 5)
ACCOUNTS = '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)'
# Name, value, code, and expected display. LibreOffice converts the files of openpyxl.
FORMATS = [
    ("accounting", 1234567.5, ACCOUNTS, ("1,234,567.50",)),
    ("accounting, negative", -1234.5, ACCOUNTS, ("(1,234.50)",)),
    ("accounting, nothing", 0, ACCOUNTS, ("| - |", "| \u2013 |")),
    ("millions", 12300000, '0.0,,"M"', ("12.3M",)),
    ("with a sign", 0.05, "+0%;-0%;0%", ("+5%",)),
    ("negative percent", -0.05, "0.00%", ("-5.00%",)),
    ("letters before", 42, '"INV-"0000', ("INV-0042",)),
    ("letters after General", 5, 'General" pcs"', ("5 pcs",)),
    ("euro after", 1299.5, '#,##0.00\\ "€"', ("1,299.50 €",)),
    ("red", -1299.5, "#,##0.00;[Red]-#,##0.00", ("-1,299.50",)),
    ("phone", 5551234567, "\\(000\\)\\ 000\\-0000", ("(555) 123-4567",)),
    ("digits in groups", 123456789, "000\\-00\\-0000", ("123-45-6789",)),
    ("thirds", 1 / 3, "# ??/??", ("1/3", " 1/3 ")),
    ("text with letters", "A7", '"Ref: "@', ("Ref: A7",)),
    ("small", 0.00002, "General", ("0.00002", "2E-05")),
    ("large", 1e21, "General", ("1E+21", "1E+021", "1000000000000000000000")),
    ("short day", DAY, "mm-dd-yy", ("2026-01-05", "01-05-26", "1/5/2026")),
    ("day and name of month", DAY, "d-mmm-yy", ("5-Jan-26", "2026-01-05")),
    ("weekday", DAY, "dddd, d mmmm yyyy", ("Monday, 5 January 2026", "2026-01-05")),
    (
        "day of a language",
        DAY,
        "[$-407]d. mmmm yyyy",
        ("5. January 2026", "5. Januar 2026", "2026-01-05"),
    ),
    ("day in Chinese", DAY, 'yyyy"年"m"月"d"日"', ("2026年1月5日", "2026-01-05")),
    ("year only", DAY, "yyyy", ("| 2026 |",)),
    ("quarter in letters", DAY, 'yyyy" Q1"', ("2026 Q1",)),
    ("afternoon", time(14, 30), "h:mm AM/PM", ("2:30 PM", "14:30")),
    ("day and clock", datetime(2026, 1, 5, 14, 30), 'dd.mm.yyyy hh:mm" Uhr"', ("14:30",)),
    ("minutes and seconds", timedelta(minutes=5, seconds=7), "mm:ss", ("05:07",)),
    ("minutes over an hour", timedelta(minutes=95), "[mm]:ss", ("95:00",)),
]

FEATURES: list[Feature] = [
    number(name, "Label", value, code, "", Either(shown), without=("flat",))
    for name, value, code, shown in FORMATS
]

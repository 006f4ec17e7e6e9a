"""Text documents that pandoc writes in every format from one source in Markdown."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

from features.feature import Either, Feature

PANDOC = shutil.which("pandoc")
FORMATS = ("docx", "odt", "rtf", "epub", "html")


def write(source: str, path: Path) -> None:
    """Has pandoc write a file. The ending of its name is the format."""
    command = [PANDOC, "--from=markdown", "--standalone", "--mathml", "--output", path]
    subprocess.run([*command, "--metadata=title:Manual"], input=source.encode(), check=True)


def feature(name: str, source: str, formats: tuple[str, ...] = FORMATS, **expected) -> Feature:
    """A feature of which each format is written from the source."""
    writers = {f"pandoc {ending}": partial(write, source) for ending in formats}
    return Feature(f"{name}, pandoc", writers, lost=FORMATS, **expected)


# What pandoc itself does not write into RTF: headers of tables, formulas, languages.
FEATURES = (
    [
        feature(
            "headings",
            "# Operations\n\n## Storage\n\nDisks are mirrored.\n\n# Contacts\n\nCall the desk.\n",
            ("docx", "odt", "epub"),
            has=["Operations", "Disks are mirrored.", "Call the desk."],
            once=["Contacts\n"],
            path={"Disks are mirrored.": ["Operations", "Storage"], "Call the desk.": ["Contacts"]},
        ),
        feature(
            "lists",
            "3. Open the valve\n4. Read the gauge\n    - wear gloves\n\nThen leave.\n",
            has=[("3", "Open the valve"), ("4", "Read the gauge"), "wear gloves", "Then leave."],
        ),
        feature(
            "table",
            "| Item | Price |\n|:-----|------:|\n| Card | 15.00 |\n| Pass | 1,250.50 |\n\nAll net.\n",
            has=[("Item", "Price"), ("Card", "15.00"), ("Pass", "1,250.50"), "All net."],
        ),
        feature(
            "notes",
            "The fee is due[^1] on Monday.\n\n[^1]: Within ten days.\n",
            has=["The fee is due", "on Monday", "Within ten days."],
            once=["Within ten days."],
        ),
        feature(
            "formula",
            "The area is $\\frac{a}{b}$ of it.\n",
            ("docx", "odt", "epub", "html"),
            has=[Either((r"\frac{a}{b}", "a/b"))],
        ),
        feature(
            "code",
            "Run this:\n\n```\nmake up\n    --no-build\n```\n\nand `make stop` at last.\n",
            has=["make up", "--no-build", "make stop"],
            absent=["make up --no-build"],
        ),
        feature(
            "line breaks",
            "Unit 7\\\nHarbour Road\\\nCork\n",
            has=["Unit 7", "Harbour Road", "Cork"],
            absent=["7Harbour", "RoadCork"],
        ),
        feature(
            "raised, lowered and struck",
            "Water is H~2~O, the area 5 m^2^, and this is ~~gone~~ valid.\n",
            has=[Either(("H2O", "H₂O", "H_2O")), Either(("m2", "m²", "m^2")), "valid."],
        ),
        feature(
            "definitions",
            "Deposit\n:   Paid back at the end.\n\nFee\n:   Kept.\n",
            has=["Deposit", "Paid back at the end.", "Fee", "Kept."],
            absent=["DepositPaid", "FeeKept"],
        ),
        feature(
            "quotation and rule",
            "> Nothing is free.\n\n* * *\n\nSigned by *the board* and **all others**.\n",
            has=["Nothing is free.", "Signed by the board and all others."],
        ),
        feature(
            "other scripts",
            "人人生而自由\n\nيولد جميع الناس أحرارا.\n\nЛюди рождаются свободными.\n",
            has=["人人生而自由", "يولد جميع الناس أحرارا", "Люди рождаются свободными."],
        ),
        feature(
            "link",
            "See [the price list](https://example.org/prices) for more.\n",
            has=["See the price list for more."],
        ),
    ]
    if PANDOC
    else []
)

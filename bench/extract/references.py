"""Independent readers, one a format: the words that a file holds, as somebody else finds them.

None knows what is content and what is furniture, and none is right about everything: what they find is
a yardstick for words lost, not for words too many.
"""

import csv
import email
import email.policy
import json
import re
import unicodedata
import xml.etree.ElementTree as Xml
import zipfile
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import docx
import openpyxl
import pptx
import pypdfium2
from striprtf.striprtf import rtf_to_text

WORD = re.compile(r"\w+")
UNSEEN = {"head", "script", "style", "template", "noscript"}
# pdfium's mark for a hyphen at the end of a line.
DIVIDED = re.compile("\ufffe\\s*")


def words(text: str) -> Counter:
    """Words as a multiset, case and ligatures aside."""
    return Counter(WORD.findall(unicodedata.normalize("NFKC", text).lower()))


def recall(found: Counter, expected: Counter) -> float:
    """Share of the expected words that were found."""
    return (found & expected).total() / max(expected.total(), 1)


def f1(found: Counter, expected: Counter) -> float:
    """Harmonic mean of recall and precision."""
    total = found.total() + expected.total()
    return 2 * (found & expected).total() / total if total else 1.0


class Visible(HTMLParser):
    """Collects the text of a page outside of what nobody sees."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list) -> None:
        """Goes in."""
        self.unseen += tag in UNSEEN
        self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Comes out."""
        self.unseen = max(0, self.unseen - (tag in UNSEEN))
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        """Listens."""
        if not self.unseen:
            self.parts.append(data)


def html(source: str) -> str:
    """All that a page shows."""
    page = Visible()
    page.feed(source)
    return "".join(page.parts)


def _pdf(path: Path) -> str:
    document = pypdfium2.PdfDocument(path)
    pages = (page.get_textpage().get_text_range() for page in document)
    return DIVIDED.sub("", "\n".join(pages))


def _docx(path: Path) -> str:
    def texts(container) -> Iterator[str]:
        for block in container.iter_inner_content():
            if isinstance(block, docx.table.Table):
                for row in block.rows:
                    for cell in row.cells:
                        yield from texts(cell)
            else:
                yield block.text

    return "\n".join(texts(docx.Document(str(path))))


def _pptx(path: Path) -> str:
    def texts(shapes) -> Iterator[str]:
        for shape in shapes:
            if shape.has_text_frame:
                yield shape.text_frame.text
            elif getattr(shape, "has_table", False):
                yield from (cell.text for row in shape.table.rows for cell in row.cells)
            elif hasattr(shape, "shapes"):
                yield from texts(shape.shapes)

    slides = pptx.Presentation(str(path)).slides
    return "\n".join(text for slide in slides for text in texts(slide.shapes))


def _xlsx(path: Path) -> str:
    book = openpyxl.load_workbook(path, data_only=True)
    cells = (cell for sheet in book for row in sheet.values for cell in row)
    return "\n".join(str(cell) for cell in cells if cell is not None)


def _odt(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        body = Xml.fromstring(archive.read("content.xml"))
    blocks = (node for node in body.iter() if node.tag.endswith(("text:1.0}p", "text:1.0}h")))
    return "\n".join("".join(block.itertext()) for block in blocks)


def _epub(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        container = Xml.fromstring(archive.read("META-INF/container.xml"))
        package = next(node.get("full-path") for node in container.iter() if node.get("full-path"))
        root = Xml.fromstring(archive.read(package))
        listed = (node for node in root.iter() if node.get("id") and node.get("href"))
        items = {node.get("id"): node.get("href") for node in listed}
        folder = Path(package).parent
        spine = [items[node.get("idref")] for node in root.iter() if node.get("idref") in items]
        pages = [archive.read(str(folder / page)).decode() for page in spine]
    return "\n".join(html(page) for page in pages)


def _eml(path: Path) -> str:
    mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = mail.get_body(("plain", "html"))
    text = body.get_content() if body else ""
    if body and body.get_content_type() == "text/html":
        text = html(text)
    return f"{mail['subject']}\n{text}"


def _csv(path: Path) -> str:
    separator = "\t" if path.suffix == ".tsv" else ","
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return "\n".join(cell for row in csv.reader(lines, delimiter=separator) for cell in row)


def _json(path: Path) -> str:
    def texts(value) -> Iterator[str]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield name
                yield from texts(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from texts(inner)
        else:
            yield value if isinstance(value, str) else json.dumps(value)

    # Names stand once for all members of a list here, and beside each of them there.
    return "\n".join(texts(json.loads(path.read_text())))


READERS = {
    "pdf": ("pypdfium2", _pdf),
    "docx": ("python-docx", _docx),
    "pptx": ("python-pptx", _pptx),
    "xlsx": ("openpyxl", _xlsx),
    "odt": ("zipfile, ElementTree", _odt),
    "epub": ("zipfile, html.parser", _epub),
    "rtf": ("striprtf", lambda path: rtf_to_text(path.read_text(errors="replace"))),
    "eml": ("email", _eml),
    "csv": ("csv", _csv),
    "json": ("json", _json),
    "md": ("the file itself", Path.read_text),
    "txt": ("the file itself", Path.read_text),
}

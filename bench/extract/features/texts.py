"""Text documents: writing them with python-docx and LibreOffice."""

from collections.abc import Callable
from pathlib import Path

import docx
from docx.document import Document
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml

from features import flat
from features.feature import Feature

SCHEMAS = "http://schemas.openxmlformats.org"
RELATIONSHIPS = f"{SCHEMAS}/officeDocument/2006/relationships"
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
SPACES = {
    "w": f"{SCHEMAS}/wordprocessingml/2006/main",
    "r": RELATIONSHIPS,
    "m": f"{SCHEMAS}/officeDocument/2006/math",
    "a": f"{SCHEMAS}/drawingml/2006/main",
    "wp": f"{SCHEMAS}/drawingml/2006/wordprocessingDrawing",
    "mc": f"{SCHEMAS}/markup-compatibility/2006",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "v": "urn:schemas-microsoft-com:vml",
}
XMLNS = " ".join(f'xmlns:{name}="{space}"' for name, space in SPACES.items())

LEVELS = (1, 2, 3)
STYLES = "".join(
    f'<style:style style:name="Heading_20_{level}" style:display-name="Heading {level}" '
    f'style:family="paragraph" style:default-outline-level="{level}"/>'
    for level in LEVELS
)
STYLES += '<style:style style:name="Title" style:family="paragraph" style:class="chapter"/>'
AUTOMATIC = """
<style:style style:name="bold" style:family="text"><style:text-properties
fo:font-weight="bold"/></style:style>
<style:style style:name="hidden" style:family="text"><style:text-properties
text:display="none"/></style:style>
<style:style style:name="raised" style:family="text"><style:text-properties
style:text-position="super 58%"/></style:style>
<style:style style:name="newpage" style:family="paragraph"><style:paragraph-properties
fo:break-before="page"/></style:style>
<style:style style:name="rtl" style:family="paragraph"><style:paragraph-properties
style:writing-mode="rl-tb"/></style:style>
<style:style style:name="box" style:family="graphic"/>
<text:list-style style:name="bullets"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/>
</text:list-style>"""
AUTOMATIC += '<text:list-style style:name="numbers">'
AUTOMATIC += "".join(
    f'<text:list-level-style-number text:level="{level}" style:num-format="1" style:num-suffix="." '
    f'text:display-levels="{level}"/>'
    for level in LEVELS
)
AUTOMATIC += "</text:list-style>"


def text(
    name: str,
    write: Callable[[Document], None] | None,
    body: str = "",
    *,
    master: str = "",
    styles: str = "",
    **expected,
) -> Feature:
    """A feature of text documents: changes to an empty Word document, and a body in OpenDocument."""

    def word(path: Path) -> None:
        document = docx.Document()
        write(document)
        document.save(str(path))

    source = ""
    if body:
        source = flat.document(
            "fodt", body, styles=STYLES + styles, automatic=AUTOMATIC, master=master
        )
    return Feature(name, {"python-docx docx": word} if write else {}, source, **expected)


def paragraphs(*texts: str) -> Callable[[Document], None]:
    """Writes plain paragraphs."""

    def write(document: Document) -> None:
        for one in texts:
            document.add_paragraph(one)

    return write


def raw(*blocks: str) -> Callable[[Document], None]:
    """Adds blocks as raw XML, for features that python-docx does not support."""

    def write(document: Document) -> None:
        for block in blocks:
            append(document, block)

    return write


def append(document: Document, block: str) -> None:
    """Appends a block of raw XML."""
    opened = block.index(">") if block[block.index(">") - 1] != "/" else block.index(">") - 1
    element = parse_xml(f"{block[:opened]} {XMLNS}{block[opened:]}")
    document.element.body.insert_element_before(element, "w:sectPr")


def run(content: str, properties: str = "") -> str:
    """A run in Word."""
    return f"<w:r><w:rPr>{properties}</w:rPr>{content}</w:r>"


def said(words: str, properties: str = "") -> str:
    """A run in Word with text."""
    return run(f'<w:t xml:space="preserve">{words}</w:t>', properties)


def field(instruction: str, result: str) -> str:
    """A Word field in several runs, with its instruction and its result."""
    parts = [
        '<w:fldChar w:fldCharType="begin"/>',
        f'<w:instrText xml:space="preserve"> {instruction} </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        f"<w:t>{result}</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
    ]
    return "".join(map(run, parts))


def link(document: Document, address: str) -> str:
    """The relationship id of a hyperlink's address."""
    return document.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)


def part(document: Document, name: str, content: str) -> None:
    """Adds a part beside the document: footnotes, endnotes."""
    blob = f'<?xml version="1.0" encoding="UTF-8"?><w:{name} {XMLNS}>{content}</w:{name}>'
    target = PackURI(f"/word/{name}.xml")
    new = Part(target, f"{WORD}.{name}+xml", blob.encode(), document.part.package)
    document.part.relate_to(new, f"{RELATIONSHIPS}/{name}")


def numbering(
    document: Document,
    levels: list[str],
    styles: tuple[str, ...] = (),
    *,
    first: int = 1,
    form: str = "decimal",
) -> None:
    """Adds list 77, whose levels display their numbers by these patterns: `%1.%2`."""
    entries = ""
    for at, shown in enumerate(levels):
        styled = f'<w:pStyle w:val="{styles[at]}"/>' if styles else ""
        entries += (
            f'<w:lvl w:ilvl="{at}"><w:start w:val="{first}"/><w:numFmt w:val="{form}"/>{styled}'
            f'<w:lvlText w:val="{shown}"/></w:lvl>'
        )
    element = document.part.numbering_part.element
    element.insert(
        0,
        parse_xml(
            f'<w:abstractNum {XMLNS} w:abstractNumId="77"><w:multiLevelType w:val="multilevel"/>'
            f"{entries}</w:abstractNum>"
        ),
    )
    element.append(parse_xml(f'<w:num {XMLNS} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))


def numbered(words: str, level: int = 0) -> str:
    """A paragraph of list 77."""
    place = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>'
    return f"<w:p><w:pPr>{place}</w:pPr>{said(words)}</w:p>"

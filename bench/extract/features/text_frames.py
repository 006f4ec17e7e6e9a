"""Text documents: frames, sections, list markers and fields of real documents."""

from docx.document import Document
from docx.enum.section import WD_SECTION

from features import flat
from features.feature import Either, Feature
from features.texts import (
    append,
    numbered,
    numbering,
    paragraphs,
    raw,
    run,
    said,
    text,
)


def roman(document: Document) -> None:
    """Adds a list that starts with four, in Roman numerals."""
    numbering(document, ["%1)"], first=4, form="upperRoman")
    for words in ("Duties", "Rights"):
        append(document, numbered(words))


def interrupted(document: Document) -> None:
    """Continues a list after an ordinary paragraph."""
    numbering(document, ["%1."])
    append(document, numbered("Alpha"))
    document.add_paragraph("Meanwhile.")
    append(document, numbered("Beta"))


def sections(document: Document) -> None:
    """Adds sections with headers of their own."""
    document.add_paragraph("Body of the first.")
    document.sections[0].header.paragraphs[0].text = "North branch"
    second = document.add_section(WD_SECTION.NEW_PAGE)
    second.header.is_linked_to_previous = False
    second.header.paragraphs[0].text = "South branch"
    document.add_paragraph("Body of the second.")


def styled(properties: str, words: str) -> str:
    """A paragraph in Word with properties."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{said(words)}</w:p>"


def simple(instruction: str, words: str) -> str:
    """A Word field in a single element."""
    return f'<w:fldSimple w:instr=" {instruction} ">{said(words)}</w:fldSimple>'


DROPPED = (
    '<style:style style:name="dropped" style:family="paragraph"><style:paragraph-properties><style:drop-cap '
    'style:length="1" style:lines="3"/></style:paragraph-properties></style:style>'
)
HIDDEN = (
    '<style:style style:name="gone" style:family="paragraph"><style:text-properties text:display="none"/>'
    "</style:style>"
)
FRAMED = '<w:keepNext/><w:framePr w:dropCap="drop" w:lines="3" w:wrap="around" w:vAnchor="text"/>'
GONE = '<w:rPr><w:del w:id="8" w:author="Mia" w:date="2026-01-05T10:00:00Z"/></w:rPr>'
CAPTIONED = flat.frame(
    f"<draw:text-box><text:p>{flat.frame(flat.picture('Boats'), flat.INLINE)}Figure <text:sequence "
    'text:name="Figure" style:num-format="1">1</text:sequence>: The harbour</text:p></draw:text-box>',
    'text:anchor-type="paragraph"',
)
SHAPE = (
    '<draw:custom-shape text:anchor-type="paragraph" svg:x="1cm" svg:width="5cm" svg:height="2cm">'
    '<text:p>Stop here</text:p><draw:enhanced-geometry draw:type="rectangle"/></draw:custom-shape>'
)
HEADED = (
    '<table:table table:name="h"><table:table-column table:number-columns-repeated="2"/>'
    "<table:table-header-rows><table:table-row><table:table-cell><text:p>City</text:p></table:table-cell>"
    "<table:table-cell><text:p>Rain</text:p></table:table-cell></table:table-row></table:table-header-rows>"
    "<table:table-row><table:table-cell><text:p>Oslo</text:p></table:table-cell><table:table-cell>"
    '<text:p>740<text:note text:id="n7" text:note-class="footnote"><text:note-citation>1'
    "</text:note-citation>"
    "<text:note-body><text:p>Measured in 2020.</text:p></text:note-body></text:note></text:p>"
    "</table:table-cell></table:table-row></table:table>"
)
ROMAN = '<text:list-style style:name="roman"><text:list-level-style-number text:level="1" '
ROMAN += 'style:num-format="I" style:num-suffix=")" text:start-value="4"/></text:list-style>'
NESTED = '<draw:object><math:math display="block"><math:msqrt><math:mi>x</math:mi></math:msqrt></math:math>'
NESTED += "</draw:object>"

FEATURES: list[Feature] = [
    text(
        "initial letter",
        raw(styled(FRAMED, "O"), f"<w:p>{said('nce upon a time.')}</w:p>"),
        '<text:p text:style-name="dropped">Once upon a time.</text:p>',
        styles=DROPPED,
        has=["Once upon a time."],
    ),
    text(
        "paragraph mark deleted",
        raw(styled(GONE, "The first half"), f"<w:p>{said(' and the second.')}</w:p>"),
        has=["The first half and the second."],
        lost=("rtf", "html", "epub"),
    ),
    text(
        "hidden paragraph",
        raw(
            f"<w:p><w:pPr><w:rPr><w:vanish/></w:rPr></w:pPr>{said('secret', '<w:vanish/>')}</w:p>",
            f"<w:p>{said('Shown')}</w:p>",
        ),
        '<text:p text:style-name="gone">secret</text:p><text:p>Shown</text:p>',
        styles=HIDDEN,
        has=["Shown"],
        absent=["secret"],
    ),
    text(
        "hidden section",
        None,
        '<text:section text:name="s" text:display="none"><text:p>secret</text:p></text:section>'
        '<text:section text:name="t"><text:p>Shown</text:p></text:section>',
        has=["Shown"],
        absent=["secret"],
        lost=("docx", "rtf", "html", "epub"),
    ),
    text(
        "picture with its caption",
        None,
        f"<text:p>{CAPTIONED}As seen below.</text:p>",
        has=["As seen below.", "Figure 1: The harbour"],
        absent=["harbourAs", "below.Figure"],
        lost=("html",),
    ),
    text(
        "shape with words",
        None,
        f"<text:p>{SHAPE}Before the door.</text:p>",
        once=["Stop here", "Before the door."],
        absent=["hereBefore", "door.Stop"],
        lost=("html", "epub"),
    ),
    text(
        "note in a table",
        None,
        HEADED,
        has=[("City", "Rain"), ("Oslo", "740")],
        once=["City", "Measured in 2020."],
        absent=["1Measured"],
        lost=("epub",),
    ),
    text(
        "Roman numbers from four",
        roman,
        '<text:list text:style-name="roman"><text:list-item><text:p>Duties</text:p></text:list-item>'
        "<text:list-item><text:p>Rights</text:p></text:list-item></text:list>",
        styles=ROMAN,
        has=[Either(("IV) Duties", "IV. Duties")), Either(("V) Rights", "V. Rights"))],
        lost=("epub",),
    ),
    text(
        "list that goes on",
        interrupted,
        '<text:list xml:id="l1" text:style-name="numbers"><text:list-item><text:p>Alpha</text:p>'
        "</text:list-item></text:list><text:p>Meanwhile.</text:p>"
        '<text:list text:continue-list="l1" text:style-name="numbers">'
        "<text:list-item><text:p>Beta</text:p></text:list-item></text:list>",
        has=["1. Alpha", "Meanwhile.", "2. Beta"],
        lost=("epub",),
    ),
    text(
        "headers of sections",
        sections,
        has=["Body of the first.", "Body of the second."],
        once=["North branch", "South branch"],
        lost=("html", "epub"),
    ),
    text(
        "fields in one element",
        raw(f"<w:p>{said('For ')}{simple('DOCPROPERTY Client', 'Lind AG')}{said(' only')}</w:p>"),
        '<text:user-field-decls><text:user-field-decl text:name="c" office:value-type="string" '
        'office:string-value="Lind AG"/></text:user-field-decls>'
        '<text:p>For <text:user-field-get text:name="c">Lind AG</text:user-field-get> only</text:p>',
        has=["For Lind AG only"],
        absent=["DOCPROPERTY"],
        lost=("html", "epub"),
    ),
    text(
        "several blanks",
        paragraphs("Name:    Ann"),
        '<text:p>Name:<text:s text:c="4"/>Ann</text:p>',
        has=[("Name:", " ", "Ann")],
    ),
    text(
        "root in a formula",
        raw(
            '<w:p><m:oMathPara><m:oMath><m:rad><m:radPr><m:degHide m:val="1"/></m:radPr><m:deg/><m:e><m:r>'
            "<m:t>x</m:t></m:r></m:e></m:rad></m:oMath></m:oMathPara></w:p>"
        ),
        f"<text:p>{flat.frame(NESTED, flat.INLINE)}</text:p>",
        has=[Either(("√", "\\sqrt"))],
        lost=("html", "epub"),
    ),
    text(
        "capital letters by style",
        raw(
            f"<w:p>{said('Lower words', '<w:caps/>')}{run('<w:tab/>')}{said('small', '<w:smallCaps/>')}</w:p>"
        ),
        has=[Either(("Lower words", "LOWER WORDS")), Either(("small", "SMALL"))],
    ),
    text(
        "Thai, Hindi, Hebrew",
        paragraphs("สวัสดีครับ", "नमस्ते दुनिया", "שלום עולם, 42"),
        "<text:p>สวัสดีครับ</text:p><text:p>नमस्ते दुनिया</text:p><text:p>שלום עולם, 42</text:p>",
        has=["สวัสดีครับ", "नमस्ते दुनिया", "שלום עולם, 42"],
    ),
]

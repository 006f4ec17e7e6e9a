"""Text documents: content of paragraphs."""

from docx.document import Document
from docx.enum.text import WD_BREAK

from features import flat
from features.feature import Either, Feature
from features.texts import append, field, link, paragraphs, part, raw, run, said, text


def bold(document: Document) -> None:
    """Writes a word in three runs."""
    paragraph = document.add_paragraph("It is un")
    paragraph.add_run("believ").bold = True
    paragraph.add_run("able.")


def line_break(document: Document) -> None:
    """Adds breaks within a run and between runs."""
    document.add_paragraph("Anna Berg\nHauptstrasse 5").add_run().add_break()
    document.paragraphs[-1].add_run("Bern")


def page_break(document: Document) -> None:
    """Adds tabs within a paragraph."""
    paragraph = document.add_paragraph("ends")
    paragraph.add_run().add_break(WD_BREAK.PAGE)
    paragraph.add_run("begins")


def footnote(kind: str, words: str):
    """Adds a note of a kind, with the separators that Word writes."""

    def write(document: Document) -> None:
        apart = f'<w:{kind} w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:{kind}>'
        note = f"<w:p>{run(f'<w:{kind}Ref/>')}{said(words)}</w:p>"
        part(document, f"{kind}s", f'{apart}<w:{kind} w:id="2">{note}</w:{kind}>')
        mark = run(f'<w:{kind}Reference w:id="2"/>')
        append(document, f"<w:p>{said('Prices rose')}{mark}{said(' last year.')}</w:p>")

    return write


def comment(document: Document) -> None:
    """Adds a comment on a run."""
    paragraph = document.add_paragraph("The term is ")
    marked = paragraph.add_run("two years")
    document.add_comment(marked, text="Legal wants three", author="Mia Koch", initials="MK")


def hyperlink(document: Document) -> None:
    """Links words."""
    number = link(document, "https://example.org/handbook")
    words = f'<w:hyperlink r:id="{number}">{said("our hand")}{said("book")}</w:hyperlink>'
    append(document, f"<w:p>{said('See ')}{words}{said(' first.')}</w:p>")


def sym(font: str, code: str) -> str:
    """Adds a character of a symbol font, as Word writes it."""
    return f'<w:sym w:font="{font}" w:char="{code}"/>'


TRACKED = 'w:id="9" w:author="Mia" w:date="2026-01-05T10:00:00Z"'
TRACKED_FLAT = "<text:tracked-changes>"
for number, (kind, words) in enumerate({"insertion": "", "deletion": "thirty"}.items(), start=1):
    TRACKED_FLAT += (
        f'<text:changed-region xml:id="c{number}" text:id="c{number}"><text:{kind}>'
        "<office:change-info><dc:creator>Mia</dc:creator><dc:date>2026-01-05T10:00:00</dc:date>"
        f"</office:change-info>{words and f'<text:p>{words}</text:p>'}</text:{kind}>"
        "</text:changed-region>"
    )
TRACKED_FLAT += (
    '</text:tracked-changes><text:p>Pay within <text:change text:change-id="c2"/>'
    '<text:change-start text:change-id="c1"/>sixty<text:change-end text:change-id="c1"/> days.</text:p>'
)
DATE = "DATE \\@ d.M.yyyy"
REFERENCE = "REF _Ref4 \\h"
RAISED = '<w:vertAlign w:val="superscript"/>'
SOFT = "mation, the de\u00adcision."
HARD = "ray of 10\u00a0kg"
OMML = (
    "<m:oMath><m:f><m:num><m:r><m:t>m</m:t></m:r></m:num><m:den><m:r><m:t>17</m:t></m:r></m:den></m:f>"
    "<m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"
)
MATHML = (
    "<draw:object><math:math><math:mrow><math:mfrac><math:mi>m</math:mi><math:mn>17</math:mn></math:mfrac>"
    "<math:msup><math:mi>c</math:mi><math:mn>2</math:mn></math:msup></math:mrow></math:math></draw:object>"
)
RUBY = (
    "<w:p><w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>とうきょう</w:t></w:r></w:rt><w:rubyBase>"
    "<w:r><w:t>東京</w:t></w:r></w:rubyBase></w:ruby></w:r><w:r><w:t>駅で会う</w:t></w:r></w:p>"
)
ARABIC = "مرحبا بالعالم"


def note(kind: str, words: str) -> str:
    """A note in OpenDocument."""
    return (
        f'<text:p>Prices rose<text:note text:id="n1" text:note-class="{kind}"><text:note-citation>1'
        f"</text:note-citation><text:note-body><text:p>{words}</text:p></text:note-body></text:note>"
        " last year.</text:p>"
    )


FEATURES: list[Feature] = [
    text(
        "bold within a word",
        bold,
        '<text:p>It is un<text:span text:style-name="bold">believ</text:span>able.</text:p>',
        has=["It is unbelievable."],
    ),
    text(
        "line breaks",
        line_break,
        "<text:p>Anna Berg<text:line-break/>Hauptstrasse 5<text:line-break/>Bern</text:p>",
        has=["Anna Berg", "Hauptstrasse 5", "Bern"],
        absent=["BergHaupt", "5Bern"],
    ),
    text(
        "page break",
        page_break,
        '<text:p>ends</text:p><text:p text:style-name="newpage">begins</text:p>',
        has=["ends", "begins"],
        absent=["endsbegins"],
    ),
    text(
        "tabs",
        paragraphs("Total\t42\tEUR"),
        "<text:p>Total<text:tab/>42<text:tab/>EUR</text:p>",
        has=[("Total", "42", "EUR")],
        absent=["Total42", "42EUR"],
    ),
    text(
        "footnote",
        footnote("footnote", "Except for tea."),
        note("footnote", "Except for tea."),
        has=["last year.", "Except for tea."],
        once=["Prices rose", "Except for tea."],
        absent=["1Except", "iExcept", "rose1", "rosei"],
    ),
    text(
        "endnote",
        footnote("endnote", "Except for rice."),
        note("endnote", "Except for rice."),
        has=["last year.", "Except for rice."],
        once=["Prices rose", "Except for rice."],
        absent=["1Except", "iExcept", "rose1", "rosei"],
    ),
    text(
        "comment",
        comment,
        "<text:p>The term is <office:annotation><dc:creator>Mia Koch</dc:creator><text:p>Legal wants "
        "three</text:p></office:annotation>two years</text:p>",
        has=["The term is two years"],
        once=["Legal wants three"],
        lost=("html", "epub"),
    ),
    text(
        "tracked changes",
        raw(
            f"<w:p>{said('Pay within ')}<w:del {TRACKED}>{run('<w:delText>thirty</w:delText>')}</w:del>"
            f"<w:ins {TRACKED}>{said('sixty')}</w:ins>{said(' days.')}</w:p>"
        ),
        TRACKED_FLAT,
        has=["Pay within sixty days."],
        absent=["thirty"],
        lost=("html", "epub"),
    ),
    text(
        "tracked move",
        raw(
            f"<w:p><w:moveFrom {TRACKED}>{said('Sign the contract')}</w:moveFrom>{said('Call Ann.')}</w:p>",
            f"<w:p>{said('Then: ')}<w:moveTo {TRACKED}>{said('Sign the contract')}</w:moveTo></w:p>",
        ),
        has=["Call Ann.", "Then: Sign the contract"],
        once=["Sign the contract"],
        lost=("html", "epub"),
    ),
    text(
        "field with a date",
        raw(f"<w:p>{said('Printed on ')}{field(DATE, '5.1.2026')}</w:p>"),
        '<text:p>Printed on <text:date text:fixed="true" text:date-value="2026-01-05">5.1.2026'
        "</text:date></text:p>",
        has=[Either(("Printed on 5.1.2026", "Printed on 1/5/26"))],
        absent=["DATE"],
        lost=("epub",),
    ),
    text(
        "cross reference",
        raw(
            '<w:p><w:bookmarkStart w:id="4" w:name="_Ref4"/><w:r><w:t>Table 2</w:t></w:r><w:bookmarkEnd '
            'w:id="4"/></w:p>',
            f"<w:p>{said('As in ')}{field(REFERENCE, 'Table 2')}{said(' shown.')}</w:p>",
        ),
        '<text:p><text:bookmark-start text:name="b4"/>Table 2<text:bookmark-end text:name="b4"/></text:p>'
        '<text:p>As in <text:bookmark-ref text:reference-format="text" text:ref-name="b4">Table 2'
        "</text:bookmark-ref> shown.</text:p>",
        has=["As in Table 2 shown."],
        absent=["REF", "_Ref4"],
        lost=("epub",),
    ),
    text(
        "hyperlink",
        hyperlink,
        '<text:p>See <text:a xlink:type="simple" xlink:href="https://example.org/handbook">our handbook'
        "</text:a> first.</text:p>",
        has=["our handbook", "first."],
        once=["See "],
    ),
    text(
        "hidden text",
        raw(f"<w:p>{said('Shown')}{said(' secret', '<w:vanish/>')}{said(' again')}</w:p>"),
        '<text:p>Shown<text:span text:style-name="hidden"> secret</text:span> again</text:p>',
        has=["Shown again"],
        absent=["secret"],
    ),
    text(
        "symbols of fonts",
        raw(
            f"<w:p>{said('Angle ')}{run(sym('Symbol', 'F061'))}{said(', done ')}"
            f"{run(sym('Wingdings', 'F0FC'))}</w:p>"
        ),
        has=["Angle \u03b1", Either(("done ✓", "done ✔"))],
    ),
    text(
        "formula",
        raw(f"<w:p>{said('Mass ')}{OMML}{said(' holds.')}</w:p>"),
        f"<text:p>Mass {flat.frame(MATHML, flat.INLINE)} holds.</text:p>",
        has=[("Mass", "m", "17", "c", "2", "holds.")],
        absent=["17c"],
        lost=("html", "epub"),
    ),
    text(
        "superscript",
        raw(f"<w:p>{said('12 m')}{said('2', RAISED)}{said(' of room')}</w:p>"),
        '<text:p>12 m<text:span text:style-name="raised">2</text:span> of room</text:p>',
        has=[Either(("12 m2 of room", "12 m² of room", "12 m^2 of room"))],
    ),
    text(
        "right to left",
        raw(
            f"<w:p><w:pPr><w:bidi/></w:pPr>{said(ARABIC, '<w:rtl/>')}{said(' 2026', '<w:rtl/>')}</w:p>"
        ),
        f'<text:p text:style-name="rtl">{ARABIC} 2026</text:p>',
        has=[f"{ARABIC} 2026"],
    ),
    text(
        "ruby",
        raw(RUBY),
        "<text:p><text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とうきょう"
        "</text:ruby-text></text:ruby>駅で会う</text:p>",
        has=["東京", "駅で会う"],
        absent=["東京とうきょう駅", "とうきょう東京"],
    ),
    text(
        "soft hyphen",
        raw(f"<w:p>{said('The infor')}{run('<w:softHyphen/>')}{said(SOFT)}</w:p>"),
        "<text:p>The infor\u00admation, the de\u00adcision.</text:p>",
        has=["The information, the decision."],
    ),
    text(
        "non-breaking hyphen",
        raw(f"<w:p>{said('An X')}{run('<w:noBreakHyphen/>')}{said(HARD)}</w:p>"),
        "<text:p>An X\u2011ray of 10\u00a0kg</text:p>",
        has=[Either(("An X-ray", "An X\u2011ray")), Either(("10 kg", "10\u00a0kg"))],
    ),
]

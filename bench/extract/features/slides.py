"""Presentations: writing them with python-pptx and LibreOffice."""

import io
from collections.abc import Callable
from pathlib import Path

import pptx
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.presentation import Presentation
from pptx.util import Cm

from features import flat
from features.feature import Feature

AUTOMATIC = """
<style:style style:name="placed" style:family="presentation"/>
<style:style style:name="shown" style:family="drawing-page"/>
<style:style style:name="unseen" style:family="drawing-page"><style:drawing-page-properties
presentation:visibility="hidden"/></style:style>
<style:style style:name="bold" style:family="text"><style:text-properties
fo:font-weight="bold"/></style:style>
<text:list-style style:name="bullets"><text:list-level-style-bullet text:level="1" text:bullet-char="•"/>
<text:list-level-style-bullet text:level="2" text:bullet-char="-"/></text:list-style>
<text:list-style style:name="numbers"><text:list-level-style-number text:level="1" style:num-format="1"
style:num-suffix="." text:start-value="3"/></text:list-style>"""
TITLED, BLANK = 1, 6
PLACE = (Cm(2), Cm(4), Cm(16), Cm(3))


def deck(
    name: str, write: Callable[[Presentation], None] | None, pages: str = "", **expected
) -> Feature:
    """A feature of presentations: changes to an empty one, and the pages in OpenDocument."""

    def by_pptx(path: Path) -> None:
        presentation = pptx.Presentation()
        write(presentation)
        presentation.save(str(path))

    source = flat.document("fodp", pages, automatic=AUTOMATIC) if pages else ""
    return Feature(name, {"python-pptx pptx": by_pptx} if write else {}, source, **expected)


def titled(presentation: Presentation, title: str, *lines: str):
    """Adds a slide with a title and lines of text."""
    slide = presentation.slides.add_slide(presentation.slide_layouts[TITLED])
    slide.shapes.title.text = title
    slide.placeholders[1].text = "\n".join(lines)
    return slide


def placed(kind: str) -> str:
    """The attributes that make a frame in OpenDocument the title, outline or notes of its page."""
    return f'presentation:style-name="placed" presentation:class="{kind}"'


def page(inside: str, title: str = "Prices", more: str = 'draw:style-name="shown"') -> str:
    """A page in OpenDocument with a title."""
    heading = flat.frame(
        f"<draw:text-box><text:p>{title}</text:p></draw:text-box>", placed("title")
    )
    return (
        f'<draw:page draw:name="{title}" draw:master-page-name="Standard" {more}>{heading}{inside}'
        f"</draw:page>"
    )


def body(content: str, at: int = 5) -> str:
    """The text below the title of a page in OpenDocument."""
    return flat.frame(f"<draw:text-box>{content}</draw:text-box>", placed("outline"), at=at)


def bullets(presentation: Presentation) -> None:
    """Adds bullets of two levels."""
    frame = titled(presentation, "Plan", "Hire").placeholders[1].text_frame
    for words, level in (("two cooks", 1), ("Open", 0)):
        paragraph = frame.add_paragraph()
        paragraph.text, paragraph.level = words, level


def breaks(presentation: Presentation) -> None:
    """Adds line breaks in the title and in the text."""
    titled(presentation, "Rates\vof 2026", "Anna Berg\vBern")


def table(presentation: Presentation) -> None:
    """Adds a table with a cell across two columns and one down two rows."""
    slide = titled(presentation, "Prices")
    grid = slide.shapes.add_table(4, 3, *PLACE).table
    rows = [["Region", "2025", ""], ["", "Q1", "Q2"], ["North", "10", "11"], ["South", "20", "21"]]
    for at, row in enumerate(rows):
        for column, words in enumerate(row):
            grid.cell(at, column).text = words
    grid.cell(0, 1).merge(grid.cell(0, 2))
    grid.cell(0, 0).merge(grid.cell(1, 0))


def group(presentation: Presentation) -> None:
    """Adds shapes in a group within a group."""
    slide = titled(presentation, "Parts")
    outer = slide.shapes.add_group_shape()
    outer.shapes.add_textbox(*PLACE).text_frame.text = "Outer box"
    outer.shapes.add_group_shape().shapes.add_textbox(*PLACE).text_frame.text = "Inner box"


def notes(presentation: Presentation) -> None:
    """Adds notes to the second and third slide."""
    titled(presentation, "First", "one")
    for title, words in (("Second", "Mention the strike"), ("Third", "Thank the crew")):
        titled(presentation, title, "more").notes_slide.notes_text_frame.text = words


def hidden(presentation: Presentation) -> None:
    """Hides the slide in the middle."""
    titled(presentation, "First", "one")
    titled(presentation, "secret title", "secret text")._element.set("show", "0")
    titled(presentation, "Third", "three")


def chart(presentation: Presentation) -> None:
    """Adds a chart with a title."""
    data = CategoryChartData()
    data.categories = ["Oslo", "Rome"]
    data.add_series("Units", (41, 73))
    slide = titled(presentation, "Prices")
    bars = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *PLACE, data).chart
    bars.has_title = True
    bars.chart_title.text_frame.text = "Sales by city"


def picture(alt: str):
    """Adds a picture with or without alternative text."""

    def write(presentation: Presentation) -> None:
        shapes = titled(presentation, "Harbour", "Summer").shapes
        shape = shapes.add_picture(io.BytesIO(flat.png()), *PLACE)
        properties = shape._element.nvPicPr.cNvPr
        properties.set("descr", alt)
        properties.set("name", "Picture 99")

    return write


def runs(presentation: Presentation) -> None:
    """Adds a word of three runs, and a link."""
    paragraph = titled(presentation, "Runs").placeholders[1].text_frame.paragraphs[0]
    for words in ("It is un", "believ", "able. See "):
        paragraph.add_run().text = words
    paragraph.runs[1].font.bold = True
    linked = paragraph.add_run()
    linked.text = "our handbook"
    linked.hyperlink.address = "https://example.org/handbook"


def loose(presentation: Presentation) -> None:
    """Adds two boxes; the lower one comes first in the file."""
    slide = titled(presentation, "Boxes", "Body")
    for words, top in (("lower box", 15), ("upper box", 11)):
        slide.shapes.add_textbox(Cm(2), Cm(top), Cm(9), Cm(2)).text_frame.text = words


def numbers(presentation: Presentation) -> None:
    """Adds a list that starts with three."""
    frame = titled(presentation, "Plan", "Hire", "Open").placeholders[1].text_frame
    for paragraph in frame.paragraphs:
        marked = f'<a:buAutoNum {nsdecls("a")} type="arabicPeriod" startAt="3"/>'
        paragraph._p.get_or_add_pPr().append(parse_xml(marked))


def lines(presentation: Presentation) -> None:
    """Adds a table with paragraphs, breaks and bars in its cells."""
    grid = titled(presentation, "Steps").shapes.add_table(2, 2, *PLACE).table
    for at, words in enumerate(("Step", "Tools", "ls | wc", "Wrench\nTorch\vRope")):
        grid.cell(*divmod(at, 2)).text = words


def prompts(presentation: Presentation) -> None:
    """Leaves placeholders empty, so that only the layout's prompts remain."""
    slide = presentation.slides.add_slide(presentation.slide_layouts[TITLED])
    slide.shapes.title.text = "Alone"


def box(words: str, at: int = 9) -> str:
    """A text box in OpenDocument."""
    return flat.frame(f"<draw:text-box><text:p>{words}</text:p></draw:text-box>", at=at)


def note(words: str) -> str:
    """The notes of a page in OpenDocument."""
    inside = flat.frame(f"<draw:text-box><text:p>{words}</text:p></draw:text-box>", placed("notes"))
    return f"<presentation:notes>{inside}</presentation:notes>"


def item(words: str, inner: str = "") -> str:
    """A list item in OpenDocument."""
    return f"<text:list-item><text:p>{words}</text:p>{inner}</text:list-item>"


def listed(items: str, kind: str = "bullets") -> str:
    """A list in OpenDocument."""
    return f'<text:list text:style-name="{kind}">{items}</text:list>'


def cell(words: str, more: str = "") -> str:
    """A cell in OpenDocument."""
    return f"<table:table-cell {more}><text:p>{words}</text:p></table:table-cell>"


COVERED = "<table:covered-table-cell/>"
TABLE = "<table:table>" + '<table:table-column table:number-columns-repeated="3"/>'
for line in (
    cell("Region", 'table:number-rows-spanned="2"')
    + cell("2025", 'table:number-columns-spanned="2"')
    + COVERED,
    COVERED + cell("Q1") + cell("Q2"),
    cell("North") + cell("10") + cell("11"),
    cell("South") + cell("20") + cell("21"),
):
    TABLE += f"<table:table-row>{line}</table:table-row>"
TABLE += "</table:table>"
LINKED = (
    '<text:p>It is un<text:span text:style-name="bold">believ</text:span>able. See '
    '<text:a xlink:type="simple" '
    'xlink:href="https://example.org/handbook">our handbook</text:a></text:p>'
)
CHART = flat.chart("Sales by city", "Units", ["Oslo", "Rome"], [41, 73])
LINES = (
    '<table:table><table:table-column table:number-columns-repeated="2"/><table:table-row>'
    + cell("Step")
    + cell("Tools")
    + "</table:table-row><table:table-row>"
    + cell("ls | wc")
    + cell("Wrench</text:p><text:p>Torch<text:line-break/>Rope")
    + "</table:table-row></table:table>"
)
SHAPE = (
    '<draw:custom-shape svg:x="1cm" svg:y="5cm" svg:width="5cm" svg:height="2cm"><text:p>Stop here</text:p>'
    '<draw:enhanced-geometry draw:type="rectangle"/></draw:custom-shape>'
)
COMMENT = (
    '<office:annotation svg:x="1cm" svg:y="1cm"><dc:creator>Mia Koch</dc:creator><dc:date>2026-01-05T10:00:00'
    "</dc:date><text:p>Legal wants three</text:p></office:annotation>"
)
ALT = "Two boats at a pier"

FEATURES: list[Feature] = [
    deck(
        "titles",
        lambda one: (titled(one, "Prices", "They rose."), titled(one, "Staff", "Two left.")),
        page(body("<text:p>They rose.</text:p>"))
        + page(body("<text:p>Two left.</text:p>"), "Staff"),
        once=["Prices", "Staff"],
        path={"They rose.": ["Prices"], "Two left.": ["Staff"]},
    ),
    deck(
        "levels of bullets",
        bullets,
        page(body(listed(item("Hire", listed(item("two cooks"))) + item("Open"))), "Plan"),
        has=["Hire", "two cooks", "Open"],
        absent=["Hiretwo", "cooksOpen"],
    ),
    deck(
        "line breaks on slides",
        breaks,
        page(
            body("<text:p>Anna Berg<text:line-break/>Bern</text:p>"),
            "Rates<text:line-break/>of 2026",
        ).replace('draw:name="Rates<text:line-break/>of 2026"', 'draw:name="Rates"'),
        has=["Anna Berg", "Bern"],
        absent=["BergBern", "Ratesof"],
        path={"Anna Berg": ["Rates of 2026"]},
    ),
    deck(
        "merged cells on slides",
        table,
        page(flat.frame(TABLE, at=5)),
        has=[("2025", "2025"), ("Q1", "Q2"), ("North", "10", "11"), ("South", "20", "21")],
    ),
    deck(
        "groups",
        group,
        page(
            f"<draw:g>{box('Outer box')}<draw:g>{box('Inner box', 13)}</draw:g></draw:g>", "Parts"
        ),
        once=["Parts", "Outer box", "Inner box"],
    ),
    deck(
        "notes",
        notes,
        page(body("<text:p>one</text:p>"), "First")
        + page(body("<text:p>more</text:p>") + note("Mention the strike"), "Second")
        + page(body("<text:p>more</text:p>") + note("Thank the crew"), "Third"),
        once=["Mention the strike", "Thank the crew"],
        path={"Mention the strike": ["Second"], "Thank the crew": ["Third"]},
    ),
    deck(
        "hidden slide",
        hidden,
        page(body("<text:p>one</text:p>"), "First")
        + page(body("<text:p>secret text</text:p>"), "secret title", 'draw:style-name="unseen"')
        + page(body("<text:p>three</text:p>"), "Third"),
        has=["First", "Third"],
        absent=["secret"],
    ),
    deck(
        "chart on a slide",
        chart,
        page(flat.frame(CHART, at=5)),
        has=["Sales by city", "Units", ("Oslo", "41"), ("Rome", "73")],
    ),
    deck(
        "picture on a slide",
        picture(ALT),
        page(body("<text:p>Summer</text:p>") + flat.frame(flat.picture(ALT), at=9), "Harbour"),
        has=["Summer"],
        once=[ALT],
    ),
    deck(
        "picture without a text",
        picture(""),
        page(body("<text:p>Summer</text:p>") + flat.frame(flat.picture(), at=9), "Harbour"),
        has=["Summer"],
        absent=["Picture 99", ".png"],
    ),
    deck(
        "bold within a word, link",
        runs,
        page(body(LINKED), "Runs"),
        has=["It is unbelievable. See our handbook"],
    ),
    deck("loose boxes", loose, has=["Body"], once=["upper box", "lower box"]),
    deck("empty placeholders", prompts, once=["Alone"], absent=["Click", "click"]),
    deck(
        "numbers on slides",
        numbers,
        page(body(listed(item("Hire") + item("Open"), "numbers")), "Plan"),
        has=[("3.", "Hire"), ("4.", "Open")],
    ),
    deck(
        "lines in cells of slides",
        lines,
        page(flat.frame(LINES, at=5), "Steps"),
        has=[("Step", "Tools"), ("ls \\| wc", "Wrench", "Torch", "Rope")],
        absent=["WrenchTorch", "TorchRope"],
    ),
    deck(
        "shape with words on a slide",
        None,
        page(SHAPE, "Shapes"),
        once=["Shapes", "Stop here"],
    ),
    deck(
        "comment on a slide",
        None,
        page(COMMENT + body("<text:p>Two years.</text:p>"), "Term"),
        has=["Two years."],
        once=["Legal wants three"],
    ),
]

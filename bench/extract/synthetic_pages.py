"""Synthetic pages with known content, for training the main-content model.

The marked pages of train_main_content.py are mostly articles that end in a paragraph. These pages have none
to twelve paragraphs, and then content that such articles seldom end in: tables, lists, terms, accordions,
code, addresses, cards, prices; in one of many wrappers, with furniture around and after it. Sentences and
names come from short lists in several languages (synthetic_words.json): the model learns from structure and
does not see words. The same seed makes the same pages; no other files are read.
"""

import html
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Language:
    """Sentences and names in a language."""

    language: str
    share: int
    sentences: list[str]
    items: list[str]
    headings: list[str]
    questions: list[str]
    nav: list[str]
    titles: list[str]
    afterwards: list[str]
    newsletter: list[str]
    footer: list[str]
    footer_links: list[str]
    units: list[str]
    # Separates sentences.
    blank: str


LANGUAGES = [
    Language(**words)
    for words in json.loads((Path(__file__).parent / "synthetic_words.json").read_text())
]


@dataclass
class Page:
    """A page, and the text of its main content."""

    name: str
    html: str
    content: str


@dataclass
class Piece:
    """Markup and the texts in it."""

    html: str
    texts: list[str] = field(default_factory=list)


def pages(seed: int, count: int) -> Iterator[Page]:
    """A number of pages, all different."""
    for number in range(count):
        yield Maker(random.Random(seed * 100_003 + number)).page(f"synthetic-{seed}-{number}")


class Maker:
    """Makes one page."""

    def __init__(self, random_: random.Random) -> None:
        self.random = random_
        shares = [language.share for language in LANGUAGES]
        self.words = random_.choices(LANGUAGES, shares)[0]
        self.unsaid: list[str] = []

    def page(self, name: str) -> Page:
        """A page, with or without a frame around its content."""
        title = self.one(self.words.headings)
        content, texts = self.content(title)
        content = self.wrapped(content + self.within())
        frame = self.random.random()
        if frame < 0.12:
            body = content
        elif frame < 0.2:
            body = f"<div class={self.one(['container', 'wrapper', 'page', 'c12'])}>{content}</div>"
        else:
            body = self.framed(content)
        return Page(
            name,
            f"<!DOCTYPE html><html><head><meta charset=utf-8><title>{html.escape(title)}</title></head>"
            f"<body>{body}</body></html>",
            "\n".join([title, *texts]),
        )

    # Content

    def content(self, title: str) -> tuple[str, list[str]]:
        """A heading, paragraphs, and one to three pieces of other kinds after or among them."""
        paragraphs = self.random.choice([0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12])
        pieces = [self.paragraph() for _ in range(paragraphs)]
        for _ in range(self.random.choice([0, 0, 1]) if paragraphs > 2 else 0):
            pieces.insert(self.random.randrange(1, paragraphs), self.headed(self.paragraph()))
        ends = self.random.choice([0, 1, 1, 1, 1, 2, 2, 3]) if paragraphs else 2
        for _ in range(ends):
            piece = self.random.choice(ENDS)(self)
            pieces.append(self.headed(piece) if self.random.random() < 0.7 else piece)
        if ends and self.random.random() < 0.15:
            pieces.append(self.paragraph())
        heading = self.one(["<h1>{}</h1>", "<h1 class=title>{}</h1>", "<h2>{}</h2>"])
        if self.random.random() < 0.1:
            heading = "<header><h1>{}</h1></header>"
        return (
            heading.format(title) + "".join(piece.html for piece in pieces),
            [text for piece in pieces for text in piece.texts],
        )

    def paragraph(self) -> Piece:
        text = self.sentences(self.random.choice([1, 2, 2, 3, 3, 4]))
        return Piece(f"<p>{text}</p>", [text])

    def headed(self, piece: Piece) -> Piece:
        heading = self.one(self.words.headings)
        level = self.random.choice([2, 2, 2, 3])
        piece.html = f"<h{level}>{heading}</h{level}>{piece.html}"
        if self.random.random() < 0.15:
            piece.html = f"<section>{piece.html}</section>"
        piece.texts.insert(0, heading)
        return piece

    def table(self) -> Piece:
        """Two to four columns of short cells, with or without a header."""
        columns = self.random.choice([2, 2, 3, 3, 4])
        rows = [
            [self.one(self.words.items)] + [self.value() for _ in range(columns - 1)]
            for _ in range(self.random.randint(2, 12))
        ]
        head = [self.one(self.words.headings) for _ in range(columns)]
        inner = "".join(self.row(row) for row in rows)
        if self.random.random() < 0.7:
            names = "".join(f"<th>{name}</th>" for name in head)
            inner = f"<thead><tr>{names}</tr></thead><tbody>{inner}</tbody>"
            rows.insert(0, head)
        table = f"<table>{inner}</table>"
        if self.random.random() < 0.2:
            table = f"<div class=table-responsive>{table}</div>"
        return Piece(table, [" ".join(row) for row in rows])

    def row(self, cells: list[str]) -> str:
        first = self.one(["td", "td", "th"])
        rest = "".join(f"<td>{cell}</td>" for cell in cells[1:])
        return f"<tr><{first}>{cells[0]}</{first}>{rest}</tr>"

    def items(self) -> Piece:
        """A list, numbered or not, of names, prices, or sentences."""
        tag = self.one(["ul", "ol"])
        kind = self.random.random()
        texts = []
        for _ in range(self.random.randint(2, 10)):
            if kind < 0.4:
                texts.append(self.one(self.words.items))
            elif kind < 0.7:
                texts.append(f"{self.one(self.words.items)}: {self.value()}")
            else:
                texts.append(self.sentences(1))
        return Piece(
            f"<{tag}>" + "".join(f"<li>{text}</li>" for text in texts) + f"</{tag}>", texts
        )

    def terms(self) -> Piece:
        pairs = [
            (
                self.one(self.words.items),
                self.random.choice([self.value, lambda: self.sentences(1)])(),
            )
            for _ in range(self.random.randint(2, 7))
        ]
        inner = "".join(f"<dt>{term}</dt><dd>{meaning}</dd>" for term, meaning in pairs)
        return Piece(f"<dl>{inner}</dl>", [text for pair in pairs for text in pair])

    def questions(self) -> Piece:
        """Questions with answers: as accordions, headings, or cards."""
        shape = self.one(
            [
                "<details><summary>{}</summary><p>{}</p></details>",
                "<details><summary>{}</summary>{}</details>",
                "<h3>{}</h3><p>{}</p>",
                "<div class=faq-item><div class=question>{}</div><div class=answer>{}</div></div>",
            ]
        )
        pairs = [
            (self.one(self.words.questions), self.sentences(1))
            for _ in range(self.random.randint(1, 6))
        ]
        inner = "".join(shape.format(*pair) for pair in pairs)
        return Piece(inner, [text for pair in pairs for text in pair])

    def code(self) -> Piece:
        names = ["lamp", "card", "item", "list_of", "due", "open", "config", "path", "retry"]
        lines = []
        for _ in range(self.random.randint(1, 9)):
            one, other = self.one(names), self.one(names)
            line = self.one(
                ["{0} = {1}.get({2})", "if {0} == {2}:", "    {0}.{1}()", "$ {0} --{1} {2}"]
            )
            lines.append(line.format(one, other, self.random.randint(0, 99)))
        text = "\n".join(lines)
        return Piece(self.one(["<pre><code>{}</code></pre>", "<pre>{}</pre>"]).format(text), [text])

    def contact(self) -> Piece:
        lines = [
            self.one(self.words.headings),
            f"{self.one(self.words.items)} {self.random.randint(1, 99)}",
            f"{self.random.randint(10000, 99999)} {self.one(self.words.items)}",
            f"+{self.random.randint(1, 99)} 555 {self.random.randint(1000, 9999)}",
            "info@example.org",
        ][: self.random.randint(2, 5)]
        shape = self.random.random()
        if shape < 0.4:
            inner = "<address>" + "<br>".join(lines) + "</address>"
        elif shape < 0.7:
            inner = "<p>" + "<br>".join(lines) + "</p>"
        else:
            inner = "".join(f"<p>{line}</p>" for line in lines)
        return Piece(inner, lines)

    def cards(self) -> Piece:
        """Boxes with a name and a price or a few words."""
        name, outer = self.one(
            [("card", "cards"), ("price", "pricing"), ("item", "grid"), ("b", "a")]
        )
        shape = self.one(
            ["<h3>{}</h3><p>{}</p>", "<span>{}</span> <span>{}</span>", "<p>{}</p><p>{}</p>"]
        )
        pairs = [
            (self.one(self.words.items), self.value()) for _ in range(self.random.randint(2, 9))
        ]
        inner = "".join(f"<div class={name}>{shape.format(*pair)}</div>" for pair in pairs)
        return Piece(f"<div class={outer}>{inner}</div>", [text for pair in pairs for text in pair])

    # Not content

    def within(self) -> str:
        """Furniture at the end of the content's own element."""
        kind = self.random.random()
        if kind < 0.6:
            return ""
        links = self.links(self.random.randint(2, 6), self.words.titles)
        heading = self.one(self.words.afterwards)
        if kind < 0.75:
            name = self.one(["related", "related-posts", "more", "recommended", "b1"])
            tag = self.one(["div", "section", "aside"])
            return f"<{tag} class={name}><h3>{heading}</h3><ul>{links}</ul></{tag}>"
        if kind < 0.85:
            name = self.one(["share", "social", "tags"])
            return f"<div class={name}>{self.links(4, self.words.nav, '{}')}</div>"
        if kind < 0.95:
            heading = self.one(self.words.newsletter)
            return f"<div class=newsletter><h3>{heading}</h3><form><input></form></div>"
        return f"<nav class=pagination>{self.links(2, self.words.titles, '{}')}</nav>"

    def framed(self, content: str) -> str:
        """Menus, a sidebar, a footer."""
        menu = f"<ul>{self.links(self.random.randint(3, 9), self.words.nav)}</ul>"
        head = self.one(
            [
                "<header><nav>{}</nav></header>",
                "<nav>{}</nav>",
                "<div class=header><div class=menu>{}</div></div>",
                "<div id=top>{}</div>",
            ]
        ).format(menu)
        beside = ""
        if self.random.random() < 0.35:
            tag = self.one(["aside", "div class=sidebar", "div class=widget", "div"])
            links = self.links(self.random.randint(3, 8), self.words.titles)
            beside = f"<{tag}><h3>{self.one(self.words.afterwards)}</h3><ul>{links}</ul></{tag.split()[0]}>"
        after = ""
        if self.random.random() < 0.25:
            links = self.links(self.random.randint(3, 6), self.words.titles)
            name = self.one(["related", "more-stories", "recommended", "b2"])
            heading = self.one(self.words.afterwards)
            after = f"<section class={name}><h2>{heading}</h2><ul>{links}</ul></section>"
        legal = self.one(self.words.footer)
        links = self.links(self.random.randint(0, 8), self.words.footer_links)
        foot = self.one(
            [
                "<footer><p>{}</p><ul>{}</ul></footer>",
                "<footer><ul>{1}</ul><p>{0}</p></footer>",
                "<div class=footer>{}<ul>{}</ul></div>",
                "<div id=bottom><p>{}</p><ul>{}</ul></div>",
            ]
        ).format(legal, links)
        columns = [beside, content]
        self.random.shuffle(columns)
        if beside and self.random.random() < 0.6:
            columns = ["<div class=layout>", *columns, "</div>"]
        return head + "".join(columns) + after + foot

    def wrapped(self, content: str) -> str:
        return self.one(WRAPPERS).format(content)

    # Words

    def links(self, count: int, names: list[str], shape: str = "<li>{}</li>") -> str:
        return "\n".join(
            shape.format(f"<a href=/{self.random.randint(1, 999)}>{self.one(names)}</a>")
            for _ in range(count)
        )

    def sentences(self, count: int) -> str:
        """Repeats as few sentences as possible, because repeated text is read once."""
        said = []
        for _ in range(count):
            if not self.unsaid:
                self.unsaid = self.random.sample(self.words.sentences, len(self.words.sentences))
            said.append(self.unsaid.pop())
        return self.words.blank.join(said)

    def value(self) -> str:
        kind = self.random.random()
        if kind < 0.5:
            return f"{self.random.randint(1, 250)} {self.one(self.words.units)}"
        return self.one(self.words.items) if kind < 0.8 else f"{self.random.randint(1, 9999)}"

    def one(self, some: list) -> str:
        return self.random.choice(some)


ENDS = [
    Maker.table,
    Maker.table,
    Maker.items,
    Maker.items,
    Maker.terms,
    Maker.questions,
    Maker.code,
    Maker.contact,
    Maker.cards,
]
WRAPPERS = [
    "<main>{}</main>",
    "<main>{}</main>",
    "<article>{}</article>",
    "<main><article>{}</article></main>",
    "<main class=site-main><article class='post hentry'><div class=entry-content>{}</div></article></main>",
    "<div class=content>{}</div>",
    "<div id=content><div class=post>{}</div></div>",
    "<div class=container><div class=row><div class=col-8>{}</div></div></div>",
    "<div role=main>{}</div>",
    "<div>{}</div>",
    "<section>{}</section>",
    "{}",
]

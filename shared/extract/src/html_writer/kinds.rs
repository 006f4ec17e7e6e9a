//! Classifies the elements of a page by their effect on the text.

use ego_tree::NodeRef;
use scraper::{Node, node::Element};

use super::notes::{self, Note};
use crate::html_text::{
    marks::{Marks, Part, attribute},
    survey::is_heading,
};

/// Elements that end a line of text.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "button",
    "caption",
    "center",
    "details",
    "dialog",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "main",
    "nav",
    "p",
    "search",
    "section",
    "summary",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
];

/// Inline elements, which do not contain blocks.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "font", "i", "img",
    "input", "ins", "kbd", "label", "mark", "picture", "q", "s", "samp", "small", "source", "span",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
];

/// Schemes of links that open no page.
const NO_PAGES: &[&str] = &["tel:", "mailto:", "sms:", "fax:", "callto:", "geo:"];
/// Endings of files that a link downloads.
const FILES: &[&str] = &[
    "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf", "csv", "txt",
    "epub", "zip", "ics", "vcf",
];

/// Classes of elements that hold a line of code each.
const CODE_LINES: &[&str] = &[
    "line",
    "codeline",
    "tokenline",
    "viewline",
    "cmline",
    "codemirrorline",
    "highlightline",
    "hljsline",
];
/// Classes of tables with a line of code in each row.
const CODE_TABLES: &[&str] = &[
    "highlight",
    "hljsln",
    "jsfilelinecontainer",
    "diffview",
    "difftable",
    "codetable",
];

/// The effect of an element on the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// No effect.
    Inline,
    Bold,
    /// Superscript or subscript.
    Shifted {
        raised: bool,
    },
    /// A reference mark of a note.
    Note(Note),
    /// A word with its reading, and the reading.
    Ruby,
    Reading,
    Break,
    Image,
    Block,
    Heading(u8),
    List,
    Item,
    Term,
    Definition,
    /// Preformatted text.
    Code,
    /// A line of code; `always` a line of its own, else only next to other lines.
    CodeLine {
        always: bool,
    },
    /// A table of code, or its row, which is a line; white space between its elements is ignored.
    CodeTable,
    CodeRow,
    /// A data table and its parts.
    Table,
    Head,
    Foot,
    Group,
    Row,
    Cell(bool),
    /// Inside a cell: a block, a list, a list item, and table parts that are set off by a sign.
    Gap,
    CellList,
    CellItem,
    Separate(&'static str),
}

/// An element around the current position, and the state of the text at its start.
pub struct Frame {
    pub kind: Kind,
    pub is_link: bool,
    /// Whether it is a link to another page.
    pub leads: bool,
    pub is_scope: bool,
    /// Length of the block in bytes, and number of blocks.
    pub at: usize,
    pub blocks: usize,
}

/// Whether a link leads to another page: not to a part of this one, an address, a number or a file.
pub fn leads(element: &Element) -> bool {
    let Some(target) = attribute(element, "href") else {
        return false;
    };
    let target = target.trim();
    let start = |known: &str| {
        let start = target.as_bytes().get(..known.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(known.as_bytes()))
    };
    if target.starts_with('#') || NO_PAGES.iter().any(|known| start(known)) {
        return false;
    }
    let path = target.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_file = FILES.iter().any(|file| ending.eq_ignore_ascii_case(file));
    !is_file && attribute(element, "download").is_none()
}

/// Whether elements of this name contain no blocks.
pub fn is_inline(name: &str) -> bool {
    INLINE.contains(&name)
}

/// The kind of an element outside of data tables and code.
pub fn of(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> Kind {
    if is_heading(marks.name) {
        let level = marks.name.as_bytes()[1] - b'0';
        return Kind::Heading(level);
    }
    match marks.name {
        "ul" | "ol" | "menu" | "dir" => Kind::List,
        "li" => Kind::Item,
        "dt" => Kind::Term,
        "dd" => Kind::Definition,
        "pre" | "listing" | "xmp" | "plaintext" => Kind::Code,
        "table" if holds_lines(node, marks) => Kind::Code,
        "div" if marks.has_class(&["syntaxhighlighter"]) => Kind::Code,
        name if BLOCKS.contains(&name) => match is_preformatted(node, marks) {
            true => Kind::Code,
            false => Kind::Block,
        },
        _ => inline(node, marks).unwrap_or_else(|| by_style(marks)),
    }
}

fn by_style(marks: &Marks<'_>) -> Kind {
    let display = marks.style("display").unwrap_or_default();
    let ends = [
        "block",
        "flex",
        "grid",
        "list-item",
        "table",
        "table-row",
        "flow-root",
    ];
    if ends.iter().any(|kind| display.eq_ignore_ascii_case(kind)) || marks.part().is_some() {
        Kind::Block
    } else {
        Kind::Inline
    }
}

/// The kind of an inline element; `None` if it has no effect.
fn inline(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> Option<Kind> {
    Some(match marks.name {
        "br" => Kind::Break,
        "img" => Kind::Image,
        "b" | "strong" => Kind::Bold,
        "sup" | "sub" => match notes::of(node, marks) {
            Some(note) => Kind::Note(note),
            None => Kind::Shifted {
                raised: marks.name == "sup",
            },
        },
        "a" => Kind::Note(notes::of(node, marks)?),
        "ruby" => Kind::Ruby,
        "rt" => Kind::Reading,
        _ => return None,
    })
}

/// Whether a table has a line of code in each row.
pub fn holds_lines(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> bool {
    let holds_code = || {
        let mut first = node.descendants().take(12);
        !first.any(|inner| {
            let element = inner.value().as_element();
            element.is_some_and(|element| element.name() == "pre")
        })
    };
    marks.has_class(CODE_TABLES) && holds_code()
}

/// Whether a style preserves white space in an element without blocks.
fn is_preformatted(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> bool {
    let Some(spaces) = marks.style("white-space") else {
        return false;
    };
    let kept = ["pre", "pre-wrap", "pre-line", "break-spaces"];
    kept.iter().any(|kind| spaces.eq_ignore_ascii_case(kind))
        && node
            .children()
            .filter_map(|child| child.value().as_element())
            .all(|element| is_inline(element.name()))
}

/// The kind of an element inside of code.
pub fn in_code(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> Kind {
    match marks.name {
        "table" | "thead" | "tbody" | "tfoot" => return Kind::CodeTable,
        "tr" => return Kind::CodeRow,
        "li" => return Kind::CodeLine { always: true },
        "td" | "th" => return Kind::Inline,
        "br" => return Kind::Break,
        "code" => {
            let parent = node.parent().and_then(|parent| parent.value().as_element());
            return match parent {
                Some(parent) if parent.name() == "pre" => Kind::CodeLine { always: false },
                _ => Kind::Inline,
            };
        }
        _ => {}
    }
    let block = BLOCKS.contains(&marks.name)
        || ["ul", "ol", "dl", "dt", "dd", "pre"].contains(&marks.name)
        || is_heading(marks.name);
    if block || marks.has_class(CODE_LINES) {
        Kind::CodeLine { always: block }
    } else {
        Kind::Inline
    }
}

/// The kind of an element inside a cell of a data table, whose text is one line.
pub fn in_cell(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> Kind {
    match marks.part() {
        Some(Part::Row) => return Kind::Separate("; "),
        Some(Part::Cell | Part::Header) => return Kind::Separate(", "),
        Some(_) => return Kind::Gap,
        None => {}
    }
    match marks.name {
        "ul" | "ol" | "menu" | "dir" => Kind::CellList,
        "li" => Kind::CellItem,
        "dt" | "dd" | "pre" | "listing" | "xmp" => Kind::Gap,
        name if BLOCKS.contains(&name) || is_heading(name) => Kind::Gap,
        _ => inline(node, marks).unwrap_or(Kind::Inline),
    }
}

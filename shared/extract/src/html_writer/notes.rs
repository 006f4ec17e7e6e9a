//! Writes reference marks of notes, which would otherwise merge with a word or a number, in brackets: `1874[3]`.

use ego_tree::NodeRef;
use scraper::Node;

use super::{
    Writer, inline,
    kinds::{self, Frame},
};
use crate::html_text::marks::{Marks, attribute};

/// Words in the classes and ids of reference marks.
const NAMES: &[&str] = &[
    "footnote",
    "endnote",
    "noteref",
    "fnref",
    "reference",
    "citation",
];
/// Reference signs of print.
const SIGNS: &str = "*†‡§¶‖";
/// Longest mark, in characters.
const MAX_MARK: usize = 6;
/// Most nodes that are searched for the text after a mark.
const MAX_STEPS: usize = 24;

/// A reference mark of a note.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Note {
    /// Whether the markup identifies it; otherwise it is a link within the page that may be one.
    pub is_known: bool,
    /// Whether a word follows without a space.
    pub is_glued: bool,
}

/// The reference mark that a superscript element or a link may be.
pub fn of(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> Option<Note> {
    let is_marked = || marks.role == "doc-noteref" || marks.named(NAMES);
    let is_known = match marks.name {
        "sup" => is_marked() || has_link(node),
        "sub" => is_marked(),
        _ if !leads_within(node) || marks.style("display").is_some() => return None,
        _ => is_marked(),
    };
    (is_known || marks.name == "a").then(|| Note {
        is_known,
        is_glued: is_followed(node),
    })
}

fn link<'a>(node: NodeRef<'a, Node>) -> Option<&'a str> {
    let element = node.value().as_element()?;
    (element.name() == "a")
        .then(|| attribute(element, "href"))
        .flatten()
}

/// Whether a link leads to a place in this page or in another one of the same site.
fn leads_within(node: NodeRef<'_, Node>) -> bool {
    let fragment = link(node).and_then(|href| href.split_once('#'));
    fragment.is_some_and(|(page, place)| !place.is_empty() && !page.contains("//"))
}

/// Whether an element is the only content of a link, or contains a link.
fn has_link(node: NodeRef<'_, Node>) -> bool {
    let is_alone = |inner: NodeRef<'_, Node>, around: NodeRef<'_, Node>| {
        around.children().take(MAX_STEPS).all(|other| {
            let text = other.value().as_text();
            other.id() == inner.id() || text.is_none_or(|text| text.trim().is_empty())
        })
    };
    let around: Vec<_> = node.ancestors().take(2).collect();
    let is_held = match around.as_slice() {
        [parent, ..] if link(*parent).is_some() => is_alone(node, *parent),
        [parent, outer] if link(*outer).is_some() => {
            is_alone(node, *parent) && is_alone(*parent, *outer)
        }
        _ => false,
    };
    is_held || node.children().take(3).any(|inner| link(inner).is_some())
}

/// Whether a word or a number follows an element directly, on the same line.
fn is_followed(node: NodeRef<'_, Node>) -> bool {
    let mut at = node;
    let mut inside = false;
    for _ in 0..MAX_STEPS {
        let next = match at.first_child().filter(|_| inside) {
            Some(first) => Some(first),
            None => at.next_sibling(),
        };
        let Some(next) = next else {
            let Some(parent) = at.parent() else {
                return false;
            };
            let element = parent.value().as_element();
            if !element.is_some_and(|element| kinds::is_inline(element.name())) {
                return false;
            }
            (at, inside) = (parent, false);
            continue;
        };
        match next.value() {
            Node::Text(text) => {
                if let Some(first) = text.chars().next() {
                    return first.is_ascii_digit() || inline::is_spaced(first);
                }
            }
            Node::Element(element) => {
                let name = element.name();
                if !kinds::is_inline(name) || matches!(name, "br" | "img" | "input" | "sup") {
                    return false;
                }
            }
            _ => {}
        }
        (at, inside) = (next, true);
    }
    false
}

/// Whether a text looks like a mark: a number, a Roman numeral, a sign, or, in a known mark, a letter.
fn is_mark(text: &str, is_known: bool) -> bool {
    let all = |is: fn(char) -> bool| text.chars().all(is);
    let is_short = !text.is_empty() && text.chars().count() <= MAX_MARK;
    is_short
        && (all(|c| c.is_ascii_digit())
            || all(|c| "ivx".contains(c))
            || all(|c| SIGNS.contains(c))
            || (is_known && (all(|c| "ivxlc".contains(c)) || is_letter(text))))
}

fn is_letter(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The mark `text` as written after `before`; `None` if it stays unchanged.
fn written(before: &str, text: &str, note: Note) -> Option<String> {
    let mark = text.trim();
    let opens = before.ends_with(char::is_whitespace) || before.is_empty();
    let touches = note.is_glued || before.ends_with(char::is_alphanumeric);
    // Numbers of a list or a table stand apart already.
    let belongs = touches || (note.is_known && !before.is_empty());
    let bracketed = mark.starts_with('[') && mark.ends_with(']');
    if !(belongs && (is_mark(mark, note.is_known) || bracketed)) {
        return None;
    }
    let mut written = match bracketed {
        true => mark.to_owned(),
        false => format!("[{mark}]"),
    };
    let is_apart = text.starts_with(' ') && !opens;
    if is_apart {
        written.insert(0, ' ');
    }
    if (opens && note.is_glued) || text.ends_with(' ') {
        written.push(' ');
    }
    Some(written)
}

impl Writer<'_> {
    /// Ends a reference mark.
    pub(super) fn end_note(&mut self, frame: &Frame, note: Note) {
        // Link texts in headings are often their numbers.
        if frame.blocks != self.blocks.len() || (self.heading.is_some() && !note.is_known) {
            return;
        }
        let Some((before, inside)) = self.line.text.split_at_checked(frame.at) else {
            return;
        };
        if inside.len() > MAX_MARK * 4 {
            return;
        }
        if let Some(written) = written(before, inside, note) {
            self.line.text.truncate(frame.at);
            self.line.text.push_str(&written);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_in_brackets() {
        let known = Note {
            is_known: true,
            is_glued: false,
        };
        let glued = Note {
            is_known: false,
            is_glued: true,
        };
        let link = Note {
            is_known: false,
            is_glued: false,
        };
        for (before, text, note, expected) in [
            ("in 1874", "3", known, Some("[3]")),
            ("in 1874", "[3]", known, Some("[3]")),
            ("rose", "iv", known, Some("[iv]")),
            ("rose", "b", known, Some("[b]")),
            ("rose", "b", link, None),
            ("rose", "12", link, Some("[12]")),
            ("rose", "†", link, Some("[†]")),
            ("rose ", "12", link, None),
            ("", "1", known, None),
            ("", "1", glued, Some("[1] ")),
            ("", "[1]", glued, Some("[1] ")),
            ("1", "st", known, None),
            ("rose", "more", glued, None),
        ] {
            let written = written(before, text, note);
            assert_eq!(written.as_deref(), expected, "{before} {text}");
        }
    }

    #[test]
    fn notes_touch_no_word() {
        for (page, expected) in [
            (
                "<p>Prices rose<a class=sdendnoteanc href='#n1'><sup>i</sup></a> again.<p><a class=sdendnotesym href='#r1'>i</a>Except rice.",
                "Prices rose[i] again.\n\n[i] Except rice.",
            ),
            (
                "<p><span>Prices rose</span><sup id=r1><a href='#n1'>i</a></sup><span> again.</span><aside><p><span><sup><a href='#r1'>1</a></sup>Except tea.",
                "Prices rose[i] again.\n\n[1] Except tea.",
            ),
            (
                "<p>a word<a href='n.xhtml#n1'><b>12</b></a>, end",
                "a word[12], end",
            ),
            ("<p>a word<a href='#n1'>*</a>", "a word[*]"),
            ("<p><a href='#r1'>1</a> Except tea.", "1 Except tea."),
            ("<p><a href='#r1'>1</a><br>Tea", "1\nTea"),
            (
                "<p>see <a href='#t1'>1</a> and <a href='#t2'>2</a>",
                "see 1 and 2",
            ),
            ("<p>page<a href='/p/2'>2</a>", "page2"),
            ("<h2><a href='#s'>1</a><span>Scope</span></h2>", "1Scope"),
            (
                "<p><a href='/water'>H<sub>2</sub>O</a>, <a href=/m>m<sup>2</sup></a>",
                "H₂O, m²",
            ),
            ("<p>東京<sup><a href='#n1'>1</a></sup>は", "東京[1]は"),
        ] {
            let tree = scraper::Html::parse_document(page);
            let read = crate::html_text::visible(&tree).finish(None, None, "");
            assert_eq!(read.text, expected, "{page}");
        }
    }
}

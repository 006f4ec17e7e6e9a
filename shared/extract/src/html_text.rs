//! Reads an HTML tree as blocks of readable text: paragraphs apart, list items and table rows on lines
//! of their own, headings as sections.

use ego_tree::iter::Edge;
use scraper::{Html, Node, node::Element};

use crate::{
    html_writer::Writer,
    text::{self, Builder},
};

/// Elements whose content nobody sees, or that are not text.
const INVISIBLE: &[&str] = &[
    "head", "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select",
    "button", "canvas", "audio", "video", "dialog",
];
/// React sends parts of a page late, hidden under such an id, and a script puts them in their place.
const STREAMED: &str = "S:";

/// A block of text: a paragraph, a heading, a list item, a row of a table.
pub struct Block {
    /// In normal form.
    pub text: String,
    /// The level of a heading.
    pub heading: Option<u8>,
    /// The place of the element that it is in, within [`Blocks::scopes`].
    pub scope: usize,
    /// Number of its letters and digits.
    pub letters: usize,
    /// Number of those that are in links.
    pub linked: usize,
    /// Whether it goes right below the last block: items of a list, rows of a table.
    pub joined: bool,
}

/// An element that may hold blocks.
pub struct Scope<'a> {
    /// The place of the one around it; its own if there is none.
    pub parent: usize,
    /// The place after the last within it.
    pub end: usize,
    /// The element.
    pub element: &'a Element,
}

/// What a reader would see of a page.
pub struct Blocks<'a> {
    /// In their order in the page.
    pub blocks: Vec<Block>,
    /// In their order in the page, outer ones first; those that nobody sees are left out.
    pub scopes: Vec<Scope<'a>>,
    /// Number of letters and digits in what the page hides.
    pub hidden_letters: usize,
}

/// Everything in a tree that a reader would see, as text.
pub fn visible(page: &Html) -> Builder {
    blocks(page, false).text(|_| true)
}

/// Everything in a tree that a reader would see, in blocks, and if asked also what is `hidden`.
pub fn blocks(page: &Html, hidden_too: bool) -> Blocks<'_> {
    let mut writer = Writer::default();
    let mut skipped = 0usize;
    // Whether what is skipped is hidden, and how much of it there is.
    let (mut concealed, mut hidden_letters) = (false, 0usize);
    for edge in page.tree.root().traverse() {
        let (node, opens) = match &edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        match node.value() {
            // Depth inside of what is left out; text there is passed over below.
            Node::Element(_) if skipped > 0 => {
                skipped = if opens { skipped + 1 } else { skipped - 1 };
            }
            Node::Element(element) if opens => {
                let conceals = !hidden_too && hidden(element);
                if conceals || invisible(element) {
                    (skipped, concealed) = (1, conceals);
                } else {
                    writer.enter(element);
                    writer.open(element.name(), *node);
                }
            }
            Node::Element(element) => {
                writer.close(element.name());
                writer.leave(element);
            }
            Node::Text(text) if opens && skipped == 0 => writer.text(text),
            Node::Text(text) if opens && concealed => hidden_letters += text::letters(text),
            _ => {}
        }
    }
    writer.end_block();
    Blocks {
        blocks: writer.blocks,
        scopes: writer.scopes,
        hidden_letters,
    }
}

impl Blocks<'_> {
    /// Number of letters and digits in all blocks.
    pub fn letters(&self) -> usize {
        self.blocks.iter().map(|block| block.letters).sum()
    }

    /// Writes the blocks that are kept, by their places.
    pub fn text(&self, kept: impl Fn(usize) -> bool) -> Builder {
        let mut builder = Builder::default();
        // Whether nothing but neighbours in a list or table was left out since the last one.
        let mut near = true;
        for (place, block) in self.blocks.iter().enumerate() {
            near &= block.joined;
            if !kept(place) {
                continue;
            }
            match block.heading {
                Some(level) => builder.heading(level, &block.text),
                None if near => builder.line(&block.text),
                None => builder.block(&block.text),
            }
            near = true;
        }
        builder
    }
}

/// Whether an element is there for scripts, or for other readers.
fn invisible(element: &Element) -> bool {
    INVISIBLE.contains(&element.name())
}

/// Whether a page hides an element; scripts may show it.
fn hidden(element: &Element) -> bool {
    let (mut hidden, mut streamed) = (false, false);
    for (name, value) in element.attrs() {
        match name {
            "hidden" => hidden = true,
            "id" => streamed = value.starts_with(STREAMED),
            "style" => {
                let style: String = value.split_ascii_whitespace().collect();
                let style = style.to_ascii_lowercase();
                if style.contains("display:none") || style.contains("visibility:hidden") {
                    return true;
                }
            }
            _ => {}
        }
    }
    hidden && !streamed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(html: &str) -> String {
        visible(&Html::parse_document(html))
            .finish(None, None, "")
            .text
    }

    #[test]
    fn lists_tables_and_code_stay_readable() {
        let html = "<h2>Sizes</h2><p>See\n  <b>below</b>.<ul><li>one<li>two<ol><li>inner</ol></ul>
            <table><tr><th>a<th>b<tr><td><p>1</p><td>2</table><pre>x\n  y</pre>a<br>b";
        assert_eq!(
            text_of(html),
            "Sizes\n\nSee below.\n\n- one\n- two\n  1. inner\n\na | b\n1 | 2\n\nx\n  y\n\na\nb"
        );
    }

    #[test]
    fn what_nobody_sees_is_left_out() {
        let html = "<title>t</title><script>s</script><p hidden>h</p><p style='display: none'>n<b>m</b></p><p>v";
        assert_eq!(text_of(html), "v");
    }

    #[test]
    fn a_layout_table_is_not_a_row() {
        let html = "<table><tr><td><h1>Head</h1><p>a</p><p>b</p></td></tr></table>";
        assert_eq!(text_of(html), "Head\n\na\n\nb");
    }

    #[test]
    fn what_a_page_sends_late_is_seen() {
        let html = "<div hidden id='S:1'><p>late</p></div><div hidden id=x>never</div>";
        assert_eq!(text_of(html), "late");
    }

    #[test]
    fn blocks_know_where_they_are() {
        let page = Html::parse_document(
            "<main><h1>Head</h1><p>One <a href=x>two</a></p></main><ul><li>a<li>b</ul>",
        );
        let blocks = blocks(&page, false);
        let names: Vec<_> = blocks
            .blocks
            .iter()
            .map(|block| {
                (
                    block.text.as_str(),
                    blocks.scopes[block.scope].element.name(),
                )
            })
            .collect();
        let expected = [
            ("Head", "h1"),
            ("One two", "p"),
            ("- a", "li"),
            ("- b", "li"),
        ];
        assert_eq!(names, expected);
        assert_eq!((blocks.blocks[1].letters, blocks.blocks[1].linked), (6, 3));
        let some = blocks
            .text(|place| place != 1 && place != 2)
            .finish(None, None, "");
        assert_eq!(some.text, "Head\n\n- b");
    }
}

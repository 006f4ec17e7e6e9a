//! Writes an HTML tree as readable text: paragraphs apart, list items and table rows on lines of
//! their own, headings as sections.

use std::collections::HashMap;

use ego_tree::{NodeRef, iter::Edge};
use scraper::{Html, Node, node::Element};

use crate::text::{self, Builder};

/// Elements whose content nobody sees, or that are not text.
const INVISIBLE: &[&str] = &[
    "head", "script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select",
    "button", "canvas", "audio", "video", "dialog",
];
/// Elements that end a line of text.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hr",
    "html",
    "legend",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "ul",
];
/// A table with one of these inside lays out the page instead of showing data.
const LAYOUT: &[&str] = &[
    "table", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "form", "article", "section", "pre",
];

/// Between the cells of a row.
const CELL: &str = " | ";

/// Everything in a tree that a reader would see.
pub fn visible(page: &Html) -> Builder {
    let mut writer = Writer::default();
    let mut skipped = 0usize;
    for edge in page.tree.root().traverse() {
        let (node, opens) = match &edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        match node.value() {
            Node::Element(element) if skipped > 0 || hidden(element) => {
                // Depth inside hidden elements; text there is passed over below.
                skipped = if opens {
                    skipped + 1
                } else {
                    skipped.saturating_sub(1)
                };
            }
            Node::Element(element) if opens => writer.open(element.name(), *node),
            Node::Element(element) => writer.close(element.name()),
            Node::Text(text) if opens && skipped == 0 => writer.text(text),
            _ => {}
        }
    }
    writer.end_block();
    writer.builder
}

/// Text whose tree is gone, with sections at the lines that are headings of the page.
pub fn with_headings_of(page: &Html, content: &str) -> Builder {
    let mut levels = HashMap::new();
    let mut within: Option<(u8, String)> = None;
    for edge in page.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match (node.value(), &mut within) {
                (Node::Element(element), None) => {
                    within = heading_level(element.name()).map(|level| (level, String::new()));
                }
                (Node::Text(part), Some((_, text))) => text.push_str(part),
                _ => {}
            },
            Edge::Close(node) => {
                let closes = node
                    .value()
                    .as_element()
                    .and_then(|e| heading_level(e.name()));
                if closes.is_some()
                    && let Some((level, text)) = within.take()
                {
                    levels.entry(heading_line(&text)).or_insert(level);
                }
            }
        }
    }
    let mut builder = Builder::default();
    let mut apart = false;
    for line in text::normalise(content).lines() {
        let line = line.trim();
        let heading = heading_line(line);
        let level = levels.get(&heading);
        match level {
            Some(level) => builder.heading(*level, &heading),
            None if apart => builder.block(line),
            None => builder.line(line),
        }
        // Also after a heading, which is a block of its own.
        apart = line.is_empty() || level.is_some();
    }
    builder
}

/// A heading on one line, without the sign that links to it.
fn heading_line(text: &str) -> String {
    let line = text::one_line(text, usize::MAX);
    line.trim_end_matches(['¶', '§', ' ']).to_owned()
}

fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        _ => None,
    }
}

fn hidden(element: &Element) -> bool {
    INVISIBLE.contains(&element.name())
        || element.attr("hidden").is_some()
        || element.attr("style").is_some_and(|style| {
            let style: String = style.split_ascii_whitespace().collect();
            let style = style.to_ascii_lowercase();
            style.contains("display:none") || style.contains("visibility:hidden")
        })
}

#[derive(Default)]
struct Writer {
    builder: Builder,
    /// The block being written.
    line: String,
    /// Lists around the current position: the next number, or 0 for bullets.
    lists: Vec<usize>,
    /// What the next item line starts with.
    marker: Option<String>,
    heading: Option<u8>,
    /// Data tables around the current position.
    tables: Vec<bool>,
    in_row: bool,
    preformatted: usize,
    /// Whether the last block was a list item or a table row, and this one is too.
    tight: bool,
}

impl Writer {
    fn open(&mut self, name: &str, node: NodeRef<'_, Node>) {
        match name {
            "br" if self.in_row => self.blank(),
            "br" => self.line.push('\n'),
            "td" | "th" if self.in_row => {
                self.line.truncate(self.line.trim_end().len());
                self.line.push_str(CELL);
            }
            "tr" => {
                self.end_block();
                self.in_row = self.tables.last().copied().unwrap_or_default();
            }
            "li" => {
                self.end_block();
                let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(8));
                let marker = match self.lists.last_mut() {
                    Some(number) if *number > 0 => {
                        *number += 1;
                        format!("{indent}{}. ", *number - 1)
                    }
                    _ => format!("{indent}- "),
                };
                self.marker = Some(marker);
            }
            _ if self.in_row && BLOCKS.contains(&name) && name != "table" => self.blank(),
            _ if self.in_row && name != "table" => {}
            _ if heading_level(name).is_some() => {
                self.end_block();
                self.heading = heading_level(name);
            }
            _ if BLOCKS.contains(&name) || name == "td" || name == "th" => {
                self.end_block();
                if self.lists.is_empty() && ["ul", "ol", "table"].contains(&name) {
                    self.tight = false;
                }
                match name {
                    "ul" => self.lists.push(0),
                    "ol" => self.lists.push(1),
                    "pre" => self.preformatted += 1,
                    "table" => {
                        let lays_out = node.descendants().skip(1).any(|inner| {
                            let element = inner.value().as_element();
                            element.is_some_and(|element| LAYOUT.contains(&element.name()))
                        });
                        self.tables.push(!lays_out);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "tr" => {
                self.end_block();
                self.in_row = false;
            }
            _ if self.in_row && BLOCKS.contains(&name) && name != "table" => self.blank(),
            _ if self.in_row && name != "table" => {}
            "li" => {
                self.end_block();
                self.marker = None;
            }
            _ if heading_level(name).is_some() => {
                self.end_block();
                self.heading = None;
            }
            _ if BLOCKS.contains(&name) || name == "td" || name == "th" => {
                self.end_block();
                match name {
                    "ul" | "ol" => {
                        self.lists.pop();
                    }
                    "pre" => self.preformatted = self.preformatted.saturating_sub(1),
                    "table" => {
                        self.tables.pop();
                        self.in_row = false;
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn blank(&mut self) {
        if !self.line.is_empty() && !self.line.ends_with([' ', '\n']) {
            self.line.push(' ');
        }
    }

    fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            self.line.push_str(text);
            return;
        }
        for character in text.chars() {
            if character.is_whitespace() {
                self.blank();
            } else {
                self.line.push(character);
            }
        }
    }

    fn end_block(&mut self) {
        let line = std::mem::take(&mut self.line);
        let kept = if self.preformatted > 0 {
            line.as_str()
        } else {
            line.trim()
        };
        let kept = kept.strip_prefix(CELL.trim_start()).unwrap_or(kept);
        let block = text::normalise(kept);
        if block.chars().all(|c| c == '|' || c.is_whitespace()) {
            return;
        }
        if let Some(level) = self.heading {
            self.builder.heading(level, &heading_line(&block));
            self.tight = false;
            return;
        }
        let tight = self.in_row || !self.lists.is_empty();
        let block = self.marker.take().unwrap_or_default() + &block;
        if tight && self.tight {
            self.builder.line(&block);
        } else {
            self.builder.block(&block);
        }
        self.tight = tight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(html: &str) -> String {
        visible(&Html::parse_document(html)).text().to_owned()
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
    fn headings_are_found_again_in_text() {
        let page =
            Html::parse_document("<h1>Of <i>mice</i></h1><h2>Men<a href=#men>¶</a></h2><p>x");
        let extracted = with_headings_of(&page, "Of mice\nx\nMen").finish(None, None, "");
        assert_eq!(extracted.sections[1].heading_path, ["Of mice", "Men"]);
        assert_eq!(extracted.text, "Of mice\n\nx\n\nMen");
    }
}

//! Collects the text of an HTML tree in blocks, as its elements open and close.

use ego_tree::NodeRef;
use scraper::{Node, node::Element};

use crate::{
    html_text::{Block, Scope},
    text,
};

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

/// Elements within a line, which hold no blocks.
const INLINE: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "br", "cite", "code", "del", "dfn", "em", "font", "i", "img",
    "input", "ins", "kbd", "label", "mark", "picture", "q", "s", "samp", "small", "source", "span",
    "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
];

/// Where the current position is, and what was collected up to it.
#[derive(Default)]
pub struct Writer<'a> {
    /// The blocks so far.
    pub blocks: Vec<Block>,
    /// The elements so far that may hold some.
    pub scopes: Vec<Scope<'a>>,
    /// The scopes around the current position.
    around: Vec<usize>,
    /// Links around it.
    links: usize,
    /// The block being written, its letters, those in links, and where it began.
    line: String,
    letters: usize,
    linked: usize,
    scope: Option<usize>,
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

impl<'a> Writer<'a> {
    /// Goes into an element.
    pub fn enter(&mut self, element: &'a Element) {
        if element.name() == "a" {
            self.links += 1;
        }
        if INLINE.contains(&element.name()) {
            return;
        }
        let place = self.scopes.len();
        self.scopes.push(Scope {
            parent: self.around.last().copied().unwrap_or(place),
            end: place + 1,
            element,
        });
        self.around.push(place);
    }

    /// Comes out of an element.
    pub fn leave(&mut self, element: &Element) {
        if element.name() == "a" {
            self.links = self.links.saturating_sub(1);
        }
        if INLINE.contains(&element.name()) {
            return;
        }
        let end = self.scopes.len();
        if let Some(scope) = self.around.pop().and_then(|at| self.scopes.get_mut(at)) {
            scope.end = end;
        }
    }

    /// Does what its beginning means for the text.
    pub fn open(&mut self, name: &str, node: NodeRef<'_, Node>) {
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
                self.scope = self.around.last().copied();
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

    /// Does what its end means for the text.
    pub fn close(&mut self, name: &str) {
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

    /// Adds text.
    pub fn text(&mut self, text: &str) {
        let before = self.letters;
        for character in text.chars() {
            if self.preformatted == 0 && character.is_whitespace() {
                self.blank();
            } else {
                self.letters += usize::from(character.is_alphanumeric());
                self.line.push(character);
            }
        }
        if self.letters > before {
            if before == 0 && !self.in_row {
                self.scope = self.around.last().copied();
            }
            if self.links > 0 {
                self.linked += self.letters - before;
            }
        }
    }

    /// Ends the block that is being written, if there is any text in it.
    pub fn end_block(&mut self) {
        let line = std::mem::take(&mut self.line);
        let letters = std::mem::take(&mut self.letters);
        let linked = std::mem::take(&mut self.linked);
        let kept = if self.preformatted > 0 {
            line.as_str()
        } else {
            line.trim()
        };
        let kept = kept.strip_prefix(CELL.trim_start()).unwrap_or(kept);
        if kept.is_empty() {
            return;
        }
        let mut text = text::normalise(kept);
        if text.chars().all(|c| c == '|' || c.is_whitespace()) {
            return;
        }
        let tight = self.heading.is_none() && (self.in_row || !self.lists.is_empty());
        if self.heading.is_some() {
            text = heading_line(&text);
        } else if let Some(marker) = self.marker.take() {
            text.insert_str(0, &marker);
        }
        self.blocks.push(Block {
            text,
            heading: self.heading,
            scope: self
                .scope
                .take()
                .or(self.around.last().copied())
                .unwrap_or(0),
            letters,
            linked,
            joined: tight && self.tight,
        });
        self.tight = tight;
    }
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

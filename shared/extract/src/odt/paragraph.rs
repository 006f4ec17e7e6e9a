//! Reads the line of a paragraph: text, fields, notes, formulas. Floating content follows the paragraph.

use dynrag_domain::warnings::WarningCode;

use super::{
    block::{self, Block},
    body::Body,
    shapes,
};
use crate::{
    symbols::{self, Font},
    text,
    xml::{Content, Element},
};

/// Most spaces of one element.
const MAX_SPACES: usize = 100;
/// Fewest letters of a margin line with a page number that is kept; `Page 3 of 5` has fewer.
const FEW_LETTERS: usize = 12;

/// A line under construction.
#[derive(Default)]
pub struct Line {
    pub text: String,
    /// Text boxes, images and charts, which follow the paragraph.
    pub floats: Vec<Block>,
    /// The current font, if it shows symbols in place of letters.
    font: Option<Font>,
    /// Whether a field hides the whole paragraph.
    hidden: bool,
    /// Whether a page number was left out.
    numbers: bool,
}

impl Line {
    /// Adds text with white space collapsed.
    fn push(&mut self, text: &str) {
        if let Some(font) = self.font.take() {
            self.push(&symbols::shown(text, font));
            self.font = Some(font);
            return;
        }
        for character in text.chars() {
            if !matches!(character, ' ' | '\t' | '\r' | '\n') {
                self.text.push(character);
            } else if !self.text.is_empty() && !self.text.ends_with([' ', '\n', '\t']) {
                self.text.push(' ');
            }
        }
    }

    /// Adds text, separated from the word before it.
    fn push_apart(&mut self, text: &str) {
        if !self.text.is_empty() && !self.text.ends_with(char::is_whitespace) {
            self.text.push(' ');
        }
        self.text.push_str(text);
    }
}

impl<'a> Body<'_, 'a, '_, '_> {
    /// The normalized text of a paragraph, and the blocks that follow it. Both are empty if it is hidden.
    pub fn line_of(&mut self, element: Element<'a>) -> (String, Vec<Block>) {
        let style = element.attribute("style-name");
        if self.styles.is_hidden("paragraph", style) && self.leave_out() {
            return (String::new(), Vec::new());
        }
        let mut line = Line {
            font: self.styles.font("paragraph", style).flatten(),
            ..Line::default()
        };
        self.inline(element, &mut line);
        self.finished(line)
    }

    /// Reads content that is nested too deeply as a single paragraph.
    pub fn flattened(&mut self, elements: impl Iterator<Item = Element<'a>>) -> Vec<Block> {
        let mut line = Line::default();
        for element in elements {
            self.inline_element(element, &mut line);
        }
        let (text, mut blocks) = self.finished(line);
        if !text.is_empty() {
            blocks.insert(0, Block::Paragraph(text));
        }
        blocks
    }

    fn finished(&mut self, line: Line) -> (String, Vec<Block>) {
        if line.hidden && self.leave_out() {
            return (String::new(), Vec::new());
        }
        let text = text::normalise(&line.text).trim().to_owned();
        if line.numbers && text::letters(&text) < FEW_LETTERS {
            return (String::new(), line.floats);
        }
        (text, line.floats)
    }

    /// Adds the content of an element to the line.
    pub fn inline(&mut self, element: Element<'a>, line: &mut Line) {
        for content in element.contents() {
            match content {
                Content::Text(text) => line.push(text),
                Content::Element(inner) => self.inline_element(inner, line),
            }
        }
    }

    fn inline_element(&mut self, element: Element<'a>, line: &mut Line) {
        if self.is_deep() && self.inline_deep(element, line) {
            return;
        }
        match element.name() {
            "s" => {
                let blanks = element.attribute("c").and_then(|c| c.parse().ok());
                let blanks = blanks.unwrap_or(1).min(MAX_SPACES);
                line.text.extend(std::iter::repeat_n(' ', blanks));
            }
            "tab" => line.text.push('\t'),
            "line-break" => line.text.push('\n'),
            "span" => {
                let style = element.attribute("style-name");
                if !(self.styles.is_hidden("text", style) && self.leave_out()) {
                    let around = line.font;
                    line.font = self.styles.font("text", style).unwrap_or(around);
                    self.inline(element, line);
                    line.font = around;
                }
            }
            // A note is written into the sentence that refers to it.
            "note" => self.note(element, line),
            "ruby" => self.ruby(element, line),
            "annotation" => self.comment(element),
            "hidden-text" => self.hidden_text(element, line),
            "hidden-paragraph" => line.hidden |= element.attribute("is-hidden") == Some("true"),
            "page-number" | "page-count" if self.in_margin => line.numbers = true,
            "math" => line.push_apart(&crate::formula::mathml(&crate::formula::node(element))),
            // The paragraph's own number, and programs.
            "number" | "script" | "event-listeners" => {}
            "control" => self.control(element, line),
            "frame" => self.frame(element, line),
            "a" if element
                .children()
                .any(|inner| shapes::is_shape(inner.name())) =>
            {
                self.inline(element, line);
            }
            name if shapes::is_shape(name) => self.shape(element, &mut line.floats),
            // Blocks in place of text.
            "p" | "h" | "list" | "table" => {
                let blocks = self.boxed_all(std::iter::once(element));
                line.push_apart(&block::flat(&blocks));
            }
            _ => self.inline(element, line),
        }
    }

    /// Adds a block that is nested too deeply to the line; `false` if it is no block.
    fn inline_deep(&mut self, element: Element<'a>, line: &mut Line) -> bool {
        match element.name() {
            "p" | "h" => {
                let style = element.attribute("style-name");
                if !(self.styles.is_hidden("paragraph", style) && self.leave_out()) {
                    let around = line.font;
                    line.font = self.styles.font("paragraph", style).flatten();
                    line.push_apart("");
                    self.inline(element, line);
                    line.font = around;
                }
            }
            "section" | "table-row" | "tracked-changes" if self.is_left_out(element) => {}
            "note" | "table-cell" | "covered-table-cell" => {
                line.push_apart("");
                self.inline(element, line);
            }
            "object" if element.children().next().is_none() => {
                let warnings = &mut self.source.warnings;
                warnings.add(WarningCode::UnsupportedContent, 1);
            }
            "frame" | "list" | "table" => self.inline(element, line),
            name if shapes::is_shape(name) && name != "control" => self.inline(element, line),
            _ => return false,
        }
        true
    }

    fn note(&mut self, note: Element<'a>, line: &mut Line) {
        let citation = note.child("note-citation").map(Element::text);
        let citation = text::one_line(&citation.unwrap_or_default(), 100);
        let body = note.child("note-body").map(|body| self.boxed(body));
        let body = block::flat(&body.unwrap_or_default());
        line.text.push_str(&format!(" [{citation}] ({body})"));
    }

    /// A word with its reading.
    fn ruby(&mut self, ruby: Element<'a>, line: &mut Line) {
        for inner in ruby.children() {
            if inner.name() == "ruby-base" {
                self.inline(inner, line);
            }
        }
        let reading = ruby.child("ruby-text").map(Element::text);
        let reading = text::one_line(&reading.unwrap_or_default(), 200);
        if !reading.is_empty() {
            line.text.push_str(&format!("({reading})"));
        }
    }

    /// A field that shows or hides a text.
    fn hidden_text(&mut self, field: Element<'a>, line: &mut Line) {
        if field.attribute("is-hidden") == Some("true") && self.leave_out() {
            return;
        }
        let shown = field.text();
        let value = field.attribute("string-value").unwrap_or_default();
        line.push(if shown.is_empty() { value } else { &shown });
    }
}

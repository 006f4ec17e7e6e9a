//! Reads the body and the page margins as blocks: headings, paragraphs, lists, sections, indexes.

use std::collections::HashMap;

use dynrag_domain::warnings::{WarningCode, Warnings};

use super::{
    block::{self, Block},
    lists::{Counters, LEVELS, Lists},
    objects::Object,
    shapes::Control,
    styles::Styles,
};
use crate::{archive::Archive, tables::Copies, text, xml::Element};

/// Deepest indentation of nested lists.
const MAX_INDENT: usize = 8;
/// Deepest nesting of text boxes, notes and cells, each of which is copied into the one around it.
const MAX_BOXES: usize = 16;
/// Most cells that spans and repetitions add to the tables of a document.
const MAX_ADDED: usize = 1_000_000;

/// The file, and everything collected from all of its parts.
pub struct Source<'f, 'b> {
    pub archive: &'f mut Archive<'b>,
    pub include_hidden: bool,
    pub warnings: Warnings,
    /// Comments with their authors, normalized.
    pub comments: Vec<String>,
    /// The objects read so far by their folders; `None` for those that are being read or are unreadable.
    pub objects: HashMap<String, Option<Object>>,
    /// Number of objects around the current position.
    pub depth: usize,
    /// Text that may still be repeated, and cells that may still be added.
    pub copies: Copies,
    pub cells: usize,
}

impl<'f, 'b> Source<'f, 'b> {
    pub fn new(archive: &'f mut Archive<'b>, include_hidden: bool) -> Self {
        Self {
            archive,
            include_hidden,
            warnings: Warnings::default(),
            comments: Vec::new(),
            objects: HashMap::new(),
            depth: 0,
            copies: Copies::default(),
            cells: MAX_ADDED,
        }
    }

    /// Whether a row of a table may be repeated.
    pub fn repeat(&mut self, cells: usize, bytes: usize) -> bool {
        let may = cells <= self.cells && self.copies.spend(bytes);
        if may {
            self.cells -= cells;
        }
        may
    }
}

/// Walks through a part of the file.
pub struct Body<'s, 'a, 'f, 'b> {
    pub source: &'s mut Source<'f, 'b>,
    pub styles: Styles<'a>,
    pub lists: Lists<'a>,
    outline: Counters,
    /// Form controls by their ids.
    pub forms: HashMap<&'a str, Control<'a>>,
    /// Whether this is a page header or footer, in which page numbers are left out.
    pub in_margin: bool,
    /// Number of text boxes, notes and cells around the current position. Headings in them do not begin sections.
    pub boxes: usize,
    /// The list item around the current position.
    item: Option<Item<'a>>,
}

/// A list item.
#[derive(Clone, Copy)]
struct Item<'a> {
    list: usize,
    /// Level, counted from 0.
    level: usize,
    style: &'a str,
    /// Whether its first paragraph, which carries the number, is still to come.
    fresh: bool,
    /// Whether it is an item rather than a list header, which has no number.
    counted: bool,
    start: Option<u32>,
}

impl<'s, 'a, 'f, 'b> Body<'s, 'a, 'f, 'b> {
    pub fn new(source: &'s mut Source<'f, 'b>, styles: Styles<'a>) -> Self {
        Self {
            source,
            styles,
            lists: Lists::default(),
            outline: Counters::default(),
            forms: HashMap::new(),
            in_margin: false,
            boxes: 0,
            item: None,
        }
    }

    /// Reads the blocks inside of an element.
    pub fn blocks(&mut self, element: Element<'a>, out: &mut Vec<Block>) {
        for inner in element.children() {
            self.block(inner, out);
        }
    }

    /// Reads blocks apart from the list around them; headings among them become paragraphs.
    pub fn boxed(&mut self, element: Element<'a>) -> Vec<Block> {
        self.boxed_all(element.children())
    }

    /// Like [`boxed`](Self::boxed), for several elements.
    pub fn boxed_all(&mut self, elements: impl Iterator<Item = Element<'a>>) -> Vec<Block> {
        if self.is_deep() {
            return self.flattened(elements);
        }
        let item = self.item.take();
        self.boxes += 1;
        let mut out = Vec::new();
        for element in elements {
            self.block(element, &mut out);
        }
        self.boxes -= 1;
        self.item = item;
        out
    }

    /// Whether the current position is nested too deeply for blocks inside of blocks.
    pub fn is_deep(&self) -> bool {
        self.boxes >= MAX_BOXES
    }

    fn block(&mut self, element: Element<'a>, out: &mut Vec<Block>) {
        match element.name() {
            "h" => self.heading(element, out),
            "p" => self.paragraph(element, out),
            "list" => self.list(element, out),
            "numbered-paragraph" => self.numbered_paragraph(element, out),
            "table" => self.table(element, out),
            "section" | "tracked-changes" if self.is_left_out(element) => {}
            "annotation" => self.comment(element),
            // Declarations, and sources of indexes, whose bodies are read.
            "forms" | "scripts" | "automatic-styles" | "title" | "desc" | "named-expressions" => {}
            name if name.ends_with("-decls") || name.ends_with("-source") => {}
            name if super::shapes::is_shape(name) => self.shape(element, out),
            _ => self.blocks(element, out),
        }
    }

    /// Counts hidden content; true if it is to be left out.
    pub fn leave_out(&mut self) -> bool {
        if !self.source.include_hidden {
            self.source.warnings.add(WarningCode::HiddenContent, 1);
        }
        !self.source.include_hidden
    }

    /// Counts hidden sections, hidden rows and deleted text; true if the element is to be left out.
    pub fn is_left_out(&mut self, element: Element<'a>) -> bool {
        match element.name() {
            "section" => self.is_hidden_section(element),
            "table-row" => {
                let visibility = element.attribute("visibility");
                matches!(visibility, Some("collapse" | "filter")) && self.leave_out()
            }
            "tracked-changes" => {
                let regions = element.children();
                let deleted = regions.filter(|region| region.child("deletion").is_some());
                let warnings = &mut self.source.warnings;
                warnings.add(WarningCode::TrackedDeletions, deleted.count());
                true
            }
            _ => false,
        }
    }

    fn is_hidden_section(&mut self, section: Element<'a>) -> bool {
        let hidden = match section.attribute("display") {
            Some("none") => true,
            Some("condition") => section.attribute("is-hidden") == Some("true"),
            _ => false,
        };
        hidden && self.leave_out()
    }

    /// The number of a heading, from its list or from the outline.
    fn heading_number(&mut self, element: Element<'a>, level: usize) -> String {
        if let Some(item) = self.item.as_mut().filter(|item| item.fresh) {
            item.fresh = false;
            let item = *item;
            return self.label(item, element).unwrap_or_default();
        }
        let style = element.attribute("style-name");
        if element.attribute("is-list-header") == Some("true")
            || self.styles.list_of(style) == Some("")
        {
            return String::new();
        }
        let value = element
            .attribute("start-value")
            .and_then(|n| n.parse().ok());
        let restart = element.attribute("restart-numbering") == Some("true");
        if restart && value.is_none() {
            self.outline[level.min(LEVELS - 1)] = None;
        }
        let start = value.filter(|_| restart);
        let own = self.styles.outline.next(&mut self.outline, level, start);
        stated(element).unwrap_or(own)
    }

    fn heading(&mut self, element: Element<'a>, out: &mut Vec<Block>) {
        let level = element.attribute("outline-level");
        let level = level.and_then(|level| level.parse().ok()).unwrap_or(1u8);
        let level = level.clamp(1, 10);
        let (line, floats) = self.line_of(element);
        if !line.is_empty() {
            let number = self.heading_number(element, usize::from(level) - 1);
            let text = format!("{number} {line}");
            let text = text.trim_start().to_owned();
            out.push(if self.boxes > 0 {
                Block::Paragraph(text)
            } else {
                Block::Heading(level, text)
            });
        }
        out.extend(floats);
    }

    fn paragraph(&mut self, element: Element<'a>, out: &mut Vec<Block>) {
        let (line, floats) = self.line_of(element);
        if !line.is_empty() {
            out.push(self.placed(element, line));
        }
        out.extend(floats);
    }

    /// A paragraph's line as a block, in a list with number and indentation.
    fn placed(&mut self, element: Element<'a>, line: String) -> Block {
        let Some(item) = self.item else {
            return Block::Paragraph(line);
        };
        let indent = "  ".repeat(item.level.min(MAX_INDENT));
        if !item.fresh {
            return Block::Item(format!("{indent}  {line}"));
        }
        self.item = Some(Item {
            fresh: false,
            ..item
        });
        let label = if item.counted {
            self.label(item, element)
        } else {
            Some(String::new())
        };
        Block::Item(match label.as_deref() {
            None => format!("{indent}- {line}"),
            Some("") => format!("{indent}{line}"),
            Some(label) => format!("{indent}{label} {line}"),
        })
    }

    /// Counts an item and returns its number; `None` for a bullet.
    fn label(&mut self, item: Item<'a>, paragraph: Element<'a>) -> Option<String> {
        let style = if item.style.is_empty() {
            let paragraph = paragraph.attribute("style-name");
            self.styles.list_of(paragraph).unwrap_or_default()
        } else {
            item.style
        };
        let counters = self.lists.counters(item.list)?;
        let levels = self.styles.list(style);
        let Some(levels) = levels.filter(|levels| !levels.is_bullet(item.level)) else {
            return stated(paragraph);
        };
        let label = levels.next(counters, item.level, item.start);
        Some(stated(paragraph).unwrap_or(label))
    }

    fn list(&mut self, list: Element<'a>, out: &mut Vec<Block>) {
        let around = self.item;
        let named = list.attribute("style-name");
        let style = named.or(around.map(|item| item.style)).unwrap_or_default();
        let (place, level) = match around {
            Some(item) => (item.list, item.level + 1),
            None => (self.lists.open(list, style), 0),
        };
        for inner in list.children() {
            if !matches!(inner.name(), "list-item" | "list-header") {
                self.block(inner, out);
                continue;
            }
            let own = inner.attribute("style-override").unwrap_or(style);
            self.item = Some(Item {
                list: place,
                level,
                style: own,
                fresh: true,
                counted: inner.name() == "list-item",
                start: inner.attribute("start-value").and_then(|n| n.parse().ok()),
            });
            let mut lists = 0;
            for part in inner.children() {
                // A second list in the same item restarts.
                lists += usize::from(part.name() == "list");
                if lists > 1
                    && part.name() == "list"
                    && part.attribute("continue-numbering") != Some("true")
                {
                    let counters = self.lists.counters(place);
                    if let Some(below) = counters.and_then(|all| all.get_mut(level + 1)) {
                        *below = None;
                    }
                }
                self.block(part, out);
            }
        }
        self.item = around;
    }

    /// A paragraph that has a list number, but is outside of a list.
    fn numbered_paragraph(&mut self, element: Element<'a>, out: &mut Vec<Block>) {
        let around = self.item;
        let number = |name| element.attribute(name).and_then(|n| n.parse::<u32>().ok());
        let style = element.attribute("style-name").unwrap_or_default();
        let list = element.attribute("list-id").unwrap_or(style);
        self.item = Some(Item {
            list: self.lists.of_paragraph(list),
            level: number("level").map_or(0, |level| level.saturating_sub(1) as usize),
            style,
            fresh: true,
            counted: true,
            start: number("start-value"),
        });
        self.blocks(element, out);
        self.item = around;
    }

    /// Collects a comment for the end of the document.
    pub fn comment(&mut self, element: Element<'a>) {
        self.source.warnings.add(WarningCode::Comments, 1);
        let said = element.children();
        let said = said.filter(|inner| matches!(inner.name(), "p" | "h" | "list"));
        let said = block::flat(&self.boxed_all(said));
        if said.is_empty() {
            return;
        }
        let author = element.child("creator").map(Element::text);
        let author = text::one_line(&author.unwrap_or_default(), 200);
        let apart = if author.is_empty() { "" } else { ": " };
        self.source.comments.push(format!("{author}{apart}{said}"));
    }
}

/// The number that the file itself states.
fn stated(paragraph: Element<'_>) -> Option<String> {
    let number = text::one_line(&paragraph.child("number")?.text(), 100);
    (!number.is_empty()).then_some(number)
}

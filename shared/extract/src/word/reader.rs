//! Walks through the blocks of a story: the body, a note, a header, a cell.

use std::collections::HashSet;

use dynrag_domain::warnings::{WarningCode, Warnings};

use super::{
    block::Block,
    field::Field,
    line::Line,
    notes::Notes,
    numbering::Numbering,
    run::Look,
    scope::Scope,
    styles::{Style, Styles, whether},
};
use crate::{
    ooxml::{Package, Relationships},
    tables::Copies,
    xml::{Element, Tree},
};

/// Most elements of an alternative that are searched for content.
const MAX_LOOKED_AT: usize = 1_000;
/// Elements that make an alternative worth reading.
const TELLING: &[&str] = &[
    "t",
    "txbxContent",
    "docPr",
    "pic",
    "imagedata",
    "textpath",
    "chart",
    "relIds",
    "oMath",
    "sym",
    "br",
    "tab",
];

/// A document that is being read.
pub struct Reader<'p, 'f> {
    pub package: &'p mut Package<'f>,
    /// Relationships of the part that is being read.
    pub relationships: Relationships,
    pub styles: Styles,
    pub numbering: Numbering,
    pub footnotes: Notes,
    pub endnotes: Notes,
    pub include_hidden: bool,
    /// Whether this document is embedded in another one.
    pub inside: bool,
    /// Whether even pages have their own headers.
    pub even_and_odd: bool,
    pub warnings: Warnings,
    /// Text of the first paragraph with a title style.
    pub title: Option<String>,
    /// Names of the parts that were read, each only once.
    pub parts: HashSet<String>,
    pub scope: Scope,
    /// Open fields, and how many of them show nothing here.
    pub fields: Vec<Field>,
    pub unshown: usize,
    /// Id of the current range whose content was moved away.
    pub moving: Option<String>,
    /// Whether a header or footer is being read.
    pub in_margin: bool,
    /// How many tables the current one is nested in.
    pub tables: usize,
    /// How much text spanning cells may still repeat.
    pub copies: &'p mut Copies,
}

impl<'p, 'f> Reader<'p, 'f> {
    /// Creates a reader for the part with these relationships. Call [`load`](Self::load) next.
    pub fn new(
        package: &'p mut Package<'f>,
        relationships: Relationships,
        include_hidden: bool,
        inside: bool,
        copies: &'p mut Copies,
    ) -> Self {
        Self {
            package,
            relationships,
            include_hidden,
            inside,
            styles: Styles::default(),
            numbering: Numbering::default(),
            footnotes: Notes::default(),
            endnotes: Notes::default(),
            even_and_odd: false,
            warnings: Warnings::default(),
            title: None,
            parts: HashSet::new(),
            scope: Scope::default(),
            fields: Vec::new(),
            unshown: 0,
            moving: None,
            in_margin: false,
            tables: 0,
            copies,
        }
    }

    /// Reads the auxiliary parts: styles, lists, settings, notes.
    pub fn load(&mut self) {
        if let Some(styles) = self.related("styles", Styles::read) {
            self.styles = styles;
        }
        if let Some(numbering) = self.related("numbering", Numbering::read) {
            self.numbering = numbering;
        }
        let even_and_odd = |tree: &Tree<'_>| {
            let setting = tree.root().child("evenAndOddHeaders");
            setting.is_some_and(whether)
        };
        self.even_and_odd = self.related("settings", even_and_odd).unwrap_or_default();
        self.footnotes.texts = self.notes("footnotes");
        self.endnotes.texts = self.notes("endnotes");
    }

    /// Counts an unreadable part.
    pub fn unreadable(&mut self) {
        self.warnings.add(WarningCode::PartsUnreadable, 1);
    }

    /// Text of a part; `None`, with a warning, if it is missing or broken.
    pub fn source(&mut self, part: &str) -> Option<String> {
        let source = self.package.xml(part).ok().flatten();
        if source.is_none() {
            self.unreadable();
        }
        source
    }

    /// Tree of a part; `None`, with a warning, if it is broken.
    pub fn tree<'s>(&mut self, source: &'s str) -> Option<Tree<'s>> {
        let tree = Tree::parse(source).ok();
        if tree.is_none() {
            self.unreadable();
        }
        tree
    }

    /// Name of the part to which this one has a relationship of a kind.
    pub fn part_of_kind(&self, kind: &str) -> Option<String> {
        let target = self.relationships.of_kind(kind).next();
        target.map(|target| target.part.clone())
    }

    fn related<T>(&mut self, kind: &str, read: impl FnOnce(&Tree<'_>) -> T) -> Option<T> {
        let part = self.part_of_kind(kind)?;
        let source = self.source(&part)?;
        let tree = self.tree(&source)?;
        Some(read(&tree))
    }

    /// Reads another part with its own relationships and list counters. Lists count from their beginning in each part.
    pub fn apart<T>(
        &mut self,
        part: &str,
        read: impl FnOnce(&mut Self, Element<'_>) -> T,
    ) -> Option<T> {
        let source = self.source(part)?;
        let tree = self.tree(&source)?;
        let own = self.package.relationships(part).unwrap_or_default();
        let main = std::mem::replace(&mut self.relationships, own);
        let counts = std::mem::take(&mut self.numbering.counts);
        let result = read(self, tree.root());
        self.relationships = main;
        self.numbering.counts = counts;
        Some(result)
    }

    /// Reads a story from its beginning.
    pub fn story(&mut self, story: Element<'_>, out: &mut Vec<Block>) {
        self.scope = Scope::of(story);
        self.fields.clear();
        self.unshown = 0;
        self.moving = None;
        self.blocks(story, out);
    }

    /// Reads the content of an element as blocks.
    pub fn blocks(&mut self, parent: Element<'_>, out: &mut Vec<Block>) {
        let mut line = Line::default();
        self.flow(parent, out, &mut line);
        self.end_line(&mut line, out);
    }

    /// Ends a paragraph with a deleted end that no other paragraph follows.
    fn end_line(&mut self, line: &mut Line, out: &mut Vec<Block>) {
        if !line.is_empty() {
            self.end_paragraph(&Style::default(), line, out);
        }
    }

    /// Reads blocks. `line` holds the text of paragraphs with deleted ends, which the next paragraph continues.
    fn flow(&mut self, parent: Element<'_>, out: &mut Vec<Block>, line: &mut Line) {
        for child in parent.children() {
            match child.name() {
                "p" => self.paragraph(child, out, line),
                "tbl" => {
                    self.end_line(line, out);
                    self.table(child, out);
                }
                "sdt" => {
                    if let Some(content) = child.child("sdtContent") {
                        self.flow(content, out, line);
                    }
                }
                "AlternateContent" => {
                    if let Some(branch) = alternative(child) {
                        self.flow(branch, out, line);
                    }
                }
                "ins" | "moveTo" => self.unmoved(|reader| reader.flow(child, out, line)),
                "altChunk" => {
                    self.end_line(line, out);
                    self.chunk(child, out);
                }
                "del" => self.deleted(child),
                "moveFrom" => {}
                "moveFromRangeStart" | "moveFromRangeEnd" => self.moved_range(child),
                "subDoc" => self.warnings.add(WarningCode::UnsupportedContent, 1),
                // Most of these are not allowed here, but some programs write them.
                "r" | "hyperlink" | "fldSimple" | "oMathPara" | "oMath" => {
                    self.item(child, Look::default(), line);
                    self.end_line(line, out);
                }
                name if name.ends_with("Pr") => {}
                _ => self.flow(child, out, line),
            }
        }
    }

    /// Counts deleted text.
    pub fn deleted(&mut self, element: Element<'_>) {
        let mut inside = element.descendants();
        if inside.any(|inner| matches!(inner.name(), "delText" | "t")) {
            self.warnings.add(WarningCode::TrackedDeletions, 1);
        }
    }

    /// Begins or ends a range that was moved away; its content occurs elsewhere too.
    pub fn moved_range(&mut self, marker: Element<'_>) {
        let id = marker.attribute("id").unwrap_or_default();
        if marker.name() == "moveFromRangeEnd" {
            self.moving.take_if(|moving| moving == id);
        } else if self.scope.is_moved(id) {
            self.moving = Some(id.to_owned());
        }
    }

    /// Reads content that was inserted into a moved range and stays there.
    pub fn unmoved(&mut self, read: impl FnOnce(&mut Self)) {
        let moving = self.moving.take();
        read(self);
        self.moving = self.moving.take().or(moving);
    }
}

/// The branch of alternatives to read: the newer one, unless it contains no known content.
pub fn alternative(alternatives: Element<'_>) -> Option<Element<'_>> {
    let tells = |branch: &Element<'_>| {
        let mut inside = branch.descendants().take(MAX_LOOKED_AT);
        inside.any(|element| TELLING.contains(&element.name()))
    };
    let choice = alternatives.child("Choice");
    let fallback = alternatives.child("Fallback");
    choice.filter(tells).or(fallback).or(choice)
}

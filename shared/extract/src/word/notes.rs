//! Reads footnotes, endnotes and comments (ECMA-376 part 1, 17.11 and 17.13.4).

use std::collections::HashMap;

use dynrag_domain::warnings::WarningCode;

use super::{
    block::{self, Block},
    formats, numbering,
    reader::Reader,
};
use crate::{text, xml::Element};

/// Heading of the comments.
pub const COMMENTS: &str = "Comments";

/// Notes of one kind.
#[derive(Default)]
pub struct Notes {
    /// Texts by ids; a text is removed when it is read.
    pub texts: HashMap<String, String>,
    pub format: String,
    count: i64,
}

impl Notes {
    /// Takes a note by its id.
    pub fn take(&mut self, id: &str) -> Option<String> {
        self.texts.remove(id)
    }

    /// The number of the next note.
    pub fn next_number(&mut self) -> String {
        self.count += 1;
        formats::number(self.count, &self.format)
    }
}

impl Reader<'_, '_> {
    /// Reads the notes of a kind.
    pub fn notes(&mut self, kind: &str) -> HashMap<String, String> {
        let Some(part) = self.part_of_kind(kind) else {
            return HashMap::new();
        };
        let read = |reader: &mut Self, root: Element<'_>| {
            let mut notes = HashMap::new();
            // Other types are separator lines.
            let ordinary = |note: &Element<'_>| {
                let kind = note.attribute("type");
                kind.is_none_or(|kind| kind == "normal")
            };
            for note in root.children().filter(ordinary) {
                let mut blocks = Vec::new();
                reader.story(note, &mut blocks);
                let text = text::one_line(&block::flat(&blocks), usize::MAX);
                if let Some(id) = note.attribute("id").filter(|_| !text.is_empty()) {
                    notes.insert(id.to_owned(), text);
                }
            }
            notes
        };
        self.apart(&part, read).unwrap_or_default()
    }

    /// Adopts the note numbering of the last section.
    pub fn count_notes_as(&mut self, body: Element<'_>) {
        let section = body.children().rfind(|child| child.name() == "sectPr");
        let format = |notes: &str, usual: &str| {
            let notes = section.and_then(|section| section.child(notes));
            let format = notes.and_then(numbering::format);
            format.unwrap_or(usual).to_owned()
        };
        self.footnotes.format = format("footnotePr", "decimal");
        self.endnotes.format = format("endnotePr", "lowerRoman");
    }

    /// The comments with their authors, under a heading.
    pub fn comments(&mut self) -> Vec<Block> {
        let Some(part) = self.part_of_kind("comments") else {
            return Vec::new();
        };
        let read = |reader: &mut Self, root: Element<'_>| {
            let mut comments = Vec::new();
            for comment in root.children().filter(|child| child.name() == "comment") {
                let mut blocks = Vec::new();
                reader.story(comment, &mut blocks);
                let text = block::flat(&blocks);
                if text.is_empty() {
                    continue;
                }
                let author = comment.attribute("author").unwrap_or_default();
                let author = text::one_line(&text::normalise(author), 100);
                comments.push(Block::Text(if author.is_empty() {
                    text
                } else {
                    format!("{author}: {text}")
                }));
            }
            comments
        };
        let mut comments = self.apart(&part, read).unwrap_or_default();
        self.warnings.add(WarningCode::Comments, comments.len());
        if !comments.is_empty() {
            comments.insert(0, Block::Heading(1, COMMENTS.to_owned()));
        }
        comments
    }
}

//! Writes and ends blocks of text.

use super::{
    Last, Line, MAX_INDENT, Writer, inline,
    kinds::{Frame, Kind},
};
use crate::{
    html_text::{Block, Row, Table},
    text,
};

/// Separates the cells of a row.
const CELL: &str = " | ";
/// Longest superscript or subscript, in bytes.
const MAX_SHIFTED: usize = 1_000;

impl Writer<'_> {
    /// Adds text.
    pub fn text(&mut self, text: &str) {
        if self.preformatted > 0 {
            return self.code(text);
        }
        let before = self.line.letters;
        for character in text.chars() {
            if character.is_whitespace() {
                self.blank();
            } else {
                self.line.letters += usize::from(character.is_alphanumeric());
                self.line.text.push(character);
            }
        }
        self.count(before);
    }

    fn code(&mut self, text: &str) {
        let between_cells = self
            .frames
            .last()
            .is_some_and(|frame| matches!(frame.kind, Kind::CodeTable | Kind::CodeRow));
        if text.is_empty() || (between_cells && text.trim().is_empty()) {
            return;
        }
        if std::mem::take(&mut self.line_ended) && !text.starts_with(['\n', '\r']) {
            self.line.text.push('\n');
        }
        let before = self.line.letters;
        self.line.text.push_str(text);
        self.line.letters += text::letters(text);
        self.count(before);
    }

    /// Attributes the letters added since `before` to links, bold text and a scope.
    fn count(&mut self, before: usize) {
        let more = self.line.letters - before;
        if more == 0 {
            return;
        }
        if before == 0 {
            self.line.scope = self.around.last().copied();
        }
        if self.links > 0 {
            self.line.linked += more;
        }
        if self.leads > 0 {
            self.line.leading += more;
        }
        if self.bold > 0 {
            self.line.bold += more;
        }
    }

    pub(super) fn blank(&mut self) {
        let text = &mut self.line.text;
        if !text.is_empty() && !text.ends_with([' ', '\n']) {
            text.push(' ');
        }
    }

    /// Ends the current block, if it has any text.
    pub fn end_block(&mut self) {
        if self.in_cell() {
            return self.blank();
        }
        let line = std::mem::take(&mut self.line);
        let kept = if self.preformatted > 0 {
            line.text.as_str()
        } else {
            line.text.trim()
        };
        if kept.is_empty() {
            return;
        }
        let text = text::normalise(kept);
        if text.chars().all(|c| c == '|' || c.is_whitespace()) {
            return;
        }
        let text = match self.heading {
            Some(_) => heading_line(&text),
            None => self.placed(text),
        };
        let this = self.kind_of_block();
        self.push(text, line, this);
    }

    /// The kind of a block at the current position.
    fn kind_of_block(&self) -> Last {
        let in_list = self.lists.last().is_some_and(|list| !list.flat);
        match (self.heading, self.terms.last()) {
            (Some(_), _) => Last::Loose,
            (None, _) if in_list => Last::Item,
            (None, Some(term)) => *term,
            (None, None) => Last::Loose,
        }
    }

    /// Adds the marker of an item, or the indentation below one.
    fn placed(&mut self, text: String) -> String {
        if let Some(marker) = self.marker.take() {
            return marker + &text;
        }
        let within = self.lists.last().is_some_and(|list| list.items > 0);
        let flat = self
            .lists
            .iter()
            .rev()
            .take(MAX_INDENT)
            .any(|list| list.flat);
        if !within || flat || self.preformatted > 0 {
            return text;
        }
        let indent = "  ".repeat(self.lists.len().min(MAX_INDENT));
        let lines: Vec<String> = text.lines().map(|line| format!("{indent}{line}")).collect();
        lines.join("\n")
    }

    fn push(&mut self, text: String, line: Line, this: Last) {
        let joined = matches!(
            (self.last, this),
            (Last::Item, Last::Item)
                | (Last::Term, Last::Term)
                | (Last::Term | Last::Definition, Last::Definition)
        );
        self.blocks.push(Block {
            text,
            heading: self.heading,
            scope: line
                .scope
                .or(self.around.last().copied())
                .unwrap_or_default(),
            letters: line.letters,
            linked: line.linked,
            leading: line.leading,
            joined,
            row: None,
            images: std::mem::take(&mut self.images),
            hidden: self.hidden,
        });
        self.last = this;
    }

    /// Ends the data table around the current position.
    pub(super) fn end_table(&mut self) {
        self.end_cell();
        let Some(table) = self.table.take() else {
            return;
        };
        let (rows, heads, cut) = table.finish(&mut self.copies);
        self.rows_cut += cut;
        let place = self.tables.len();
        let header = (heads > 0).then(|| header(&rows[..heads.min(rows.len())]));
        self.tables.push(Table {
            header,
            heads,
            rows: rows.len(),
        });
        for (number, row) in rows.into_iter().enumerate() {
            let text = row.cells.join(CELL);
            self.blocks.push(Block {
                text: text.trim().to_owned(),
                heading: None,
                scope: row.scope,
                letters: row.letters,
                linked: row.linked,
                leading: row.leading,
                joined: number > 0,
                row: Some(Row {
                    table: place,
                    number,
                    cells: row.cells,
                }),
                images: Vec::new(),
                hidden: row.hidden,
            });
        }
        self.last = Last::Loose;
    }

    pub(super) fn end_shifted(&mut self, frame: &Frame, raised: bool) {
        let text = &self.line.text;
        if frame.blocks != self.blocks.len() || !text.is_char_boundary(frame.at) {
            return;
        }
        let Some((before, inside)) = text.split_at_checked(frame.at) else {
            return;
        };
        if inside.len() > MAX_SHIFTED {
            return;
        }
        let written = inline::shifted(before, inside, raised);
        let ends_blank = inside.ends_with(' ');
        self.line.text.truncate(frame.at);
        self.line.text.push_str(&written);
        if ends_blank {
            self.blank();
        }
    }

    pub(super) fn end_reading(&mut self, frame: &Frame) {
        if frame.blocks == self.blocks.len() && self.line.text.is_char_boundary(frame.at) {
            let reading = self.line.text.split_off(frame.at);
            inline::join_reading(&mut self.reading, &reading);
        }
    }

    /// Writes the readings of a word's parts after the word.
    pub(super) fn end_ruby(&mut self) {
        let reading = std::mem::take(&mut self.reading);
        if reading.is_empty() {
            return;
        }
        let end = self.line.text.trim_end().len();
        self.line.text.truncate(end);
        self.line.text.push('(');
        self.line.text.push_str(&reading);
        self.line.text.push(')');
    }

    /// Ends the page: remaining text becomes blocks.
    pub fn finish(&mut self) {
        while !self.frames.is_empty() {
            self.close();
        }
        self.end_block();
        for image in std::mem::take(&mut self.images) {
            let letters = text::letters(&image);
            let line = Line {
                letters,
                ..Line::default()
            };
            self.push(image, line, Last::Loose);
        }
    }
}

/// Merges header rows: `Fee` above `Adults` becomes `Fee Adults`. A row with a single text is a title.
fn header(rows: &[super::table::Finished]) -> Vec<String> {
    let is_title = |row: &&super::table::Finished| {
        row.cells.iter().filter(|cell| !cell.is_empty()).count() < 2
    };
    let told: Vec<_> = rows.iter().filter(|row| !is_title(row)).collect();
    let width = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    (0..width)
        .map(|column| {
            let mut texts: Vec<&str> = Vec::new();
            for row in &told {
                let text = row.cells.get(column).map_or("", String::as_str);
                if !text.is_empty() && texts.last() != Some(&text) {
                    texts.push(text);
                }
            }
            texts.join(" ")
        })
        .collect()
}

/// A heading on one line, without its permalink sign.
fn heading_line(text: &str) -> String {
    let line = text::one_line(text, usize::MAX);
    line.trim_end_matches(['¶', '§', ' ']).to_owned()
}

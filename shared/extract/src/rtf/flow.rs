//! A text in an RTF file with its paragraphs and tables: the main text, a text box, a note or a header.

use super::rows::{Grid, Room};
use crate::{
    tables::{self, Cell},
    text,
};

/// Deepest nesting of tables.
const MAX_LEVELS: usize = 20;

/// A block of text, and its level if it is a heading.
pub struct Block(pub Option<u8>, pub String);

/// The kind of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Box,
    Note,
    Comment,
    Header,
    Footer,
}

/// A table that is being read, or one nested in its current cell.
#[derive(Default)]
struct Level {
    cell: String,
    grid: Grid,
}

/// A text that is being read.
#[derive(Default)]
pub struct Flow {
    /// The current paragraph.
    pub line: String,
    /// Whether the paragraph is in a table, and its nesting depth.
    pub in_table: bool,
    pub depth: usize,
    /// The heading level of the paragraph or its style.
    pub outline: Option<u8>,
    levels: Vec<Level>,
    blocks: Vec<Block>,
    /// Blocks anchored in the paragraph or the table, which follow it.
    anchored: Vec<Block>,
    anchored_in_table: Vec<Block>,
}

impl Flow {
    /// Handles `\pard`: outside of a table from here on, unless `\intbl` follows.
    pub fn reset(&mut self) {
        (self.in_table, self.depth, self.outline) = (false, 0, None);
    }

    /// Adds anchored blocks: here, or after the paragraph.
    pub fn anchor(&mut self, blocks: Vec<Block>) {
        if self.in_table {
            self.anchored_in_table.extend(blocks);
        } else if self.line.trim().is_empty() && self.levels.is_empty() {
            self.blocks.extend(blocks);
        } else {
            self.anchored.extend(blocks);
        }
    }

    fn level(&mut self, depth: usize) -> &mut Level {
        let place = depth.clamp(1, MAX_LEVELS) - 1;
        while self.levels.len() <= place {
            self.levels.push(Level::default());
        }
        &mut self.levels[place]
    }

    /// The grid of the table that control words refer to.
    pub fn grid(&mut self) -> &mut Grid {
        let depth = self.depth;
        &mut self.level(depth).grid
    }

    /// Handles `\par`.
    pub fn end_paragraph(&mut self, room: &mut Room) {
        if self.in_table {
            let line = std::mem::take(&mut self.line);
            let depth = self.depth;
            self.fold(depth.max(1), room);
            let level = self.level(depth);
            level.cell.push_str(&line);
            level.cell.push(' ');
            return;
        }
        self.end_table(room);
        let line = text::normalise(&std::mem::take(&mut self.line));
        self.push(self.outline, line.trim());
        self.blocks.append(&mut self.anchored);
    }

    /// Handles `\cell` of the outermost table, or `\nestcell`.
    pub fn end_cell(&mut self, nested: bool, room: &mut Room) {
        let depth = if nested { self.depth.max(2) } else { 1 };
        self.fold(depth, room);
        let line = std::mem::take(&mut self.line);
        let level = self.level(depth);
        level.cell.push_str(&line);
        let cell = text::one_line(&std::mem::take(&mut level.cell), usize::MAX);
        level.grid.cell(cell);
    }

    /// Handles `\row` or `\nestrow`.
    pub fn end_row(&mut self, nested: bool, room: &mut Room) {
        let depth = if nested { self.depth.max(2) } else { 1 };
        self.fold(depth, room);
        let line = std::mem::take(&mut self.line);
        let level = self.level(depth);
        level.cell.push_str(&line);
        let rest = text::one_line(&std::mem::take(&mut level.cell), usize::MAX);
        level.grid.end_row(&rest, room);
    }

    /// Folds deeper tables into the cells around them.
    fn fold(&mut self, depth: usize, room: &mut Room) {
        while self.levels.len() > depth.clamp(1, MAX_LEVELS) {
            let Some(mut inner) = self.levels.pop() else {
                return;
            };
            inner.grid.end_row("", room);
            let rows = inner.grid.tables().concat();
            let rows: Vec<String> = tables::spread(&rows, &mut room.copies)
                .iter()
                .map(|row| row.join(", "))
                .collect();
            if let Some(outer) = self.levels.last_mut() {
                for part in [rows.join("; "), inner.cell] {
                    if !part.trim().is_empty() {
                        outer.cell.push(' ');
                        outer.cell.push_str(&part);
                    }
                }
                outer.cell.push(' ');
            }
        }
    }

    /// Ends a table and returns its blocks.
    fn end_table(&mut self, room: &mut Room) {
        self.fold(1, room);
        let Some(mut level) = self.levels.pop() else {
            self.blocks.append(&mut self.anchored_in_table);
            return;
        };
        level.grid.end_row("", room);
        for table in level.grid.tables() {
            self.push_table(&table, room);
        }
        // Paragraphs marked as table text that no cell ended.
        let rest = text::normalise(&level.cell);
        self.push(None, rest.trim());
        self.blocks.append(&mut self.anchored_in_table);
    }

    fn push_table(&mut self, table: &[Vec<Cell>], room: &mut Room) {
        let rows = tables::spread(table, &mut room.copies);
        for piece in tables::pieces(rows) {
            self.push(None, &text::normalise(&piece));
        }
    }

    fn push(&mut self, heading: Option<u8>, text: &str) {
        if !text.is_empty() {
            self.blocks.push(Block(heading, text.to_owned()));
        }
    }

    /// Ends the text and returns all of its blocks.
    pub fn finish(mut self, room: &mut Room) -> Vec<Block> {
        self.in_table = false;
        self.end_paragraph(room);
        self.blocks
    }
}

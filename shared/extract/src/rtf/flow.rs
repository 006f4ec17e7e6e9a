//! A text of an RTF file: the document's own, or that of a text box, a note, a header. Its paragraphs and tables.

use super::rows::Grid;
use crate::{
    tables::{self, Cell},
    text,
};

/// Tables within tables.
const MAX_LEVELS: usize = 20;

/// A piece of text that stands by itself, and its level if it is a heading.
pub struct Block(pub Option<u8>, pub String);

/// What a text is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Box,
    Note,
    Comment,
    Header,
    Footer,
}

/// A table that is being read, or one within a cell of it.
#[derive(Default)]
struct Level {
    cell: String,
    grid: Grid,
}

/// A text that is being read.
#[derive(Default)]
pub struct Flow {
    /// The paragraph so far.
    pub line: String,
    /// Whether the paragraph is in a table, and in how many.
    pub in_table: bool,
    pub depth: usize,
    /// The level of heading that the paragraph, or its style, is of.
    pub outline: Option<u8>,
    levels: Vec<Level>,
    blocks: Vec<Block>,
    /// What is anchored in the paragraph, or in the table, and comes after it.
    anchored: Vec<Block>,
    anchored_in_table: Vec<Block>,
}

impl Flow {
    /// `\pard`: outside of a table from here on, unless `\intbl` follows.
    pub fn reset(&mut self) {
        (self.in_table, self.depth, self.outline) = (false, 0, None);
    }

    /// Adds blocks where they are anchored: here, or after the paragraph.
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

    /// The grid of the table that control words speak of.
    pub fn grid(&mut self) -> &mut Grid {
        let depth = self.depth;
        &mut self.level(depth).grid
    }

    /// `\par`.
    pub fn end_paragraph(&mut self) {
        if self.in_table {
            let line = std::mem::take(&mut self.line);
            let depth = self.depth;
            self.fold(depth.max(1));
            let level = self.level(depth);
            level.cell.push_str(&line);
            level.cell.push(' ');
            return;
        }
        self.end_table();
        let line = text::normalise(&std::mem::take(&mut self.line));
        self.push(self.outline, line.trim());
        self.blocks.append(&mut self.anchored);
    }

    /// `\cell`, of the outermost table, or `\nestcell`.
    pub fn end_cell(&mut self, nested: bool) {
        let depth = if nested { self.depth.max(2) } else { 1 };
        self.fold(depth);
        let line = std::mem::take(&mut self.line);
        let level = self.level(depth);
        level.cell.push_str(&line);
        let cell = text::one_line(&std::mem::take(&mut level.cell), usize::MAX);
        level.grid.cell(cell);
    }

    /// `\row` or `\nestrow`.
    pub fn end_row(&mut self, nested: bool) {
        let depth = if nested { self.depth.max(2) } else { 1 };
        self.fold(depth);
        let line = std::mem::take(&mut self.line);
        let level = self.level(depth);
        level.cell.push_str(&line);
        level.grid.end_row(&text::one_line(
            &std::mem::take(&mut level.cell),
            usize::MAX,
        ));
    }

    /// Puts tables that are deeper into the cell they are in.
    fn fold(&mut self, depth: usize) {
        while self.levels.len() > depth.clamp(1, MAX_LEVELS) {
            let Some(mut inner) = self.levels.pop() else {
                return;
            };
            inner.grid.end_row("");
            let rows = inner.grid.tables().concat();
            let rows: Vec<String> = tables::spread(&rows)
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

    /// What was read of a table, as blocks.
    fn end_table(&mut self) {
        self.fold(1);
        let Some(mut level) = self.levels.pop() else {
            self.blocks.append(&mut self.anchored_in_table);
            return;
        };
        level.grid.end_row("");
        for table in level.grid.tables() {
            self.push_table(&table);
        }
        // Paragraphs that were said to be in a table, and no cell ended them.
        let rest = text::normalise(&level.cell);
        self.push(None, rest.trim());
        self.blocks.append(&mut self.anchored_in_table);
    }

    fn push_table(&mut self, table: &[Vec<Cell>]) {
        let rows = tables::spread(table);
        for piece in tables::pieces(rows) {
            self.push(None, &text::normalise(&piece));
        }
    }

    fn push(&mut self, heading: Option<u8>, text: &str) {
        if !text.is_empty() {
            self.blocks.push(Block(heading, text.to_owned()));
        }
    }

    /// Ends it, with all its blocks.
    pub fn finish(mut self) -> Vec<Block> {
        self.in_table = false;
        self.end_paragraph();
        self.blocks
    }
}

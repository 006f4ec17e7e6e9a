//! Blocks of a document in order.

use crate::{
    tables,
    text::{self, Builder},
};

/// A block with normalized text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Block {
    Heading(u8, String),
    Paragraph(String),
    /// A line of a list with its number and indentation; it follows the line before without a gap.
    Item(String),
    /// Rows; the first one is the header.
    Table(Vec<Vec<String>>),
    /// Separates the lists before and after it.
    Gap,
}

impl Block {
    /// The text on one line, for use in a cell or a note.
    pub fn flat(&self) -> String {
        match self {
            Self::Heading(_, text) | Self::Paragraph(text) => text.clone(),
            Self::Item(text) => text.trim_start().to_owned(),
            Self::Table(rows) => {
                let rows = rows.iter().map(|cells| {
                    let cells: Vec<&str> = cells
                        .iter()
                        .map(String::as_str)
                        .filter(|cell| !cell.is_empty())
                        .collect();
                    cells.join(", ")
                });
                let rows: Vec<String> = rows.filter(|row| !row.is_empty()).collect();
                rows.join("; ")
            }
            Self::Gap => String::new(),
        }
    }

    /// Bytes of text, and one for each cell.
    pub fn size(&self) -> usize {
        match self {
            Self::Heading(_, text) | Self::Paragraph(text) | Self::Item(text) => text.len(),
            Self::Table(rows) => rows.iter().flatten().map(|cell| cell.len() + 1).sum(),
            Self::Gap => 0,
        }
    }
}

/// The text of all blocks on one line.
pub fn flat(blocks: &[Block]) -> String {
    let texts: Vec<String> = blocks.iter().map(Block::flat).collect();
    let texts: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(" ")
}

/// Appends the blocks to a document.
pub fn write(blocks: Vec<Block>, builder: &mut Builder) {
    // Whether the last block was a list item.
    let mut tight = false;
    for block in blocks {
        let is_item = matches!(block, Block::Item(_));
        match block {
            Block::Heading(level, text) => {
                builder.heading(level, &text::one_line(&text, usize::MAX));
            }
            Block::Paragraph(text) => builder.block(&text),
            Block::Item(text) if tight => builder.line(&text),
            Block::Item(text) => builder.block(&text),
            Block::Table(rows) => {
                let rows = rows.iter().map(|row| row.iter().map(String::as_str));
                for piece in tables::pieces(rows) {
                    builder.block(&text::normalise(&piece));
                }
            }
            Block::Gap => {}
        }
        tight = is_item;
    }
}

//! What a document consists of, one below the other.

use crate::{
    tables,
    text::{self, Builder},
};

/// A block, its text in normal form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Block {
    Heading(u8, String),
    Paragraph(String),
    /// A line of a list, with its number and indent: right below the line before.
    Item(String),
    /// Rows, the first of which is the header.
    Table(Vec<Vec<String>>),
    /// What comes next is not of the same list as what was before.
    Gap,
}

impl Block {
    /// Its text for where there are no blocks: in a cell, in a note.
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
}

/// The text of all of them.
pub fn flat(blocks: &[Block]) -> String {
    let texts: Vec<String> = blocks.iter().map(Block::flat).collect();
    let texts: Vec<&str> = texts
        .iter()
        .map(String::as_str)
        .filter(|text| !text.is_empty())
        .collect();
    texts.join(" ")
}

/// Appends them to a document.
pub fn write(blocks: Vec<Block>, builder: &mut Builder) {
    // Whether the last block was of a list.
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

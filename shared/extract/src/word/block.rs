//! Blocks of a document in reading order.

use crate::{
    tables,
    text::{self, Builder},
};

/// Deepest indentation of list items.
const MAX_INDENT: usize = 8;

/// A block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Block {
    /// A heading of a level from 1.
    Heading(u8, String),
    /// A paragraph.
    Text(String),
    /// A list item with its level, from 0, and its text with number or bullet.
    Item(usize, String),
    /// Rows of cells; the first is the header.
    Table(Vec<Vec<String>>),
}

impl Block {
    /// Adds the block to a line of text.
    fn flatten(&self, line: &mut String) {
        if !line.is_empty() {
            line.push(' ');
        }
        match self {
            Self::Heading(_, text) | Self::Text(text) | Self::Item(_, text) => line.push_str(text),
            Self::Table(rows) => {
                let rows = rows.iter().map(|row| {
                    let cells = row.iter().map(String::as_str);
                    let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
                    cells.join(", ")
                });
                line.push_str(&rows.collect::<Vec<_>>().join("; "));
            }
        }
    }
}

/// All blocks as one text for a cell or a note. Rows of a table are separated by semicolons, cells by commas.
pub fn flat(blocks: &[Block]) -> String {
    let mut line = String::new();
    for block in blocks {
        block.flatten(&mut line);
    }
    line
}

/// Text of the first heading of level 1, as a title.
pub fn first_heading(blocks: &[Block]) -> Option<String> {
    blocks.iter().find_map(|block| match block {
        Block::Heading(1, text) => text::title(text),
        _ => None,
    })
}

/// Writes blocks. List items follow each other without a gap, indented by level.
pub fn write(blocks: &[Block], builder: &mut Builder) {
    // The level of the list's first item.
    let mut list: Option<usize> = None;
    for block in blocks {
        let Block::Item(level, text) = block else {
            list = None;
            match block {
                Block::Heading(level, text) => builder.heading(*level, text),
                Block::Text(text) => builder.block(text),
                Block::Table(rows) => {
                    let rows = rows.iter().map(|row| row.iter().map(String::as_str));
                    for piece in tables::pieces(rows) {
                        builder.block(&piece);
                    }
                }
                Block::Item(..) => {}
            }
            continue;
        };
        let first = list.map_or(*level, |first| first.min(*level));
        let indent = "  ".repeat((level - first).min(MAX_INDENT));
        let line = format!("{indent}{text}");
        if list.replace(first).is_some() {
            builder.line(&line);
        } else {
            builder.block(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_tight_and_indented_within_their_list() {
        let item = |level, text: &str| Block::Item(level, text.to_owned());
        let blocks = [
            item(1, "2.1 a"),
            item(2, "(a) b"),
            item(1, "2.2 c"),
            Block::Text("d".to_owned()),
            item(0, "- e"),
            item(20, "- f"),
        ];
        let mut builder = Builder::default();
        write(&blocks, &mut builder);
        let text = builder.finish(None, None, "").text;
        assert_eq!(
            text,
            format!("2.1 a\n  (a) b\n2.2 c\n\nd\n\n- e\n{}- f", " ".repeat(16))
        );
    }

    #[test]
    fn a_table_in_a_line_is_readable() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let blocks = [
            Block::Text("Hours:".to_owned()),
            Block::Table(vec![row(["Mon", "9"]), row(["Tue", ""])]),
        ];
        assert_eq!(flat(&blocks), "Hours: Mon, 9; Tue");
    }
}

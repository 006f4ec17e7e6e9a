//! Writes blocks as text: tables as Markdown, everything else as lines and paragraphs.

use dynrag_domain::warnings::WarningCode;

use super::{Block, Blocks, Row};
use crate::{tables, text::Builder};

impl Blocks<'_> {
    /// Number of letters and digits in all blocks.
    pub fn letters(&self) -> usize {
        self.blocks.iter().map(|block| block.letters).sum()
    }

    /// Writes the blocks for which `kept` is true, by their indexes.
    pub fn text(&self, kept: impl Fn(usize) -> bool) -> Builder {
        let mut builder = Builder::default();
        builder.warnings.add(WarningCode::TableCut, self.rows_cut);
        // Whether everything left out since the last block belongs to the same list or table.
        let mut near = true;
        // The kept rows of one table.
        let mut rows: Vec<&Row> = Vec::new();
        for (place, block) in self.blocks.iter().enumerate() {
            near &= block.joined;
            if !kept(place) {
                continue;
            }
            if let Some(row) = &block.row {
                if rows.first().is_some_and(|first| first.table != row.table) {
                    self.write_rows(&mut rows, &mut builder);
                }
                rows.push(row);
            } else {
                self.write_rows(&mut rows, &mut builder);
                write(block, near, &mut builder);
            }
            near = true;
        }
        self.write_rows(&mut rows, &mut builder);
        builder
    }

    fn write_rows(&self, rows: &mut Vec<&Row>, builder: &mut Builder) {
        let rows = std::mem::take(rows);
        let Some(table) = rows.first().and_then(|row| self.tables.get(row.table)) else {
            return;
        };
        let has_columns = rows.iter().any(|row| row.cells.len() > 1);
        if table.rows == 1 || !has_columns {
            for (number, row) in rows.iter().enumerate() {
                let line = row.cells.join(" | ");
                match number {
                    0 => builder.block(line.trim()),
                    _ => builder.line(line.trim()),
                }
            }
            return;
        }
        let Some(header) = &table.header else {
            builder.block(&tables::whole(rows.iter().map(|row| cells(row))));
            return;
        };
        let (heads, rows): (Vec<&Row>, Vec<&Row>) =
            rows.into_iter().partition(|row| row.number < table.heads);
        // A title above the columns.
        for row in heads {
            let mut texts = row.cells.iter().filter(|text| !text.is_empty());
            if let (Some(title), None) = (texts.next(), texts.next())
                && table.heads > 1
            {
                builder.block(title);
            }
        }
        let header = header.iter().map(String::as_str).collect();
        let rows = rows.into_iter().map(cells);
        for piece in tables::pieces(std::iter::once(header).chain(rows)) {
            builder.block(&piece);
        }
    }
}

fn cells(row: &Row) -> Vec<&str> {
    row.cells.iter().map(String::as_str).collect()
}

fn write(block: &Block, near: bool, builder: &mut Builder) {
    match block.heading {
        Some(level) => builder.heading(level, &block.text),
        None if near => builder.line(&block.text),
        None => builder.block(&block.text),
    }
    for image in &block.images {
        builder.block(image);
    }
}

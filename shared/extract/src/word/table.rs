//! Reads tables (ECMA-376 part 1, 17.4): as rows of cells, or as blocks if a table only lays out the page.

use std::collections::HashMap;

use dynrag_domain::warnings::WarningCode;

use super::{
    block::{self, Block},
    numbering::integer,
    reader::{Reader, alternative},
    styles::whether,
};
use crate::{
    tables::{self, Cell},
    xml::Element,
};

/// Maximum nesting of tables. The texts of a deeper one are read one after the other: each table copies the texts of
/// those in it.
const MAX_DEPTH: usize = 16;
/// Bytes of Markdown for an empty cell: ` |`, and ` --- |` below a header.
const EMPTY_CELL: usize = 8;
/// Most columns that a cell may span.
const MAX_SPAN: usize = 1_000;
/// Most header rows that are merged.
const MAX_HEADER_ROWS: usize = 5;
/// Bytes of a nested table beyond which the outer table is layout.
const MAX_NESTED: usize = 400;

#[derive(Default)]
struct Row {
    header: bool,
    /// Number of columns skipped before the first cell.
    before: usize,
    cells: Vec<Place>,
}

/// A cell and its position.
struct Place {
    column: usize,
    columns: usize,
    merged: Merged,
    blocks: Vec<Block>,
}

/// The vertical merging of a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Merged {
    No,
    Begins,
    Continues,
}

impl Reader<'_, '_> {
    /// Reads a table.
    pub fn table(&mut self, element: Element<'_>, out: &mut Vec<Block>) {
        let mut rows = Vec::new();
        self.tables += 1;
        self.rows(element, &mut rows);
        self.tables -= 1;
        rows.retain(|row| row.cells.iter().any(|cell| !cell.blocks.is_empty()));
        if self.tables >= MAX_DEPTH || is_layout(&rows) {
            for mut cell in rows.into_iter().flat_map(|row| row.cells) {
                if out.is_empty() {
                    // Nothing is moved in tables that contain one another and nothing else.
                    *out = cell.blocks;
                } else {
                    out.append(&mut cell.blocks);
                }
            }
        } else if !rows.is_empty() {
            out.push(Block::Table(self.grid(&rows)));
        }
    }

    fn rows(&mut self, parent: Element<'_>, rows: &mut Vec<Row>) {
        for child in parent.children() {
            match child.name() {
                "tr" => rows.extend(self.row(child)),
                "sdt" => {
                    if let Some(content) = child.child("sdtContent") {
                        self.rows(content, rows);
                    }
                }
                "AlternateContent" => {
                    if let Some(branch) = alternative(child) {
                        self.rows(branch, rows);
                    }
                }
                "ins" | "moveTo" => self.unmoved(|reader| reader.rows(child, rows)),
                "del" => self.deleted(child),
                "moveFromRangeStart" | "moveFromRangeEnd" => self.moved_range(child),
                name if name.ends_with("Pr") || matches!(name, "tblGrid" | "moveFrom") => {}
                _ => self.rows(child, rows),
            }
        }
    }

    /// A row; `None` if it was deleted or is hidden.
    fn row(&mut self, element: Element<'_>) -> Option<Row> {
        let properties = element.child("trPr");
        let is = |name: &str| {
            let property = properties.and_then(|properties| properties.child(name));
            property.is_some_and(whether)
        };
        if is("del") {
            self.warnings.add(WarningCode::TrackedDeletions, 1);
            return None;
        }
        if is("hidden") && !self.include_hidden {
            self.warnings.add(WarningCode::HiddenContent, 1);
            return None;
        }
        let before = properties.and_then(|properties| properties.val("gridBefore"));
        let mut row = Row {
            header: is("tblHeader"),
            before: span(before, 0),
            cells: Vec::new(),
        };
        self.cells(element, &mut row);
        Some(row)
    }

    fn cells(&mut self, parent: Element<'_>, row: &mut Row) {
        for child in parent.children() {
            match child.name() {
                "tc" => self.cell(child, row),
                "sdt" => {
                    if let Some(content) = child.child("sdtContent") {
                        self.cells(content, row);
                    }
                }
                "AlternateContent" => {
                    if let Some(branch) = alternative(child) {
                        self.cells(branch, row);
                    }
                }
                "ins" | "moveTo" => self.unmoved(|reader| reader.cells(child, row)),
                "moveFromRangeStart" | "moveFromRangeEnd" => self.moved_range(child),
                name if name.ends_with("Pr") || name == "tblPrEx" => {}
                _ => self.cells(child, row),
            }
        }
    }

    fn cell(&mut self, element: Element<'_>, row: &mut Row) {
        let properties = element.child("tcPr");
        let property = |name: &str| properties.and_then(|properties| properties.child(name));
        if property("cellDel").is_some() {
            self.warnings.add(WarningCode::TrackedDeletions, 1);
            return;
        }
        let mut blocks = Vec::new();
        self.blocks(element, &mut blocks);
        let columns = span(properties.and_then(|own| own.val("gridSpan")), 1);
        // An older way to span columns.
        let joins =
            property("hMerge").is_some_and(|merge| merge.attribute("val") != Some("restart"));
        if let Some(before) = row.cells.last_mut().filter(|_| joins) {
            before.columns = (before.columns + columns).min(MAX_SPAN);
            before.blocks.append(&mut blocks);
            return;
        }
        let merged = match property("vMerge").map(|merge| merge.attribute("val")) {
            None => Merged::No,
            Some(Some("restart")) => Merged::Begins,
            Some(_) => Merged::Continues,
        };
        let end = row.cells.last().map(|cell| cell.column + cell.columns);
        row.cells.push(Place {
            column: end.unwrap_or(row.before),
            columns,
            merged,
            blocks,
        });
    }

    /// The texts of rows, with merged cells repeated.
    fn grid(&mut self, rows: &[Row]) -> Vec<Vec<String>> {
        // Texts of cells that continue in the rows below, by column.
        let mut above: HashMap<usize, String> = HashMap::new();
        let mut grid: Vec<Vec<Cell>> = Vec::with_capacity(rows.len());
        for row in rows {
            let mut cells = Vec::with_capacity(row.cells.len());
            if row.before > 0 {
                cells.push(cell(String::new(), self.columns(row.before)));
            }
            for place in &row.cells {
                let mut text = block::flat(&place.blocks);
                match place.merged {
                    Merged::No => drop(above.remove(&place.column)),
                    Merged::Begins => drop(above.insert(place.column, text.clone())),
                    Merged::Continues if text.is_empty() => {
                        let found = above.get(&place.column);
                        if let Some(found) = found.filter(|text| self.copies.spend(text.len())) {
                            text.clone_from(found);
                        }
                    }
                    Merged::Continues => {}
                }
                cells.push(cell(text, self.columns(place.columns)));
            }
            grid.push(cells);
        }
        let spread = tables::spread(&grid, self.copies);
        self.warnings
            .add(WarningCode::TableCut, grid.len() - spread.len());
        let headers = rows.iter().take_while(|row| row.header).count();
        one_header(&spread, headers)
    }

    /// How many columns a cell spans, as long as more may be written: empty cells are text, too.
    fn columns(&mut self, span: usize) -> usize {
        let more = span.saturating_sub(1);
        if self.copies.spend(more.saturating_mul(EMPTY_CELL)) {
            span
        } else {
            1
        }
    }
}

const fn cell(text: String, columns: usize) -> Cell {
    Cell {
        text,
        columns,
        rows: 1,
    }
}

fn span(value: Option<&str>, least: usize) -> usize {
    let span = integer(value).and_then(|span| usize::try_from(span).ok());
    span.unwrap_or(least).clamp(least, MAX_SPAN)
}

/// Whether a table is layout rather than data: a single column, a single row of several paragraphs, or a large nested
/// table.
fn is_layout(rows: &[Row]) -> bool {
    let cells = || rows.iter().flat_map(|row| &row.cells);
    if rows.iter().all(|row| row.cells.len() <= 1) {
        return true;
    }
    if rows.len() == 1 && cells().any(|cell| cell.blocks.len() > 1) {
        return true;
    }
    let large = |block: &Block| {
        let Block::Table(rows) = block else {
            return false;
        };
        let text: usize = rows.iter().flatten().map(String::len).sum();
        rows.len() > 1 && text > MAX_NESTED
    };
    cells().any(|cell| cell.blocks.iter().any(large))
}

/// Merges several header rows: each column gets all of its names.
fn one_header(rows: &[Vec<&str>], headers: usize) -> Vec<Vec<String>> {
    let owned = |row: &Vec<&str>| row.iter().map(|text| (*text).to_owned()).collect();
    if !(2..=MAX_HEADER_ROWS).contains(&headers) || headers >= rows.len() {
        return rows.iter().map(owned).collect();
    }
    let (header, body) = rows.split_at(headers);
    let columns = header.iter().map(Vec::len).max().unwrap_or_default();
    let name = |column: usize| {
        let mut names: Vec<&str> = header
            .iter()
            .filter_map(|row| row.get(column).copied())
            .filter(|name| !name.is_empty())
            .collect();
        names.dedup();
        names.join(" ")
    };
    let first = (0..columns).map(name).collect();
    std::iter::once(first)
        .chain(body.iter().map(owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_several_rows_is_one() {
        let rows = [
            vec!["Fee", "Fee", "Note"],
            vec!["Adult", "Child", "Note"],
            vec!["5", "2", ""],
        ];
        let one = one_header(&rows, 2);
        assert_eq!(one[0], ["Fee Adult", "Fee Child", "Note"]);
        assert_eq!(one[1], ["5", "2", ""]);
        assert_eq!(one_header(&rows, 1).len(), 3);
        assert_eq!(one_header(&rows, 3).len(), 3);
    }
}

//! Reads tables: repeated and covered cells, spans, header rows, nested tables.

use std::collections::HashMap;

use dynrag_domain::warnings::WarningCode;

use super::{
    block::{self, Block},
    body::Body,
};
use crate::{
    tables::{self, Cell},
    xml::Element,
};

/// Most columns of a table, and repetitions of a cell or row.
const MAX_REPEATED: usize = 1_000;
/// Most cells of a table.
const MAX_CELLS: usize = 500_000;

/// A table under construction.
#[derive(Default)]
struct Grid {
    rows: Vec<Row>,
    /// Number of header rows.
    headers: usize,
    cells: usize,
    /// For each column: the number of rows that a spanning cell still covers.
    hanging: Vec<usize>,
    /// Whether a limit left something out.
    cut: bool,
}

#[derive(Default, Clone)]
struct Row {
    cells: Vec<Cell>,
    /// Number of columns up to the last cell with text or without repetition.
    used: usize,
    /// Number of empty cells at the end that were left out.
    rest: usize,
}

impl<'a> Body<'_, 'a, '_, '_> {
    /// Reads a table. A table with a single cell counts as a frame.
    pub fn table(&mut self, table: Element<'a>, out: &mut Vec<Block>) {
        if let Some(cell) = only_cell(table) {
            self.blocks_of_frame(cell, out);
            return;
        }
        let mut grid = Grid::default();
        self.rows(table, &mut grid, out);
        grid.limit_spans(&mut self.source.cells);
        let width = grid.rows.iter().map(|row| row.used).max().unwrap_or(0);
        let rests: Vec<usize> = grid.rows.iter().map(|row| row.rest).collect();
        let cells: Vec<Vec<Cell>> = grid.rows.into_iter().map(|row| row.cells).collect();
        let spread = tables::spread(&cells, &mut self.source.copies);
        // Wider and longer tables are cut when their cells are spread.
        if grid.cut || width > MAX_REPEATED || spread.len() < cells.len() {
            self.source.warnings.add(WarningCode::TableCut, 1);
        }
        let mut rows: Vec<Vec<String>> = Vec::with_capacity(spread.len());
        for (row, rest) in spread.iter().zip(rests) {
            let row = row.iter().take(width);
            let mut row: Vec<String> = row.map(|cell| (*cell).to_owned()).collect();
            let missing = rest.min(width - row.len()).min(self.source.cells);
            if row.iter().any(|cell| !cell.is_empty()) {
                self.source.cells -= missing;
                row.resize(row.len() + missing, String::new());
            }
            rows.push(row);
        }
        merge_headers(&mut rows, grid.headers);
        rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        if !rows.is_empty() {
            out.push(Block::Table(rows));
        }
    }

    /// Reads the content of a single-cell table.
    fn blocks_of_frame(&mut self, cell: Element<'a>, out: &mut Vec<Block>) {
        if self.boxes > 0 {
            let mut inside = self.boxed(cell);
            out.append(&mut inside);
        } else {
            self.blocks(cell, out);
        }
    }

    fn rows(&mut self, around: Element<'a>, grid: &mut Grid, out: &mut Vec<Block>) {
        for inner in around.children() {
            match inner.name() {
                "table-row" if self.is_left_out(inner) => {}
                "table-row" => self.row(inner, grid),
                "table-header-rows" => {
                    let leads = grid.rows.len() == grid.headers;
                    self.rows(inner, grid, out);
                    if leads {
                        grid.headers = grid.rows.len();
                    }
                }
                "table-rows" | "table-row-group" => self.rows(inner, grid, out),
                "shapes" => self.shape(inner, out),
                _ => {}
            }
        }
    }

    fn row(&mut self, element: Element<'a>, grid: &mut Grid) {
        let mut row = Row::default();
        let mut parts: HashMap<usize, Vec<String>> = HashMap::new();
        // Columns that the last cell still covers.
        let mut covered = 0usize;
        // The current column, including spans.
        let mut column = 0usize;
        let cells = element.children();
        let cells = cells.filter(|cell| matches!(cell.name(), "table-cell" | "covered-table-cell"));
        let mut cells = cells.peekable();
        while let Some(cell) = cells.next() {
            let is_covered = cell.name() == "covered-table-cell";
            let stated = number(cell, "number-columns-repeated").min(MAX_REPEATED);
            // The cells that a wider one covers would stand between its repetitions.
            let columns = match stated {
                1 => number(cell, "number-columns-spanned").min(MAX_REPEATED),
                _ => 1,
            };
            let rows = number(cell, "number-rows-spanned").min(MAX_REPEATED);
            let text = match self.sub_table(cell) {
                Some(rows) => {
                    let text = rows.join("; ");
                    parts.insert(row.cells.len(), rows);
                    text
                }
                None => self.cell_text(cell),
            };
            // A row often ends with one empty cell repeated up to the edge of the sheet.
            let is_last = cells.peek().is_none();
            let is_rest = is_last && !is_covered && text.is_empty() && rows == 1;
            let repeated = if is_rest { 1 } else { stated };
            row.rest = stated - repeated;
            for again in 0..repeated {
                let hangs = grid.hanging.get(column).is_some_and(|left| *left > 0);
                if is_covered && (covered > 0 || hangs) {
                    covered = covered.saturating_sub(1);
                    column += 1;
                    if again == 0 && !text.is_empty() && !self.leave_out() {
                        append(&mut row, &text);
                    }
                    continue;
                }
                if grid.cells >= MAX_CELLS || (again > 0 && self.source.cells == 0) {
                    grid.cut = true;
                    break;
                }
                self.source.cells -= usize::from(again > 0);
                let is_copied = again == 0 || self.source.copies.spend(text.len());
                grid.hang(column, columns, rows);
                covered = columns - 1;
                column += 1;
                grid.cells += 1;
                row.cells.push(Cell {
                    text: if is_copied {
                        text.clone()
                    } else {
                        String::new()
                    },
                    columns,
                    rows,
                });
                if !text.is_empty() || stated == 1 {
                    row.used = column + covered;
                }
            }
        }
        for left in &mut grid.hanging {
            *left = left.saturating_sub(1);
        }
        self.add(row, &parts, number(element, "number-rows-repeated"), grid);
    }

    /// Adds a row with its repetitions. It is split if a cell contains a sub-table of several rows.
    fn add(
        &mut self,
        row: Row,
        parts: &HashMap<usize, Vec<String>>,
        repeated: usize,
        grid: &mut Grid,
    ) {
        let lines = parts.values().map(Vec::len).max().unwrap_or(1);
        let more = row.cells.len() * lines.saturating_sub(1);
        if lines > 1 && lines <= MAX_REPEATED && self.source.repeat(more, 0) {
            for line in 0..lines {
                let cells = row.cells.iter().enumerate().map(|(place, cell)| {
                    let text = match parts.get(&place) {
                        Some(rows) => rows.get(line).cloned().unwrap_or_default(),
                        None if line > 0 && !self.source.copies.spend(cell.text.len()) => {
                            String::new()
                        }
                        None => cell.text.clone(),
                    };
                    Cell {
                        text,
                        columns: cell.columns,
                        rows: 1,
                    }
                });
                let cells = cells.collect();
                grid.rows.push(Row { cells, ..row });
            }
            return;
        }
        let is_empty = row.cells.iter().all(|cell| cell.text.is_empty());
        let bytes: usize = row.cells.iter().map(|cell| cell.text.len()).sum();
        let wanted = if is_empty { 1 } else { repeated };
        let mut times = 1;
        while times < wanted.min(MAX_REPEATED) && self.source.repeat(row.cells.len(), bytes) {
            times += 1;
        }
        grid.cut |= times < wanted;
        grid.rows.extend(std::iter::repeat_n(row, times));
    }

    /// The text of a cell, else its value.
    fn cell_text(&mut self, cell: Element<'a>) -> String {
        let text = block::flat(&self.boxed(cell));
        if !text.is_empty() {
            return text;
        }
        let value = [
            "string-value",
            "value",
            "date-value",
            "time-value",
            "boolean-value",
        ];
        let value = value.iter().find_map(|name| cell.attribute(name));
        value
            .filter(|value| *value != "NaN")
            .unwrap_or_default()
            .to_owned()
    }

    /// The rows of a split cell.
    fn sub_table(&mut self, cell: Element<'a>) -> Option<Vec<String>> {
        let table = cell.child("table")?;
        if table.attribute("is-sub-table") != Some("true") || self.is_deep() {
            return None;
        }
        let mut blocks = Vec::new();
        self.boxes += 1;
        self.table(table, &mut blocks);
        self.boxes -= 1;
        let rows = blocks.into_iter().flat_map(|block| match block {
            Block::Table(rows) => rows
                .into_iter()
                .map(|row| Block::Table(vec![row]).flat())
                .collect(),
            block => vec![block.flat()],
        });
        Some(rows.collect())
    }
}

impl Grid {
    /// Drops spans that would inflate a small file; `left` is the number of cells that may still be added.
    fn limit_spans(&mut self, left: &mut usize) {
        let mut below = self.rows.len();
        for row in &mut self.rows {
            for cell in &mut row.cells {
                let more = cell.columns * cell.rows.min(below) - 1;
                if more > *left {
                    (cell.columns, cell.rows) = (1, 1);
                    self.cut = true;
                } else {
                    *left -= more;
                }
            }
            below -= 1;
        }
    }

    /// Marks the columns that a cell covers in the next rows.
    fn hang(&mut self, column: usize, columns: usize, rows: usize) {
        if rows > 1 {
            let end = (column + columns).min(2 * MAX_REPEATED);
            if self.hanging.len() < end {
                self.hanging.resize(end, 0);
            }
            for left in self.hanging.iter_mut().take(end).skip(column) {
                *left = (*left).max(rows);
            }
        }
    }
}

/// Appends to the last cell of a row.
fn append(row: &mut Row, text: &str) {
    if let Some(cell) = row.cells.last_mut() {
        cell.text.push(' ');
        cell.text.push_str(text);
    }
}

/// A count; 1 if it is not stated.
fn number(element: Element<'_>, name: &str) -> usize {
    let stated = element.attribute(name).and_then(|n| n.parse().ok());
    stated.unwrap_or(1).max(1)
}

/// The only cell of a table; `None` if there are more.
fn only_cell(table: Element<'_>) -> Option<Element<'_>> {
    let mut rows = Vec::new();
    first_rows(table, &mut rows);
    let [row] = rows[..] else {
        return None;
    };
    let mut cells = row
        .children()
        .filter(|cell| cell.name().ends_with("table-cell"));
    let cell = cells.next()?;
    let more = cells.next().is_some()
        || number(cell, "number-columns-repeated") > 1
        || number(row, "number-rows-repeated") > 1;
    (!more).then_some(cell)
}

/// Collects rows of a table until there are two. Drawings count as rows.
fn first_rows<'a>(around: Element<'a>, rows: &mut Vec<Element<'a>>) {
    for inner in around.children() {
        match inner.name() {
            "table-row" | "shapes" => rows.push(inner),
            "table-header-rows" | "table-rows" | "table-row-group" => first_rows(inner, rows),
            _ => {}
        }
        if rows.len() > 1 {
            return;
        }
    }
}

/// Merges several header rows into one, so that each column has all of its names.
fn merge_headers(rows: &mut Vec<Vec<String>>, headers: usize) {
    if headers < 2 || headers >= rows.len() {
        return;
    }
    let mut merged: Vec<String> = Vec::new();
    for row in rows.drain(..headers) {
        for (column, text) in row.into_iter().enumerate() {
            match merged.get_mut(column) {
                None => merged.push(text),
                Some(above) if above.is_empty() => *above = text,
                Some(above) if text.is_empty() || *above == text => {}
                Some(above) => {
                    above.push(' ');
                    above.push_str(&text);
                }
            }
        }
    }
    rows.insert(0, merged);
}

//! Reads tables: repeated and covered cells, spans, header rows, nested tables.

use dynrag_domain::warnings::WarningCode;

use super::{
    block::{self, Block},
    body::Body,
};
use crate::{
    tables::{self, Cell},
    xml::Element,
};

/// Most repetitions of a cell or row.
const MAX_REPEATED: usize = 1_000;
/// Most cells of a table.
const MAX_CELLS: usize = 500_000;
/// Most bytes that the spans and repetitions of a table may add.
const MAX_MULTIPLIED: usize = 4 * 1024 * 1024;

/// A table under construction.
#[derive(Default)]
struct Grid {
    rows: Vec<Row>,
    /// Number of header rows.
    headers: usize,
    cells: usize,
    multiplied: usize,
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
        if grid.cut {
            self.source.warnings.add(WarningCode::TableCut, 1);
        }
        let width = grid.rows.iter().map(|row| row.used).max().unwrap_or(0);
        let cells: Vec<Vec<Cell>> = grid.rows.into_iter().map(|row| row.cells).collect();
        let spread = tables::spread(&cells, &mut tables::Copies::default());
        let rows = spread.iter().map(|row| {
            let row = row.iter().take(width);
            row.map(|cell| (*cell).to_owned()).collect()
        });
        let mut rows: Vec<Vec<String>> = rows.collect();
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
                "table-row" => {
                    let hidden =
                        matches!(inner.attribute("visibility"), Some("collapse" | "filter"));
                    if !(hidden && self.leave_out()) {
                        self.row(inner, grid);
                    }
                }
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
        let mut parts: Vec<(usize, Vec<String>)> = Vec::new();
        // Columns that the last cell still covers.
        let mut covered = 0usize;
        // The current column, including spans.
        let mut column = 0usize;
        for cell in element.children() {
            let is_covered = cell.name() == "covered-table-cell";
            if !is_covered && cell.name() != "table-cell" {
                continue;
            }
            let repeated = number(cell, "number-columns-repeated").min(MAX_REPEATED);
            let text = match self.sub_table(cell) {
                Some(rows) => {
                    let text = rows.join("; ");
                    parts.push((row.cells.len(), rows));
                    text
                }
                None => self.cell_text(cell),
            };
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
                if grid.cells >= MAX_CELLS {
                    grid.cut = true;
                    break;
                }
                let columns = number(cell, "number-columns-spanned").min(MAX_REPEATED);
                let rows = number(cell, "number-rows-spanned").min(MAX_REPEATED);
                let mut own = Cell {
                    text: text.clone(),
                    columns,
                    rows,
                };
                grid.fit(&mut own, again > 0);
                grid.hang(column, own.columns, own.rows);
                covered = own.columns - 1;
                column += 1;
                grid.cells += 1;
                row.cells.push(own);
                if !text.is_empty() || repeated == 1 {
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
    fn add(&self, row: Row, parts: &[(usize, Vec<String>)], repeated: usize, grid: &mut Grid) {
        let lines = parts.iter().map(|(_, rows)| rows.len()).max().unwrap_or(1);
        if lines > 1 && lines <= MAX_REPEATED {
            for line in 0..lines {
                let mut cells = Vec::new();
                for (place, cell) in row.cells.iter().enumerate() {
                    let part = parts.iter().find(|(at, _)| *at == place);
                    let text = match part {
                        Some((_, rows)) => rows.get(line).cloned().unwrap_or_default(),
                        None => cell.text.clone(),
                    };
                    grid.multiplied = grid.multiplied.saturating_add(text.len());
                    let text = if grid.multiplied > MAX_MULTIPLIED {
                        String::new()
                    } else {
                        text
                    };
                    cells.push(Cell {
                        text,
                        columns: cell.columns,
                        rows: 1,
                    });
                }
                let used = row.used;
                grid.rows.push(Row { cells, used });
            }
            return;
        }
        let is_empty = row.cells.iter().all(|cell| cell.text.is_empty());
        let size: usize = row.cells.iter().map(|cell| cell.text.len() + 1).sum();
        let wanted = if is_empty { 1 } else { repeated };
        let room = (MAX_MULTIPLIED.saturating_sub(grid.multiplied)) / size.max(1);
        let times = wanted.min(MAX_REPEATED).min(room + 1);
        grid.cut |= times < wanted;
        grid.multiplied = grid.multiplied.saturating_add(size * (times - 1));
        grid.cells = grid.cells.saturating_add(row.cells.len() * (times - 1));
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
        if table.attribute("is-sub-table") != Some("true") {
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
    /// Drops spans and repetitions that would inflate a small file.
    fn fit(&mut self, cell: &mut Cell, again: bool) {
        let more = cell.columns * cell.rows - usize::from(!again);
        let bytes = cell.text.len().saturating_mul(more);
        if self.multiplied.saturating_add(bytes) > MAX_MULTIPLIED {
            self.cut = true;
            (cell.columns, cell.rows) = (1, 1);
            if again {
                cell.text.clear();
            }
            return;
        }
        self.multiplied += bytes;
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
    let mut rows = table
        .descendants()
        .filter(|inner| inner.name() == "table-row");
    let row = rows.next()?;
    let mut cells = row
        .children()
        .filter(|cell| cell.name().ends_with("table-cell"));
    let cell = cells.next()?;
    let more = cells.next().is_some()
        || number(cell, "number-columns-repeated") > 1
        || number(row, "number-rows-repeated") > 1;
    // Rows of nested tables belong to the cell.
    let inside = cell
        .descendants()
        .filter(|inner| inner.name() == "table-row")
        .count();
    (!more && rows.count() == inside).then_some(cell)
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
                Some(above) => *above = format!("{above} {text}"),
            }
        }
    }
    rows.insert(0, merged);
}

//! Rows of an RTF table: cell positions, merged cells, and texts.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::tables::Cell;

/// Most cells of a row whose positions are kept.
const MAX_CELLS: usize = 1_000;
/// Most bytes of copies of a merged cell; beyond, its text stands only in the first place.
const MAX_REPEATED: usize = 20_000;
/// Positions that differ by less, in twips, are equal.
const NEAR: i32 = 40;

/// The right edge of a cell, in twips, and its merging.
#[derive(Clone, Copy, Default)]
struct Definition {
    end: i32,
    /// `\clmrg`: continues the cell to its left.
    from_left: bool,
    /// `\clvmgf`: continues in the cell below.
    begins_down: bool,
    /// `\clvmrg`: continues the cell above.
    from_above: bool,
}

/// The texts of a row's cells, and their definitions.
type Row = (Vec<String>, Rc<Vec<Definition>>);

/// The current row and the rows before it.
#[derive(Default)]
pub struct Grid {
    /// Shared between rows until it changes.
    definitions: Rc<Vec<Definition>>,
    next: Definition,
    row: Vec<String>,
    rows: Vec<Row>,
}

impl Grid {
    /// Handles a control word of a row's definition.
    pub fn word(&mut self, word: &[u8], number: Option<i32>) {
        match word {
            b"trowd" => {
                self.definitions = Rc::default();
                self.next = Definition::default();
            }
            b"clmrg" => self.next.from_left = true,
            b"clvmgf" => self.next.begins_down = true,
            b"clvmrg" => self.next.from_above = true,
            b"cellx" => {
                let mut cell = std::mem::take(&mut self.next);
                cell.end = number.unwrap_or(0);
                if self.definitions.len() < MAX_CELLS {
                    Rc::make_mut(&mut self.definitions).push(cell);
                }
            }
            _ => {}
        }
    }

    /// Ends a cell.
    pub fn cell(&mut self, text: String) {
        self.row.push(text);
    }

    /// Ends a row; `rest` is text after its last cell.
    pub fn end_row(&mut self, rest: &str) {
        let mut row = std::mem::take(&mut self.row);
        if !rest.is_empty() {
            row.push(rest.to_owned());
        }
        if !row.is_empty() {
            self.rows.push((row, Rc::clone(&self.definitions)));
        }
    }

    /// All tables. If no cell edge of a row matches the row above, another table begins.
    pub fn tables(self) -> Vec<Vec<Vec<Cell>>> {
        let mut tables: Vec<Vec<Row>> = Vec::new();
        for row in self.rows {
            match tables.last_mut() {
                Some(table)
                    if table.last().is_some_and(|last| {
                        Rc::ptr_eq(&last.1, &row.1) || belong(&last.1, &row.1)
                    }) =>
                {
                    table.push(row)
                }
                _ => tables.push(vec![row]),
            }
        }
        tables.into_iter().map(spans).collect()
    }
}

/// Whether two rows belong to one table: one of them has a single cell, or they share a cell edge.
fn belong(above: &[Definition], below: &[Definition]) -> bool {
    let inner = |row: &[Definition]| -> BTreeSet<i32> {
        let last = row.len().saturating_sub(1);
        row[..last].iter().map(|cell| cell.end / NEAR).collect()
    };
    let (above, below) = (inner(above), inner(below));
    above.is_empty() || below.is_empty() || above.intersection(&below).next().is_some()
}

/// The cells of rows with their column spans and row spans.
fn spans(rows: Vec<Row>) -> Vec<Vec<Cell>> {
    let mut ends: Vec<i32> = rows
        .iter()
        .filter(|(row, definitions)| row.len() <= definitions.len())
        .flat_map(|(row, definitions)| definitions[..row.len()].iter().map(|cell| cell.end))
        .collect::<BTreeSet<i32>>()
        .into_iter()
        .collect();
    ends.dedup_by(|next, last| next.saturating_sub(*last) < NEAR);
    let column = |end: i32| ends.partition_point(|known| known.saturating_add(NEAR) <= end) + 1;
    let mut table: Vec<Vec<Cell>> = Vec::with_capacity(rows.len());
    // By last column: the cell that may continue below.
    let mut open: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (texts, definitions) in rows {
        let mut row: Vec<Cell> = Vec::with_capacity(texts.len());
        let is_defined = texts.len() <= definitions.len();
        let mut before = 0;
        for (place, text) in texts.into_iter().enumerate() {
            let definition = definitions.get(place).copied().filter(|_| is_defined);
            let definition = definition.unwrap_or_default();
            let end = if is_defined {
                column(definition.end).max(before)
            } else {
                before + 1
            };
            let columns = (end - before).max(1);
            before = end;
            if definition.from_left
                && let Some(left) = row.last_mut()
            {
                left.columns += columns;
                left.text.push_str(&text);
                continue;
            }
            if definition.from_above
                && text.is_empty()
                && let Some(cell) = open
                    .get(&end)
                    .and_then(|(row, cell)| table.get_mut(*row)?.get_mut(*cell))
                && cell.text.len() * cell.columns * (cell.rows + 1) < MAX_REPEATED
            {
                cell.rows += 1;
                continue;
            }
            if definition.begins_down {
                open.insert(end, (table.len(), row.len()));
            } else {
                open.remove(&end);
            }
            let once = text.len() * columns >= MAX_REPEATED && columns > 1;
            let first = if once { 1 } else { columns };
            row.push(Cell {
                text,
                columns: first,
                rows: 1,
            });
            if once {
                row.push(Cell {
                    text: String::new(),
                    columns: columns - 1,
                    rows: 1,
                });
            }
        }
        table.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables;

    /// Copies of a merged cell with a long text would inflate a small file to gigabytes.
    #[test]
    fn merged_cells_multiply_no_text() {
        let mut grid = Grid::default();
        for column in 0..500 {
            grid.word(b"cellx", Some(column * 100));
        }
        for _ in 0..500 {
            grid.cell("x".to_owned());
        }
        grid.end_row("");
        for _ in 0..500 {
            grid.word(b"trowd", None);
            grid.word(b"clvmgf", None);
            grid.word(b"cellx", Some(40_000));
            grid.word(b"cellx", Some(49_900));
            grid.cell("long ".repeat(2_000));
            grid.cell("x".to_owned());
            grid.end_row("");
        }
        let tables = grid.tables();
        let rows = tables::spread(&tables[0], &mut tables::Copies::default());
        let all: usize = rows.iter().flatten().map(|cell| cell.len()).sum();
        assert!(all < 501 * (10_000 + 500), "{all}");
    }
}

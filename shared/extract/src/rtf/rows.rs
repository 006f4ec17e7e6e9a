//! Rows of an RTF table: cell positions, merged cells, and texts.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use crate::tables::{Cell, Copies};

/// Most cells of a row whose positions are kept.
const MAX_CELLS: usize = 1_000;
/// Maximum bytes of copies of a merged cell; beyond, its text is only in the first place.
const MAX_REPEATED: usize = 20_000;
/// Most cell positions of a document; rows with equal positions share them. In further rows the cells are counted.
const MAX_DEFINITIONS: usize = 1_000_000;
/// Positions that differ by less, in twips, are equal.
const NEAR: i32 = 40;

/// The right edge of a cell, in twips, and its merging.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Definition {
    end: i32,
    /// `\clmrg`: continues the cell to its left.
    from_left: bool,
    /// `\clvmgf`: continues in the cell below.
    begins_down: bool,
    /// `\clvmrg`: continues the cell above.
    from_above: bool,
}

/// Remaining capacity for the tables of a document.
pub struct Room {
    pub copies: Copies,
    /// Number of cell positions.
    definitions: usize,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            copies: Copies::default(),
            definitions: MAX_DEFINITIONS,
        }
    }
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
    pub fn end_row(&mut self, rest: &str, room: &mut Room) {
        let mut row = std::mem::take(&mut self.row);
        if !rest.is_empty() {
            row.push(rest.to_owned());
        }
        if !row.is_empty() {
            let definitions = self.shared(room);
            self.rows.push((row, definitions));
        }
    }

    /// The definitions of the current row. Those of the row above are used again if they are equal.
    fn shared(&self, room: &mut Room) -> Rc<Vec<Definition>> {
        if let Some((_, above)) = self.rows.last()
            && *above == self.definitions
        {
            return Rc::clone(above);
        }
        let Some(left) = room.definitions.checked_sub(self.definitions.len()) else {
            return Rc::default();
        };
        room.definitions = left;
        Rc::clone(&self.definitions)
    }

    /// All tables. If no cell edge of a row matches the row above, another table begins.
    pub fn tables(self) -> Vec<Vec<Vec<Cell>>> {
        let mut tables: Vec<Vec<Row>> = Vec::new();
        let mut above = Vec::new();
        for row in self.rows {
            let last = tables.last().and_then(|table| table.last());
            let is_same = last.is_some_and(|last| Rc::ptr_eq(&last.1, &row.1));
            let below = if is_same { None } else { Some(edges(&row.1)) };
            let belongs = below.as_ref().is_none_or(|below| belong(&above, below));
            above = below.unwrap_or(above);
            match tables.last_mut() {
                Some(table) if belongs => table.push(row),
                _ => tables.push(vec![row]),
            }
        }
        tables.into_iter().map(spans).collect()
    }
}

/// The edges between the cells of a row, in order.
fn edges(row: &[Definition]) -> Vec<i32> {
    let last = row.len().saturating_sub(1);
    let mut edges: Vec<i32> = row[..last].iter().map(|cell| cell.end / NEAR).collect();
    edges.sort_unstable();
    edges
}

/// Whether rows with these edges belong to one table: one of them has a single cell, or they share an edge.
fn belong(above: &[i32], below: &[i32]) -> bool {
    let is_shared = |edge: &i32| above.binary_search(edge).is_ok();
    above.is_empty() || below.is_empty() || below.iter().any(is_shared)
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
        let (mut grid, mut room) = (Grid::default(), Room::default());
        for column in 0..500 {
            grid.word(b"cellx", Some(column * 100));
        }
        for _ in 0..500 {
            grid.cell("x".to_owned());
        }
        grid.end_row("", &mut room);
        for _ in 0..500 {
            grid.word(b"trowd", None);
            grid.word(b"clvmgf", None);
            grid.word(b"cellx", Some(40_000));
            grid.word(b"cellx", Some(49_900));
            grid.cell("long ".repeat(2_000));
            grid.cell("x".to_owned());
            grid.end_row("", &mut room);
        }
        let tables = grid.tables();
        let rows = tables::spread(&tables[0], &mut room.copies);
        let all: usize = rows.iter().flatten().map(|cell| cell.len()).sum();
        assert!(all < 501 * (10_000 + 500), "{all}");
    }

    /// Rows that each have one cell position more would take up the square of the file's size.
    #[test]
    fn definitions_of_a_document_are_limited() {
        let (mut grid, mut room) = (Grid::default(), Room::default());
        for row in 0..3_000 {
            grid.word(b"cellx", Some(row * 100));
            grid.cell("x".to_owned());
            grid.end_row("", &mut room);
        }
        let kept: BTreeMap<*const Vec<Definition>, usize> = grid
            .rows
            .iter()
            .map(|(_, definitions)| (Rc::as_ptr(definitions), definitions.len()))
            .collect();
        assert!(kept.values().sum::<usize>() <= MAX_DEFINITIONS);
        assert_eq!(grid.rows.len(), 3_000);
        // Rows with the same positions share them.
        let (mut grid, mut room) = (Grid::default(), Room::default());
        for _ in 0..3_000 {
            grid.word(b"trowd", None);
            for column in 0..900 {
                grid.word(b"cellx", Some(column * 100));
            }
            grid.cell("x".to_owned());
            grid.end_row("", &mut room);
        }
        assert!(grid.rows.iter().all(|row| row.1.len() == 900));
    }
}

//! Repeats merged cells in each row or column that they span, so that each row is complete.

use super::{
    reference::MAX_COLUMN,
    worksheet::{Cell, Row, Worksheet},
};

/// Most cells that are checked in a sheet: overlapping merged ranges must not inflate a small file.
const MAX_LOOKS: usize = 1_000_000;

/// Copies the text of merged cells into the other rows that they span, and the text above a group of columns (`2025`
/// above `Q1` and `Q2`) into these columns. A title above a whole table stands once.
pub fn fill(sheet: &mut Worksheet) {
    let merged = std::mem::take(&mut sheet.merged);
    let mut looks = 0;
    for [(top, left), (bottom, right)] in merged {
        let first = sheet.rows.partition_point(|row| row.number < top);
        let Some(row) = sheet.rows.get(first).filter(|row| row.number == top) else {
            continue;
        };
        let Some(cell) = row.at(left).copied() else {
            continue;
        };
        let end = first + sheet.rows[first..].partition_point(|row| row.number <= bottom);
        let columns = columns(sheet, first, end, left, right);
        looks += (end - first) * columns.len();
        if looks > MAX_LOOKS {
            break;
        }
        for place in first..end {
            let row = &mut sheet.rows[place];
            // A cell alone in its row is a title or a note.
            if row.cells.iter().all(|other| other.column == left) {
                continue;
            }
            // An existing cell takes precedence over the copy.
            let copies = columns.iter().map(|column| Cell {
                column: *column,
                ..cell
            });
            row.cells.extend(copies);
            row.put_in_order();
        }
    }
}

/// The columns to fill: the first, and the others if the row below has cells in several of them.
fn columns(sheet: &Worksheet, first: usize, end: usize, left: u32, right: u32) -> Vec<u32> {
    let bottom = sheet.rows[end - 1].number;
    let below = sheet.rows.get(end).filter(|row| row.number == bottom + 1);
    let under = |row: &Row| -> Vec<u32> {
        let cells = row.cells.iter().map(|cell| cell.column);
        cells
            .filter(|column| (left..=right.min(MAX_COLUMN)).contains(column))
            .collect()
    };
    let mut columns = below.map(under).unwrap_or_default();
    let group = columns.len() > 1 && sheet.rows[first].cells.len() > 1;
    if !group {
        columns.clear();
    }
    if columns.first() != Some(&left) {
        columns.insert(0, left);
    }
    columns
}

impl Row {
    /// The cell in a column.
    fn at(&self, column: u32) -> Option<&Cell> {
        let sorted = self.cells.binary_search_by_key(&column, |cell| cell.column);
        sorted.ok().map(|place| &self.cells[place])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::{strings::Strings, styles::Styles, workbook::Workbook};

    #[test]
    fn merged_ranges_are_limited() {
        let rows: String = (1..=2_100)
            .map(|row| {
                let first = if row == 1 {
                    "<c r='A1'><v>1</v></c><c r='B1'><v>2</v></c>"
                } else {
                    ""
                };
                format!("<row r='{row}'>{first}<c r='C{row}'><v>3</v></c></row>")
            })
            .collect();
        let workbook = Workbook {
            sheets: Vec::new(),
            since_1904: false,
            strings: Strings::default(),
            styles: Styles::default(),
            people: Default::default(),
        };
        for (times, filled) in [(2, true), (500, false)] {
            let merged = "<mergeCell ref='A1:A2100'/>".repeat(times);
            let source = format!("{rows}{merged}<mergeCell ref='B1:B2'/>");
            let mut sheet = Worksheet::read(&source, &workbook);
            fill(&mut sheet);
            let row = &sheet.rows[1];
            assert!(row.at(1).is_some());
            assert_eq!(row.at(2).is_some(), filled, "{times}");
        }
    }
}

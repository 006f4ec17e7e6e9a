//! Repeats merged cells in each row or column that they span, so that each row is complete.

use super::{
    reference::MAX_COLUMN,
    strings::Strings,
    worksheet::{Cell, Row, Worksheet},
};
use crate::tables::Copies;

/// Most steps of a workbook: overlapping merged ranges must not inflate a small file.
const MAX_STEPS: usize = 20_000_000;
/// Steps of an added cell, for its memory.
const ADDED: usize = 20;
/// Longest text in bytes that is repeated without being spent from the budget of copies. Large workbooks have many
/// merged cells with short texts.
const MAX_SHORT: usize = 64;

/// Remaining cost of a workbook's merged cells.
pub struct Steps(usize);

impl Default for Steps {
    fn default() -> Self {
        Self(MAX_STEPS)
    }
}

impl Steps {
    /// Spends steps; `None` if not enough are left.
    fn spend(&mut self, steps: usize) -> Option<()> {
        let Self(left) = self;
        let rest = left.checked_sub(steps);
        *left = rest.unwrap_or(0);
        rest.map(drop)
    }
}

/// Copies the text of merged cells into the other rows that they span, and the text above a group of columns (`2025`
/// above `Q1` and `Q2`) into these columns. A title above a whole table is not repeated. Long texts are spent from
/// `copies`.
pub fn fill(sheet: &mut Worksheet, strings: &Strings, steps: &mut Steps, copies: &mut Copies) {
    let merged = std::mem::take(&mut sheet.merged);
    for (number, range) in merged.iter().enumerate() {
        if spread(sheet, *range, strings, steps, copies).is_none() {
            sheet.unmerged += merged.len() - number;
            break;
        }
    }
}

/// Copies the text of a merged cell; `None` if the steps are used up.
fn spread(
    sheet: &mut Worksheet,
    range: [(u32, u32); 2],
    strings: &Strings,
    steps: &mut Steps,
    copies: &mut Copies,
) -> Option<()> {
    let [(top, left), (bottom, right)] = range;
    let first = sheet.rows.partition_point(|row| row.number < top);
    let row = sheet.rows.get(first).filter(|row| row.number == top);
    let Some(cell) = row.and_then(|row| row.at(left)).copied() else {
        return steps.spend(1);
    };
    let length = sheet.text(cell.text, strings).len();
    let end = first + sheet.rows[first..].partition_point(|row| row.number <= bottom);
    let columns = columns(sheet, first, end, left, right);
    steps.spend(1 + (end - first + 1) * columns.len())?;
    for row in &mut sheet.rows[first..end] {
        // A cell alone in its row is a title or a note.
        if row.cells.iter().all(|other| other.column == left) {
            continue;
        }
        for column in &columns {
            // An existing cell takes precedence over the copy.
            let place = row.cells.binary_search_by_key(column, |cell| cell.column);
            let Err(place) = place else {
                continue;
            };
            steps.spend(row.cells.len() + ADDED)?;
            if length > MAX_SHORT && !copies.spend(length) {
                return Some(());
            }
            let column = *column;
            row.cells.insert(place, Cell { column, ..cell });
        }
    }
    Some(())
}

/// The columns to fill: the first, and the others if the row below has cells in several of them.
fn columns(sheet: &Worksheet, first: usize, end: usize, left: u32, right: u32) -> Vec<u32> {
    let bottom = sheet.rows[end - 1].number;
    let below = sheet.rows.get(end).filter(|row| row.number == bottom + 1);
    let under = below.map(|row| row.between(left, right.min(MAX_COLUMN)));
    let under = under.filter(|cells| cells.len() > 1 && sheet.rows[first].cells.len() > 1);
    let mut columns: Vec<u32> = under.iter().copied().flatten().map(|c| c.column).collect();
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

    /// The cells in these columns.
    fn between(&self, first: u32, last: u32) -> &[Cell] {
        let cells = self.cells.as_slice();
        let cells = &cells[cells.partition_point(|cell| cell.column < first)..];
        &cells[..cells.partition_point(|cell| cell.column <= last)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::{reference, styles::Styles, workbook::Workbook};

    fn workbook() -> Workbook {
        Workbook {
            sheets: Vec::new(),
            relationships: Default::default(),
            since_1904: false,
            strings: Strings::default(),
            styles: Styles::default(),
            people: Default::default(),
        }
    }

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
        let workbook = workbook();
        let mut steps = Steps::default();
        // The second sheet uses up the steps of the workbook.
        for (times, first, last) in [(2, true, true), (10_000, true, false), (2, false, false)] {
            let merged = "<mergeCell ref='A1:A2100'/>".repeat(times);
            let source = format!("{rows}{merged}<mergeCell ref='B1:B2'/>");
            let mut sheet = Worksheet::read(&source, &workbook);
            let copies = &mut Copies::default();
            fill(&mut sheet, &workbook.strings, &mut steps, copies);
            let row = &sheet.rows[1];
            assert_eq!(row.at(1).is_some(), first, "{times}");
            assert_eq!(row.at(2).is_some(), last, "{times}");
            assert_eq!(sheet.unmerged == 0, last, "{times}");
        }
    }

    #[test]
    fn cells_added_to_long_rows_are_limited() {
        let mut rows = [
            String::from("<row r='1'>"),
            String::from("</row><row r='2'>"),
        ];
        let mut merged = String::new();
        for column in 1..=16_000 {
            let name = reference::letters(column);
            let row = column as usize % 2;
            rows[row] += &format!("<c r='{name}{}'><v>1</v></c>", row + 1);
            merged += &format!("<mergeCell ref='{name}1:{name}2'/>");
        }
        let workbook = workbook();
        let source = format!("{}</row>{merged}", rows.concat());
        let mut sheet = Worksheet::read(&source, &workbook);
        let copies = &mut Copies::default();
        fill(&mut sheet, &workbook.strings, &mut Steps::default(), copies);
        let filled = sheet.rows[1].cells.len() - 8_000;
        assert!((2_000..2_500).contains(&filled), "{filled}");
        assert_eq!(sheet.unmerged, 16_000 - 2 * filled - 1);
    }

    #[test]
    fn long_texts_are_repeated_within_the_budget() {
        let long = "x".repeat(1_000);
        let more: String = (2..=5_000)
            .map(|row| format!("<row r='{row}'><c r='B{row}'><v>1</v></c></row>"))
            .collect();
        let source = format!(
            "<row r='1'><c t='str'><v>{long}</v></c><c><v>1</v></c></row>{more}<mergeCell ref='A1:A5000'/>"
        );
        let workbook = workbook();
        let mut sheet = Worksheet::read(&source, &workbook);
        let mut copies = Copies::default();
        let steps = &mut Steps::default();
        fill(&mut sheet, &workbook.strings, steps, &mut copies);
        let filled = sheet.rows.iter().filter(|row| row.at(1).is_some()).count();
        assert!((2_000..2_200).contains(&filled), "{filled}");
        assert_eq!(copies.refused(), 1);
    }
}

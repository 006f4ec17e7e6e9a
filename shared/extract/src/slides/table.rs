//! Reads tables of slides (`a:tbl`, ECMA-376 part 1, 21.1.3).

use super::{body, bullets::Levels, flag};
use crate::{
    tables::{self, Cell},
    xml::Element,
};

/// Most bytes that the copies of merged cells may add to a table; beyond, their texts stand once.
const MAX_SPREAD: usize = 1_000_000;

/// A table as Markdown pieces.
pub fn read(table: Element<'_>) -> Vec<String> {
    let rows = table.children().filter(|inner| inner.name() == "tr");
    let rows: Vec<Element<'_>> = rows.collect();
    let mut merged = Merged {
        covered: Vec::new(),
        room: MAX_SPREAD,
    };
    let below = (0..rows.len()).rev();
    let rows = rows.iter().zip(below);
    let rows: Vec<Vec<Cell>> = rows
        .map(|(row, below)| read_row(*row, below, &mut merged))
        .collect();
    if rows.iter().flatten().all(|cell| cell.text.is_empty()) {
        return Vec::new();
    }
    tables::pieces(tables::spread(&rows, &mut tables::Copies::default()))
}

/// State of the merged cells.
struct Merged {
    /// For each column: the number of rows that a cell from above still covers.
    covered: Vec<usize>,
    /// Remaining bytes for copies.
    room: usize,
}

/// The cells of a row without covered ones, which are in the file as well. `below` is the number of rows that follow.
fn read_row(row: Element<'_>, below: usize, merged: &mut Merged) -> Vec<Cell> {
    let Merged { covered, room } = merged;
    let cells: Vec<Element<'_>> = row
        .children()
        .filter(|inner| inner.name() == "tc")
        .collect();
    covered.resize(cells.len().max(covered.len()), 0);
    let mut written = Vec::new();
    // The column at which the spanning cell to the left ends.
    let mut end = 0;
    for (column, cell) in cells.iter().enumerate() {
        let is_beside = flag(*cell, "hMerge", false);
        if column < end && is_beside {
            continue;
        }
        let from_above = covered[column] > 0;
        covered[column] = covered[column].saturating_sub(1);
        if from_above && (is_beside || flag(*cell, "vMerge", false)) {
            continue;
        }
        let text = cell.child("txBody");
        let text = text.map(|text| body::blocks(text, &Levels::default()).join("\n"));
        let text = text.unwrap_or_default();
        let span = |name| cell.attribute(name).and_then(|span| span.parse().ok());
        let columns = span("gridSpan")
            .unwrap_or(1_usize)
            .clamp(1, cells.len() - column);
        let rows = span("rowSpan").unwrap_or(1).clamp(1, below + 1);
        let more = (text.len() + 3).saturating_mul(columns * rows - 1);
        let (columns, rows) = if more > *room {
            (1, 1)
        } else {
            (columns, rows)
        };
        *room = room.saturating_sub(if columns * rows > 1 { more } else { 0 });
        end = column + columns;
        for place in &mut covered[column..end] {
            *place = rows - 1;
        }
        written.push(Cell {
            text,
            columns,
            rows,
        });
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Tree;

    fn cell(attributes: &str, text: &str) -> String {
        format!("<tc {attributes}><txBody><p><r><t>{text}</t></r></p></txBody></tc>")
    }

    fn table(rows: &[&[String]]) -> String {
        let rows: String = rows
            .iter()
            .map(|cells| format!("<tr>{}</tr>", cells.concat()))
            .collect();
        let source = format!("<tbl><tblGrid/>{rows}</tbl>");
        let tree = Tree::parse(&source).unwrap();
        read(tree.root()).join("\n\n")
    }

    #[test]
    fn merged_cells_stand_in_all_their_places() {
        let text = table(&[
            &[
                cell("", "Group"),
                cell(r#"gridSpan="2""#, "Fee"),
                cell(r#"hMerge="1""#, ""),
            ],
            &[
                cell(r#"rowSpan="2""#, "Adults"),
                cell("", "Card</t></r><br/><r><t>blue"),
                cell("", "15 | 16"),
            ],
            &[cell(r#"vMerge="1""#, ""), cell("", "Copy"), cell("", "5")],
            &[
                cell(r#"gridSpan="2" rowSpan="2""#, "All"),
                cell(r#"hMerge="1""#, ""),
                cell("", "0"),
            ],
            &[
                cell(r#"gridSpan="2" vMerge="1""#, ""),
                cell(r#"hMerge="1" vMerge="1""#, ""),
                cell("", "1"),
            ],
        ]);
        assert_eq!(
            text,
            "| Group | Fee | Fee |\n| --- | --- | --- |\n| Adults | Card blue | 15 \\| 16 |\n| Adults | Copy | 5 |\n| All | All | 0 |\n| All | All | 1 |"
        );
    }

    #[test]
    fn what_no_cell_covers_keeps_its_place() {
        let text = table(&[
            &[
                cell("", "a"),
                cell(r#"hMerge="1""#, ""),
                cell(r#"vMerge="true""#, "c"),
            ],
            &[
                cell(r#"gridSpan="99" rowSpan="99""#, &"x".repeat(MAX_SPREAD)),
                cell(r#"hMerge="1""#, ""),
                cell("", "d"),
            ],
        ]);
        assert!(
            text.starts_with("| a | | c |\n| --- | --- | --- |\n| xxx"),
            "{text}"
        );
        assert!(text.ends_with("x | | d |"));
    }
}

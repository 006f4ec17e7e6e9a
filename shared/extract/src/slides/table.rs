//! Reads tables of slides (`a:tbl`, ECMA-376 part 1, 21.1.3).

use super::{body, bullets::Levels, flag};
use crate::{
    tables::{self, Cell, Copies},
    xml::Element,
};

/// Bytes of Markdown around a cell.
const AROUND: usize = 3;

/// A table as Markdown pieces. Merged cells are repeated in each row and column that they cover, as long as `copies`
/// allows.
pub fn read(table: Element<'_>, copies: &mut Copies) -> Vec<String> {
    let rows = table.children().filter(|inner| inner.name() == "tr");
    let rows: Vec<Element<'_>> = rows.collect();
    // For each column: the number of rows that a cell from above still covers.
    let mut covered = Vec::new();
    let below = (0..rows.len()).rev();
    let rows = rows.iter().zip(below);
    let rows: Vec<Vec<Cell>> = rows
        .map(|(row, below)| read_row(*row, below, &mut covered, copies))
        .collect();
    if rows.iter().flatten().all(|cell| cell.text.is_empty()) {
        return Vec::new();
    }
    tables::pieces(tables::spread(&rows, copies))
}

/// The cells of a row without covered ones, which are in the file as well. `below` is the number of rows that follow.
fn read_row(
    row: Element<'_>,
    below: usize,
    covered: &mut Vec<usize>,
    copies: &mut Copies,
) -> Vec<Cell> {
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
        // The places themselves are spent here, since a row may have fewer cells than are covered.
        let is_paid = copies.spend(AROUND * (columns * rows - 1));
        let (columns, rows) = if is_paid { (columns, rows) } else { (1, 1) };
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
        table_within(rows, &mut Copies::default())
    }

    fn table_within(rows: &[&[String]], copies: &mut Copies) -> String {
        let rows: String = rows
            .iter()
            .map(|cells| format!("<tr>{}</tr>", cells.concat()))
            .collect();
        let source = format!("<tbl><tblGrid/>{rows}</tbl>");
        let tree = Tree::parse(&source).unwrap();
        read(tree.root(), copies).join("\n\n")
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
        let mut copies = Copies::default();
        while copies.spend(1) {}
        let rows: [&[String]; 2] = [
            &[
                cell("", "a"),
                cell(r#"hMerge="1""#, ""),
                cell(r#"vMerge="true""#, "c"),
            ],
            &[
                cell(r#"gridSpan="99" rowSpan="99""#, "b"),
                cell(r#"hMerge="1""#, ""),
                cell("", "d"),
            ],
        ];
        assert_eq!(
            table_within(&rows, &mut copies),
            "| a | | c |\n| --- | --- | --- |\n| b | | d |"
        );
    }

    #[test]
    fn merged_cells_of_all_tables_have_one_budget() {
        let long = "x".repeat(10_000);
        let wide = r#"gridSpan="10" rowSpan="10""#;
        let covered = format!("<tr>{}</tr>", "<tc/>".repeat(10)).repeat(9);
        let full = format!(
            "<tr>{}{}</tr>{covered}",
            cell(wide, &long),
            "<tc/>".repeat(9)
        );
        let bare = format!(
            "<tr>{}{}</tr>",
            cell(r#"gridSpan="500" rowSpan="999""#, "y"),
            "<tc/>".repeat(499)
        );
        let bare = format!("{bare}{}", "<tr/>".repeat(998));
        for rows in [full, bare] {
            let source = format!("<tbl>{rows}</tbl>");
            let tree = Tree::parse(&source).unwrap();
            let mut copies = Copies::default();
            let texts = (0..100).flat_map(|_| read(tree.root(), &mut copies));
            let length: usize = texts.map(|text| text.len()).sum();
            assert!(length < 8_000_000, "{length}");
            assert!(copies.refused() > 0);
        }
    }
}

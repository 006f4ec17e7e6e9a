//! Tables as Markdown, in parts that each begin with the table's header, so that a chunk of a long table has its
//! column names.

/// Maximum characters of a part, so that a chunk of the usual size contains a whole one.
const PIECE: usize = 800;
/// A header longer than this is not repeated: it would be most of each piece.
const MAX_HEADER: usize = 300;

/// Most columns of a table with spanning cells; the rest is cut.
const MAX_COLUMNS: usize = 1_000;
/// Most cells of such a table.
const MAX_PLACES: usize = 2_000_000;
/// Bytes of a cell without text: empty cells are text, too.
const EMPTY_CELL: usize = 3;
/// Most bytes of copied text in a document.
const MAX_COPIED: usize = 2 << 20;

/// How much text a document may still repeat: cells that span, headers, parts that occur more than once. A small file
/// could otherwise become any amount of text.
#[derive(Debug)]
pub struct Copies {
    left: usize,
    refused: usize,
}

impl Default for Copies {
    fn default() -> Self {
        Self {
            left: MAX_COPIED,
            refused: 0,
        }
    }
}

impl Copies {
    /// Whether so many bytes may be repeated; they are then spent.
    pub const fn spend(&mut self, bytes: usize) -> bool {
        let Some(left) = self.left.checked_sub(bytes) else {
            self.refused += 1;
            return false;
        };
        self.left = left;
        true
    }

    /// How often a repetition was refused, for [`WarningCode::TableCut`](dynrag_domain::warnings::WarningCode).
    pub const fn refused(&self) -> usize {
        self.refused
    }
}

/// A cell of a table, and how many columns and rows it spans (0 counts as 1).
#[derive(Clone, Default, Debug)]
pub struct Cell {
    pub text: String,
    pub columns: usize,
    pub rows: usize,
}

/// Resolves spanning cells. Their text is repeated in each row and column, so that each row is complete, but a cell
/// across the whole width stands once. When no more may be copied, the other cells stay empty.
pub fn spread<'a>(table: &'a [Vec<Cell>], copies: &mut Copies) -> Vec<Vec<&'a str>> {
    // For each column: the text of a spanning cell from above, and the number of rows left.
    let mut hanging: Vec<(&str, usize)> = Vec::new();
    let mut rows: Vec<Vec<&str>> = Vec::with_capacity(table.len());
    let mut places = 0;
    for cells in table {
        let mut row: Vec<&str> = Vec::new();
        for cell in cells {
            hang(&mut row, &mut hanging, copies);
            let room = MAX_COLUMNS.saturating_sub(row.len());
            let columns = cell.columns.clamp(1, room.max(1));
            let whole = columns > 1 && cells.len() == 1;
            for column in 0..columns {
                let text = match column {
                    0 => cell.text.as_str(),
                    _ if !copies.spend(EMPTY_CELL) => break,
                    _ if whole => "",
                    _ => copy(&cell.text, copies),
                };
                if cell.rows > 1 {
                    if hanging.len() <= row.len() {
                        hanging.resize(row.len() + 1, ("", 0));
                    }
                    hanging[row.len()] = (text, cell.rows - 1);
                }
                row.push(text);
            }
            if row.len() >= MAX_COLUMNS {
                break;
            }
        }
        hang(&mut row, &mut hanging, copies);
        places += row.len();
        if places > MAX_PLACES {
            break;
        }
        rows.push(row);
    }
    rows
}

/// Fills in the spanning cells from above at the current position of a row.
fn hang<'a>(row: &mut Vec<&'a str>, hanging: &mut [(&'a str, usize)], copies: &mut Copies) {
    while let Some((text, rows)) = hanging.get_mut(row.len())
        && *rows > 0
    {
        *rows -= 1;
        row.push(copy(text, copies));
    }
}

/// Copies a text as long as there is room.
fn copy<'a>(text: &'a str, copies: &mut Copies) -> &'a str {
    if copies.spend(text.len()) { text } else { "" }
}

/// A row as Markdown.
fn line<Text: AsRef<str>>(cells: impl IntoIterator<Item = Text>) -> String {
    let mut line = String::from("|");
    for cell in cells {
        for word in cell.as_ref().split_whitespace() {
            line.push(' ');
            line.push_str(&word.replace('|', "\\|"));
        }
        line.push_str(" |");
    }
    line
}

/// Rows, the first of which is the header, as pieces of Markdown.
pub fn pieces<Row>(rows: impl IntoIterator<Item = Row>) -> Vec<String>
where
    Row: IntoIterator<Item: AsRef<str>>,
{
    let mut rows = rows.into_iter();
    let Some(first) = rows.next() else {
        return Vec::new();
    };
    let first: Vec<Row::Item> = first.into_iter().collect();
    let header = [line(&first), line(first.iter().map(|_| "---"))];
    split(&header, rows.map(line))
}

/// A table without a header as a single piece of Markdown.
pub fn whole<'a, Row>(rows: impl IntoIterator<Item = Row>) -> String
where
    Row: IntoIterator<Item = &'a str>,
{
    let mut lines: Vec<String> = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.into_iter().collect();
        lines.push(line(cells.iter().copied()));
        if lines.len() == 1 {
            lines.push(line(cells.iter().map(|_| "---")));
        }
    }
    lines.join("\n")
}

fn split(header: &[String; 2], rows: impl Iterator<Item = String>) -> Vec<String> {
    let head = header.join("\n");
    let mut pieces = Vec::new();
    let mut piece = head.clone();
    let mut length = piece.chars().count();
    let repeated = length <= MAX_HEADER;
    let mut has_rows = false;
    for row in rows {
        let more = row.chars().count() + 1;
        if has_rows && length + more > PIECE {
            pieces.push(std::mem::take(&mut piece));
            if repeated {
                piece.push_str(&head);
            }
            length = piece.chars().count();
        }
        if !piece.is_empty() {
            piece.push('\n');
        }
        piece.push_str(&row);
        length += more;
        has_rows = true;
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_table_says_in_each_piece_what_its_columns_are() {
        let rows: Vec<[String; 2]> = (0..200)
            .map(|n| [format!("{n}"), format!("value of {n}")])
            .collect();
        let all = std::iter::once(["number", "a | value"])
            .chain(rows.iter().map(|[a, b]| [a.as_str(), b.as_str()]));
        let pieces = pieces(all);
        assert!(pieces.len() > 3);
        let mut seen = 0;
        for piece in &pieces {
            assert!(piece.starts_with("| number | a \\| value |\n| --- | --- |\n"));
            assert!(piece.chars().count() <= PIECE);
            seen += piece.lines().count() - 2;
        }
        assert_eq!(seen, 200);
    }

    #[test]
    fn spans_stand_in_all_their_places() {
        let cell = |text: &str, columns, rows| Cell {
            text: text.to_owned(),
            columns,
            rows,
        };
        let table = [
            vec![cell("Group", 1, 1), cell("Fee", 2, 1)],
            vec![cell("Adults", 1, 2), cell("Card", 1, 1), cell("15", 1, 1)],
            vec![cell("Replacement", 0, 0), cell("5", 0, 0)],
            vec![cell("Children", 3, 1)],
            vec![
                cell("Under six", 1, 99),
                cell("Card", 1, 1),
                cell("0", 1, 1),
            ],
        ];
        let spread = spread(&table, &mut Copies::default());
        let expected = [
            ["Group", "Fee", "Fee"],
            ["Adults", "Card", "15"],
            ["Adults", "Replacement", "5"],
            ["Children", "", ""],
            ["Under six", "Card", "0"],
        ];
        assert_eq!(spread, expected);
        let bomb = vec![vec![cell("x", usize::MAX, usize::MAX)]; 10_000];
        let long = vec![vec![cell(&"x".repeat(10_000), 1_000, 1_000)]];
        let copied: usize = super::spread(&long, &mut Copies::default())
            .iter()
            .flatten()
            .map(|text| text.len())
            .sum();
        assert!(copied <= MAX_COPIED + 10_000, "{copied}");
        assert!(
            super::spread(&bomb, &mut Copies::default())
                .iter()
                .map(Vec::len)
                .sum::<usize>()
                <= MAX_PLACES
        );
    }

    #[test]
    fn a_header_that_is_too_wide_is_not_repeated() {
        let wide: Vec<String> = (0..200).map(|n| format!("column {n}")).collect();
        let row: Vec<&str> = wide.iter().map(String::as_str).collect();
        let pieces = pieces([row.clone(), row.clone(), row]);
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces.concat().matches("column 199 |").count(), 3);
        assert!(super::pieces(Vec::<Vec<&str>>::new()).is_empty());
    }

    #[test]
    fn spans_multiply_no_small_file() {
        let cell = |text: &str, columns| Cell {
            text: text.to_owned(),
            columns,
            rows: 1,
        };
        let wide = vec![vec![cell("x", 5_000)]; 3_000];
        let rows = spread(&wide, &mut Copies::default());
        let places: usize = rows.iter().map(Vec::len).sum();
        assert_eq!((rows.len(), rows[0].len()), (3_000, MAX_COLUMNS));
        assert!(places < MAX_COPIED / EMPTY_CELL + 2 * 3_000, "{places}");
        let long = "x".repeat(10_000);
        let rows = vec![vec![cell(&long, 900), cell("y", 1)]; 10];
        let rows = spread(&rows, &mut Copies::default());
        let bytes: usize = rows.iter().flatten().map(|text| text.len()).sum();
        assert!(bytes <= MAX_COPIED + 10 * (long.len() + 1), "{bytes}");
    }
}

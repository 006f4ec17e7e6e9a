//! Collects the rows of a data table, cell by cell.

use crate::{
    tables::{self, Cell},
    text,
};

/// Most header rows.
const MAX_HEADS: usize = 4;
/// Fewest rows for a column of numbers to imply a header above it.
const MIN_NUMBERS: usize = 3;

/// The kind of a row group, in the order in which a table shows them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Group {
    Head,
    #[default]
    Body,
    Foot,
}

/// A row that is being read.
#[derive(Default)]
struct Row {
    scope: usize,
    letters: usize,
    linked: usize,
    leading: usize,
    hidden: bool,
    cells: Vec<Cell>,
    /// Number of cells that are headers or completely bold.
    headers: usize,
    kind: Group,
    group: usize,
}

/// A data table that is being read.
#[derive(Default)]
pub struct Draft {
    rows: Vec<Row>,
    /// The current row.
    row: Option<Row>,
    /// The current cell: its column span and row span, and whether it is a header.
    cell: Option<(usize, usize, bool)>,
    kind: Group,
    group: usize,
}

/// A finished row.
pub struct Finished {
    pub scope: usize,
    pub letters: usize,
    pub linked: usize,
    pub leading: usize,
    pub hidden: bool,
    /// One for each column.
    pub cells: Vec<String>,
}

/// The content of a finished cell.
pub struct Content<'a> {
    pub text: &'a str,
    pub letters: usize,
    pub linked: usize,
    pub leading: usize,
    pub bold: usize,
}

impl Draft {
    /// Begins or ends a row group, which spans do not leave.
    pub fn group(&mut self, kind: Group) {
        self.close_row();
        self.kind = kind;
        self.group += 1;
    }

    /// Begins a row.
    pub fn open_row(&mut self, scope: usize, hidden: bool) {
        self.close_row();
        self.row = Some(Row {
            scope,
            hidden,
            kind: self.kind,
            group: self.group,
            ..Row::default()
        });
    }

    /// Begins a cell; false outside of a row.
    pub fn open_cell(&mut self, columns: usize, rows: usize, is_header: bool) -> bool {
        self.cell = self.row.is_some().then_some((columns, rows, is_header));
        self.cell.is_some()
    }

    /// Whether a cell is open.
    pub fn in_cell(&self) -> bool {
        self.cell.is_some()
    }

    /// Ends the cell.
    pub fn close_cell(&mut self, content: &Content<'_>) {
        let (Some(row), Some((columns, rows, is_header))) = (&mut self.row, self.cell.take())
        else {
            return;
        };
        let text = text::one_line(&text::normalise(content.text), usize::MAX);
        let bold = content.letters > 0 && content.bold == content.letters;
        row.headers += usize::from(is_header || bold);
        row.letters += content.letters;
        row.linked += content.linked;
        row.leading += content.leading;
        row.cells.push(Cell {
            text,
            columns,
            rows,
        });
    }

    /// Ends the row.
    pub fn close_row(&mut self) {
        let row = self.row.take();
        self.rows.extend(row.filter(|row| !row.cells.is_empty()));
    }

    /// Ends the table: its rows, the number of header rows, and the number of rows left out.
    pub fn finish(mut self, copies: &mut tables::Copies) -> (Vec<Finished>, usize, usize) {
        self.close_row();
        let mut rows = self.rows;
        arrange(&mut rows);
        clip(&mut rows);
        let mut cells: Vec<Vec<Cell>> = Vec::with_capacity(rows.len());
        for row in &mut rows {
            cells.push(std::mem::take(&mut row.cells));
        }
        let spread = tables::spread(&cells, copies);
        let cut = rows.len().saturating_sub(spread.len());
        let heads = heads(&rows, &cells, &spread);
        let width = spread.iter().map(|row| used(row)).max().unwrap_or(0);
        let mut finished = Vec::with_capacity(spread.len());
        let mut left = 0;
        for (number, (row, texts)) in rows.iter().zip(&spread).enumerate() {
            if texts.iter().all(|text| text.is_empty()) {
                left += usize::from(number < heads);
                continue;
            }
            finished.push(Finished {
                scope: row.scope,
                letters: row.letters,
                linked: row.linked,
                leading: row.leading,
                hidden: row.hidden,
                cells: texts
                    .iter()
                    .take(width)
                    .map(|&text| text.to_owned())
                    .collect(),
            });
        }
        (finished, heads - left, cut)
    }
}

/// Number of cells up to the last one with text.
fn used(row: &[&str]) -> usize {
    row.iter()
        .rposition(|text| !text.is_empty())
        .map_or(0, |last| last + 1)
}

/// Moves the first head to the top and the first foot to the bottom, as browsers do; others stay where they are (CSS 2.2,
/// 17.2).
fn arrange(rows: &mut [Row]) {
    let first = |kind| {
        rows.iter()
            .find(|row| row.kind == kind)
            .map(|row| row.group)
    };
    let (head, foot) = (first(Group::Head), first(Group::Foot));
    rows.sort_by_key(|row| match Some(row.group) {
        group if group == head => Group::Head,
        group if group == foot => Group::Foot,
        _ => Group::Body,
    });
}

/// Limits row spans to their group; a span of 0 rows reaches to its end (HTML, 4.9.12.1).
fn clip(rows: &mut [Row]) {
    let mut end = rows.len();
    for at in (0..rows.len()).rev() {
        if rows
            .get(at + 1)
            .is_some_and(|next| next.group != rows[at].group)
        {
            end = at + 1;
        }
        for cell in &mut rows[at].cells {
            if cell.rows == 0 || cell.rows > end - at {
                cell.rows = end - at;
            }
        }
    }
}

/// Number of header rows at the top.
fn heads(rows: &[Row], cells: &[Vec<Cell>], spread: &[Vec<&str>]) -> usize {
    if spread.len() < 2 || spread.iter().all(|row| row.len() < 2) {
        return 0;
    }
    let stated = rows
        .iter()
        .take_while(|row| row.kind == Group::Head)
        .count();
    if (1..=MAX_HEADS).contains(&stated) && stated < spread.len() {
        return stated;
    }
    let marked = rows.iter().zip(cells).take_while(|(row, cells)| {
        let filled = cells.iter().filter(|cell| !cell.text.is_empty());
        row.headers > 1 && row.headers >= filled.count()
    });
    let marked = marked.count();
    if (1..=MAX_HEADS).contains(&marked) && marked < spread.len() {
        return marked;
    }
    let any = rows.iter().any(|row| row.headers > 0);
    usize::from(!any && is_above_numbers(spread))
}

/// Whether the first row has no digits, and at least four fifths of a column below it have some.
fn is_above_numbers(spread: &[Vec<&str>]) -> bool {
    let has_digit = |text: &str| text.chars().any(char::is_numeric);
    let Some((first, rest)) = spread.split_first() else {
        return false;
    };
    if rest.len() < MIN_NUMBERS || first.iter().any(|text| text.is_empty() || has_digit(text)) {
        return false;
    }
    (0..first.len()).any(|column| {
        let with = rest
            .iter()
            .filter(|row| row.get(column).is_some_and(|text| has_digit(text)));
        with.count() * 5 >= rest.len() * 4
    })
}

//! Writes the cells of a sheet as tables, one for each block of rows between empty rows.

use dynrag_domain::documents::FailureCode;

use super::{
    strings::Strings,
    worksheet::{Row, Worksheet},
};
use crate::{
    protocol::Refusal,
    tables::{self, Copies},
};

/// Most text of a workbook, somewhat more than callers accept.
const MAX_TEXT: usize = 40 * 1024 * 1024;
/// Most empty cells that are written to pad the rows of a workbook.
const MAX_EMPTY: usize = 4_000_000;
/// Characters of Markdown around a cell.
const AROUND: usize = 3;
/// Most columns of a table; the rest is cut.
const MAX_COLUMNS: usize = 1_000;
/// Most rows of a single column that are lines of text rather than a table.
const MAX_LINES: usize = 3;
/// Longest text in a table of a single column; with a longer one, the column is lines of text.
const MAX_CELL: usize = 200;

/// The remaining limits on the text of a workbook.
pub struct Budget {
    bytes: usize,
    /// Remaining empty cells: sparse rows could need very many.
    empty: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: MAX_TEXT,
            empty: MAX_EMPTY,
        }
    }
}

impl Budget {
    /// Spends bytes of text.
    ///
    /// # Errors
    /// `text_too_large` if not enough are left.
    pub fn spend(&mut self, bytes: usize) -> Result<(), Refusal> {
        let left = self.bytes.checked_sub(bytes);
        self.bytes = left.ok_or_else(|| {
            let detail = format!("more than {MAX_TEXT} bytes of cells");
            Refusal::new(FailureCode::TextTooLarge, detail)
        })?;
        Ok(())
    }

    /// Spends empty cells; false if not enough are left.
    fn pad(&mut self, cells: usize) -> bool {
        let left = self.empty.checked_sub(cells);
        self.empty = left.unwrap_or(0);
        left.is_some()
    }
}

/// The text of a sheet.
#[derive(Default)]
pub struct Written {
    pub blocks: Vec<String>,
    /// Number of rows and columns left out.
    pub cut: usize,
}

/// Writes a sheet: tables in pieces, and titles above them as lines. The header of a table is repeated above the blocks of
/// rows that continue it, as long as `copies` allows.
///
/// # Errors
/// `text_too_large`.
pub fn write(
    sheet: &Worksheet,
    strings: &Strings,
    include_hidden: bool,
    budget: &mut Budget,
    copies: &mut Copies,
) -> Result<Written, Refusal> {
    let mut writer = Writer {
        sheet,
        strings,
        include_hidden,
        budget,
        copies,
        header: None,
        written: Written::default(),
    };
    let mut block: Vec<&Row> = Vec::new();
    let mut last = 0;
    for row in &sheet.rows {
        if row.number > last + 1 {
            writer.block(&std::mem::take(&mut block))?;
        }
        last = row.number;
        if (include_hidden || !row.hidden) && writer.cells(row).next().is_some() {
            block.push(row);
        }
    }
    writer.block(&block)?;
    Ok(writer.written)
}

struct Writer<'a> {
    sheet: &'a Worksheet,
    strings: &'a Strings,
    include_hidden: bool,
    budget: &'a mut Budget,
    copies: &'a mut Copies,
    /// The header of the table above, with its columns and its length in bytes.
    header: Option<(&'a Row, Vec<u32>, usize)>,
    written: Written,
}

impl<'a> Writer<'a> {
    /// Columns, texts and kinds of the visible cells in a row.
    fn cells(&self, row: &'a Row) -> impl Iterator<Item = (u32, &'a str, bool)> + use<'a> {
        let (sheet, strings, all) = (self.sheet, self.strings, self.include_hidden);
        let cells = row.cells.iter();
        cells
            .filter(move |cell| all || !sheet.hides_column(cell.column))
            .map(move |cell| (cell.column, sheet.text(cell.text, strings), cell.is_text))
    }

    /// The column of the only cell in a row.
    fn single(&self, row: &'a Row) -> Option<u32> {
        let mut cells = self.cells(row);
        let (column, _, _) = cells.next()?;
        cells.next().is_none().then_some(column)
    }

    /// Writes adjacent rows.
    fn block(&mut self, rows: &[&'a Row]) -> Result<(), Refusal> {
        let leading = rows.iter().take_while(|row| self.single(row).is_some());
        let leading = leading.count();
        let Some(first) = rows.get(leading) else {
            return self.list(rows);
        };
        let columns = self.columns(&rows[leading..]);
        let start = self.cells(first).next().map_or(0, |(column, ..)| column);
        // In a table of two columns, a single cell above the second column is its header.
        let is_title = |row: &&&Row| {
            columns.len() > 2 || self.single(row).is_some_and(|column| column <= start)
        };
        let titles = rows[..leading].iter().take_while(is_title).count();
        self.lines(&rows[..titles])?;
        if titles == leading {
            return self.table(&rows[titles..], columns);
        }
        let columns = self.columns(&rows[titles..]);
        self.table(&rows[titles..], columns)
    }

    /// The columns that rows use, in order.
    fn columns(&self, rows: &[&'a Row]) -> Vec<u32> {
        let mut columns: Vec<u32> = Vec::new();
        for (column, ..) in rows.iter().flat_map(|row| self.cells(row)) {
            if let Err(place) = columns.binary_search(&column) {
                columns.insert(place, column);
            }
        }
        columns
    }

    /// Writes rows of a single cell each.
    fn list(&mut self, rows: &[&'a Row]) -> Result<(), Refusal> {
        let same = rows
            .windows(2)
            .all(|two| self.single(two[0]) == self.single(two[1]));
        let mut texts = rows.iter().flat_map(|row| self.cells(row));
        if rows.len() <= MAX_LINES || !same || texts.any(|(_, text, _)| text.len() > MAX_CELL) {
            return self.lines(rows);
        }
        let columns = self.columns(&rows[..1]);
        self.table(rows, columns)
    }

    /// Writes rows of a single cell each as a block of lines.
    fn lines(&mut self, rows: &[&'a Row]) -> Result<(), Refusal> {
        let texts = rows.iter().flat_map(|row| self.cells(row));
        let lines: Vec<&str> = texts.map(|(_, text, _)| text).collect();
        for line in &lines {
            self.budget.spend(line.len() + 1)?;
        }
        if !lines.is_empty() {
            self.written.blocks.push(lines.join("\n"));
        }
        Ok(())
    }

    fn table(&mut self, rows: &[&'a Row], mut columns: Vec<u32>) -> Result<(), Refusal> {
        let Some(first) = rows.first() else {
            return Ok(());
        };
        if columns.len() > MAX_COLUMNS {
            self.written.cut += columns.len() - MAX_COLUMNS;
            columns.truncate(MAX_COLUMNS);
        }
        let named = self.cells(first).all(|(.., is_text)| is_text);
        let mut header = None;
        // A block that begins with numbers continues the table above.
        if let Some((above, over, length)) = self.header.take()
            && !named
            && columns
                .iter()
                .all(|column| over.binary_search(column).is_ok())
        {
            if self.copies.spend(length) {
                self.budget.spend(length)?;
                columns.clone_from(&over);
                header = Some(above);
            }
            self.header = Some((above, over, length));
        } else if named && rows.len() > 2 {
            self.header = Some((first, columns.clone(), self.length(first, columns.len())));
        }
        let kept = self.affordable(rows, columns.len())?;
        self.written.cut += rows.len() - kept;
        let all = header.iter().chain(&rows[..kept]);
        let all = all.map(|row| self.across(row, &columns));
        let pieces = tables::pieces(all);
        self.written.blocks.extend(pieces);
        Ok(())
    }

    /// Length of a row as the header of so many columns, in bytes.
    fn length(&self, row: &'a Row, columns: usize) -> usize {
        let texts = self.cells(row).map(|(_, text, _)| text.len());
        // Below each column's name are dashes.
        texts.sum::<usize>() + 3 * AROUND * columns
    }

    /// The number of rows that the remaining limits allow.
    fn affordable(&mut self, rows: &[&'a Row], columns: usize) -> Result<usize, Refusal> {
        for (place, row) in rows.iter().enumerate() {
            let mut filled = 0;
            for (_, text, _) in self.cells(row) {
                self.budget.spend(text.len() + AROUND)?;
                filled += 1;
            }
            if !self.budget.pad(columns.saturating_sub(filled)) {
                return Ok(place);
            }
        }
        Ok(rows.len())
    }

    /// The texts of a row, one for each column.
    fn across(&self, row: &'a Row, columns: &[u32]) -> Vec<&'a str> {
        let mut texts = vec![""; columns.len()];
        let mut place = 0;
        for (column, text, _) in self.cells(row) {
            while columns.get(place).is_some_and(|next| *next < column) {
                place += 1;
            }
            if columns.get(place) == Some(&column) {
                texts[place] = text;
            }
        }
        texts
    }
}

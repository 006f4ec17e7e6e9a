//! Reads the cells of a sheet (ECMA-376 part 1, 18.3) as events, because sheets may be long.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{
    cells::{self, Source, Value},
    columns::Columns,
    reference::{self, MAX_COLUMN, MAX_ROW},
    strings,
    workbook::Workbook,
};
use crate::{protocol::Refusal, xml};

/// Most text of a sheet's cells, without shared strings; further cells are cut.
const MAX_TEXT: usize = 48 * 1024 * 1024;
/// Most merged ranges.
const MAX_MERGED: usize = 100_000;

/// The text of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// A shared string.
    Shared(usize),
    /// A range of the sheet's own text.
    Own { start: u32, end: u32 },
}

/// A cell with visible content.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    /// From 1.
    pub column: u32,
    pub text: Text,
    /// Whether it is text rather than a number, date, boolean or error.
    pub is_text: bool,
}

/// A row that has cells or is hidden.
#[derive(Debug, Default)]
pub struct Row {
    /// From 1.
    pub number: u32,
    pub hidden: bool,
    /// In the order of their columns.
    pub cells: Vec<Cell>,
}

/// A sheet's cells.
#[derive(Default)]
pub struct Worksheet {
    /// In ascending order.
    pub rows: Vec<Row>,
    /// Text of the cells, without shared strings.
    own: String,
    hidden: Columns,
    /// Upper left and lower right corners of merged cells, as rows and columns.
    pub merged: Vec<[(u32, u32); 2]>,
    /// Number of merged cells that are not repeated, because of a limit.
    pub unmerged: usize,
    /// Number of formulas without a value.
    pub formulas: usize,
    /// Whether the XML has an error; the rows before it were read.
    pub torn: bool,
    /// Number of cells beyond a limit.
    pub beyond: usize,
    /// Numbers of the last row and column.
    row: u32,
    column: u32,
}

impl Worksheet {
    /// Reads a part up to an error in its XML.
    pub fn read(source: &str, workbook: &Workbook) -> Self {
        let mut reader = Reader::from_str(source);
        let mut sheet = Self::default();
        sheet.torn = sheet.events(&mut reader, workbook).is_err();
        sheet.put_in_order();
        sheet
    }

    fn events(&mut self, reader: &mut Reader<&[u8]>, workbook: &Workbook) -> Result<(), Refusal> {
        let mut open = false;
        loop {
            let event = reader.read_event().map_err(|error| xml::refusal(&error))?;
            match event {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "sheetData" => open = true,
                    "row" => self.begin_row(&tag),
                    "c" => {
                        let (column, source) = self.begin_cell(&tag);
                        let source = self.content(reader, source)?;
                        self.end_cell(column, source, workbook);
                    }
                    _ => self.other(&tag),
                },
                Event::Empty(tag) => match tag.local_name().as_ref() {
                    "row" => self.begin_row(&tag),
                    "c" => {
                        self.begin_cell(&tag);
                    }
                    _ => self.other(&tag),
                },
                Event::End(tag) => open &= tag.local_name().as_ref() != "sheetData",
                Event::Eof if open => return Err(strings::cut_off()),
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn begin_row(&mut self, tag: &BytesStart<'_>) {
        let mut number = None;
        let mut hidden = false;
        each(tag, |name, value| match name {
            "r" => number = value.trim().parse().ok(),
            "hidden" => hidden = is_true(value),
            _ => {}
        });
        let number: Option<u32> = number.filter(|number| (1..=MAX_ROW).contains(number));
        self.row = number.unwrap_or(self.row.saturating_add(1));
        self.column = 0;
        // A visible empty row separates two tables.
        if self
            .rows
            .last()
            .is_some_and(|row| row.cells.is_empty() && !row.hidden)
        {
            self.rows.pop();
        }
        self.rows.push(Row {
            number: self.row,
            hidden,
            cells: Vec::new(),
        });
    }

    fn begin_cell(&mut self, tag: &BytesStart<'_>) -> (u32, Source) {
        let mut source = Source::default();
        let mut column = None;
        let mut row = None;
        each(tag, |name, value| match name {
            "r" => (row, column) = reference::cell(value),
            "s" => source.style = value.trim().parse().unwrap_or(0),
            "t" => value.clone_into(&mut source.kind),
            _ => {}
        });
        if self.rows.is_empty() {
            self.rows.push(Row::default());
        }
        if let (Some(number), Some(last)) = (row, self.rows.last_mut())
            && last.cells.is_empty()
        {
            // The row itself has no number.
            last.number = number;
            self.row = number;
        }
        self.column = column.unwrap_or(self.column.saturating_add(1));
        (self.column, source)
    }

    /// Reads a cell up to its end.
    fn content(
        &mut self,
        reader: &mut Reader<&[u8]>,
        mut source: Source,
    ) -> Result<Source, Refusal> {
        let mut in_value = false;
        let mut formula = false;
        loop {
            let event = reader.read_event().map_err(|error| xml::refusal(&error))?;
            match &event {
                Event::Start(tag) => match tag.local_name().as_ref() {
                    "v" => {
                        in_value = true;
                        source.value = Some(String::new());
                    }
                    "is" => source.inline = Some(strings::rich_text(reader, "is")?),
                    "f" => formula = true,
                    _ => {}
                },
                Event::Empty(tag) => formula |= tag.local_name().as_ref() == "f",
                Event::End(tag) => match tag.local_name().as_ref() {
                    "v" => in_value = false,
                    "c" => break,
                    _ => {}
                },
                Event::Eof => return Err(strings::cut_off()),
                event if in_value => {
                    if let Some(value) = &mut source.value {
                        xml::push_text(event, value);
                    }
                }
                _ => {}
            }
        }
        let nothing = source.value.as_ref().is_none_or(|value| value.is_empty());
        // A text may be empty, a number may not.
        if formula && nothing && !matches!(source.kind.as_str(), "str" | "inlineStr") {
            self.formulas += 1;
        }
        Ok(source)
    }

    fn end_cell(&mut self, column: u32, source: Source, workbook: &Workbook) {
        if self.own.len() > MAX_TEXT {
            let text = source.inline.or(source.value);
            self.beyond += usize::from(text.is_some_and(|text| !text.trim().is_empty()));
            return;
        }
        let (text, is_text) = match cells::shown(source, workbook) {
            Some(Value::Shared(number)) => {
                if workbook.strings.get(number).trim().is_empty() {
                    return;
                }
                (Text::Shared(number), true)
            }
            Some(Value::Text(text)) => (self.keep(&text), true),
            Some(Value::Other(text)) => (self.keep(&text), false),
            None => return,
        };
        if let Text::Own { start, end } = text
            && start == end
        {
            return;
        }
        if column > MAX_COLUMN || self.row > MAX_ROW || self.own.len() > MAX_TEXT {
            self.beyond += 1;
        } else if let Some(row) = self.rows.last_mut() {
            row.cells.push(Cell {
                column,
                text,
                is_text,
            });
        }
    }

    /// Stores the text of a cell; a blank text becomes empty.
    fn keep(&mut self, text: &str) -> Text {
        let start = self.own.len();
        self.own.push_str(text.trim());
        let place = |at: usize| u32::try_from(at).unwrap_or(0);
        Text::Own {
            start: place(start),
            end: place(self.own.len()),
        }
    }

    fn other(&mut self, tag: &BytesStart<'_>) {
        match tag.local_name().as_ref() {
            "col" => self.column_properties(tag),
            "mergeCell" if self.merged.len() >= MAX_MERGED => self.unmerged += 1,
            "mergeCell" => {
                each(tag, |name, value| {
                    if name == "ref" {
                        self.merged.extend(reference::range(value));
                    }
                });
            }
            _ => {}
        }
    }

    fn column_properties(&mut self, tag: &BytesStart<'_>) {
        let (mut first, mut last, mut hidden) = (0, 0, false);
        each(tag, |name, value| match name {
            "min" => first = value.trim().parse().unwrap_or(0),
            "max" => last = value.trim().parse().unwrap_or(0),
            "hidden" => hidden |= is_true(value),
            "width" => hidden |= value.trim().parse() == Ok(0.0),
            _ => {}
        });
        if hidden {
            self.hidden.add(first, last);
        }
    }

    /// Sorts rows and cells, which are out of order only in broken files.
    fn put_in_order(&mut self) {
        self.rows.retain(|row| row.hidden || !row.cells.is_empty());
        if !self.rows.is_sorted_by_key(|row| row.number) {
            self.rows.sort_by_key(|row| row.number);
        }
        for row in &mut self.rows {
            row.put_in_order();
        }
        self.hidden.finish();
    }

    /// Resolves a text.
    pub fn text<'a>(&'a self, text: Text, strings: &'a strings::Strings) -> &'a str {
        match text {
            Text::Shared(number) => strings.get(number).trim(),
            Text::Own { start, end } => {
                let range = start as usize..end as usize;
                self.own.get(range).unwrap_or_default()
            }
        }
    }

    /// Whether a column is hidden.
    pub fn hides_column(&self, column: u32) -> bool {
        self.hidden.contains(column)
    }

    /// Whether a cell is in a hidden row or column.
    pub fn hides(&self, row: u32, column: u32) -> bool {
        let place = self.rows.binary_search_by_key(&row, |row| row.number);
        self.hides_column(column) || place.is_ok_and(|place| self.rows[place].hidden)
    }

    /// Number of hidden rows with content, and a list of them.
    pub fn hidden_rows(&self) -> (usize, String) {
        let rows = self
            .rows
            .iter()
            .filter(|row| row.hidden && !row.cells.is_empty());
        let numbers: Vec<u32> = rows.map(|row| row.number).collect();
        let listed = reference::listed(&numbers, |number| number.to_string());
        (numbers.len(), format!("rows {listed}"))
    }

    /// Number of hidden columns with content, and a list of them.
    pub fn hidden_columns(&self) -> (usize, String) {
        if self.hidden.is_empty() {
            return (0, String::new());
        }
        let mut used = vec![false; MAX_COLUMN as usize + 1];
        for cell in self.rows.iter().flat_map(|row| &row.cells) {
            used[cell.column as usize] = true;
        }
        let is_lost = |column: &u32| used[*column as usize] && self.hides_column(*column);
        let numbers: Vec<u32> = (1..=MAX_COLUMN).filter(is_lost).collect();
        let listed = reference::listed(&numbers, reference::letters);
        (numbers.len(), format!("columns {listed}"))
    }
}

impl Row {
    /// Sorts the cells by column, and keeps one for each column.
    pub fn put_in_order(&mut self) {
        if !self.cells.is_sorted_by_key(|cell| cell.column) {
            self.cells.sort_by_key(|cell| cell.column);
        }
        self.cells.dedup_by_key(|cell| cell.column);
    }
}

fn is_true(value: &str) -> bool {
    matches!(value.trim(), "1" | "true" | "on")
}

/// Calls `on` with the local names and raw values of attributes; entities are not resolved.
fn each(tag: &BytesStart<'_>, mut on: impl FnMut(&str, &str)) {
    for attribute in tag.attributes().with_checks(false).flatten() {
        on(attribute.key.local_name().as_ref(), &attribute.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Worksheet {
        let workbook = Workbook {
            sheets: Vec::new(),
            relationships: Default::default(),
            since_1904: false,
            strings: strings::Strings::default(),
            styles: Default::default(),
            people: Default::default(),
        };
        Worksheet::read(source, &workbook)
    }

    #[test]
    fn ranges_and_texts_are_limited() {
        let merged = "<mergeCell ref='A1:B2'/>".repeat(MAX_MERGED + 7);
        let merged = read(&merged);
        assert_eq!((merged.merged.len(), merged.unmerged), (MAX_MERGED, 7));
        let long = format!(
            "<row><c t='str'><v>{}</v></c><c><v>2</v></c><c><v> </v></c></row>",
            "x".repeat(MAX_TEXT + 1)
        );
        let long = read(&long);
        assert_eq!((long.rows.len(), long.beyond), (0, 2));
    }

    #[test]
    fn a_sheet_that_is_cut_between_its_rows_is_torn() {
        for (source, torn) in [
            ("<sheetData><row><c><v>1</v></c></row></sheetData>", false),
            ("<sheetData><row><c><v>1</v></c></row>", true),
        ] {
            assert_eq!(read(source).torn, torn, "{source}");
        }
    }
}

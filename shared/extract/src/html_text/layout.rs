//! Distinguishes data tables from layout tables.

use super::marks::{Marks, Part};

/// Letters in a cell beyond which a table is layout: without markup of a data table, and with it.
const LONG: usize = 600;
const VERY_LONG: usize = 3_000;
/// Letters and blocks beyond which a cell without structure, apart from paragraphs, is part of a page.
const PAGE: (usize, usize) = (1_500, 6);
/// Most letters of a nested table in a data table.
const NESTED: usize = 300;

/// Facts about a table, without the tables inside of it.
#[derive(Default)]
pub struct Table {
    /// Whether it is an HTML table rather than other elements displayed as one.
    native: bool,
    presentation: bool,
    /// Whether its markup says that it holds data: header cells, a caption.
    explicit: bool,
    rows: usize,
    /// Cells of the current row, cells of the longest row, and the number of rows with more than one cell.
    cells: usize,
    columns: usize,
    regular: usize,
    /// Parts of a page: articles, navigation, headings of level 1.
    sections: usize,
    /// Lists, headings, code, forms.
    structures: usize,
    nested: usize,
    nested_letters: usize,
    letters: usize,
    cell: (usize, usize),
    longest: (usize, usize),
}

impl Table {
    /// Starts a table.
    pub fn of(marks: &Marks<'_>) -> Self {
        Self {
            native: marks.name == "table",
            presentation: ["presentation", "none"].contains(&marks.role),
            explicit: ["table", "grid", "treegrid"].contains(&marks.role),
            ..Self::default()
        }
    }

    /// Enters an element.
    pub fn open(&mut self, marks: &Marks<'_>, part: Option<Part>) {
        match part {
            Some(Part::Row) => (self.rows, self.cells) = (self.rows + 1, 0),
            Some(part @ (Part::Cell | Part::Header)) => {
                self.cells += 1;
                self.columns = self.columns.max(self.cells);
                self.regular += usize::from(self.cells == 2);
                self.cell = (0, 0);
                self.explicit |= part == Part::Header;
            }
            Some(Part::Head | Part::Caption) => self.explicit = true,
            Some(_) => {}
            None => self.content(marks.name),
        }
    }

    fn content(&mut self, name: &str) {
        match name {
            "article" | "section" | "main" | "nav" | "aside" | "header" | "footer" | "h1" => {
                self.sections += 1;
            }
            "h2" | "h3" | "h4" | "h5" | "h6" | "ul" | "ol" | "pre" | "form" => {
                self.structures += 1;
                self.cell.1 += 1;
            }
            "p" | "div" | "li" | "blockquote" => self.cell.1 += 1,
            _ => {}
        }
    }

    /// Counts letters.
    pub fn text(&mut self, letters: usize) {
        self.letters += letters;
        self.cell.0 += letters;
    }

    /// Leaves an element.
    pub fn close(&mut self, part: Option<Part>) {
        if matches!(part, Some(Part::Cell | Part::Header)) {
            self.longest.0 = self.longest.0.max(self.cell.0);
            self.longest.1 = self.longest.1.max(self.cell.1);
        }
    }

    /// Adds a finished nested table.
    pub fn nested(&mut self, inner: &Self) {
        self.nested += 1 + inner.nested;
        self.nested_letters = self.nested_letters.max(inner.letters);
        self.sections += inner.sections;
        self.text(inner.letters);
    }

    /// Whether the table holds data.
    pub fn holds_data(&self) -> bool {
        if self.rows == 0 || self.sections > 0 || (self.presentation && !self.explicit) {
            return false;
        }
        let regular = self.rows > 1 && self.columns > 1 && self.regular * 3 >= self.rows * 2;
        if !self.native && !regular {
            return false;
        }
        if self.nested > 0 {
            return self.explicit
                && regular
                && self.nested_letters <= NESTED
                && self.longest.0 <= PAGE.0;
        }
        if self.structures == 0 && self.native {
            return self.explicit || self.longest.0 <= PAGE.0 || self.longest.1 <= PAGE.1;
        }
        regular && self.longest.0 <= if self.explicit { VERY_LONG } else { LONG }
    }
}

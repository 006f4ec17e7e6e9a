//! Tells tables that hold data from those that lay out a page.

use super::marks::{Marks, Part};

/// Letters in a cell that are too many for data, where nothing says that the table holds data, and where
/// something does.
const LONG: usize = 600;
const VERY_LONG: usize = 3_000;
/// A cell without any structure but paragraphs is part of a page if it has more letters and blocks.
const PAGE: (usize, usize) = (1_500, 6);
/// Letters of a table within a cell of another.
const NESTED: usize = 300;

/// What a table has been found to hold, without the tables within it.
#[derive(Default)]
pub struct Table {
    /// Whether it is an HTML table, not other elements that are shown as one.
    native: bool,
    presentation: bool,
    /// Whether its markup says that it is data: header cells, a caption.
    explicit: bool,
    rows: usize,
    /// Cells of the present row, of the longest, and number of rows with more than one.
    cells: usize,
    columns: usize,
    regular: usize,
    /// Parts of pages: articles, navigation, headings of the first level.
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
    /// A table that begins.
    pub fn of(marks: &Marks<'_>) -> Self {
        Self {
            native: marks.name == "table",
            presentation: ["presentation", "none"].contains(&marks.role),
            explicit: ["table", "grid", "treegrid"].contains(&marks.role),
            ..Self::default()
        }
    }

    /// Takes in an element that begins.
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

    /// Takes in letters.
    pub fn text(&mut self, letters: usize) {
        self.letters += letters;
        self.cell.0 += letters;
    }

    /// Takes in an element that ends.
    pub fn close(&mut self, part: Option<Part>) {
        if matches!(part, Some(Part::Cell | Part::Header)) {
            self.longest.0 = self.longest.0.max(self.cell.0);
            self.longest.1 = self.longest.1.max(self.cell.1);
        }
    }

    /// Takes in a table within it, which has ended.
    pub fn nested(&mut self, inner: &Self) {
        self.nested += 1 + inner.nested;
        self.nested_letters = self.nested_letters.max(inner.letters);
        self.sections += inner.sections;
        self.text(inner.letters);
    }

    /// Whether its rows are data.
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

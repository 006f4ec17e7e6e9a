//! Collects the text of an HTML tree in blocks, as its elements open and close.

mod image;
mod inline;
mod kinds;
mod line;
mod list;
mod notes;
mod table;
#[cfg(test)]
mod tests;

use ego_tree::NodeRef;
use scraper::{Node, node::Element};

use self::{
    kinds::{Frame, Kind},
    list::List,
    table::{Content, Draft, Group},
};
use crate::html_text::{
    Block, Scope, Table,
    marks::{Marks, Part, attribute},
};
use crate::tables::Copies;

/// Deepest indentation of nested lists.
const MAX_INDENT: usize = 8;

/// The kind of the last block, which decides whether the next one follows without a blank line.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Last {
    #[default]
    Loose,
    Item,
    Term,
    Definition,
}

/// The current block so far.
#[derive(Default)]
struct Line {
    text: String,
    letters: usize,
    linked: usize,
    leading: usize,
    bold: usize,
    scope: Option<usize>,
    /// Alternative texts of images that count only in a cell without text.
    spare: String,
}

/// The current position, and the output so far.
#[derive(Default)]
pub struct Writer<'a> {
    /// The blocks so far.
    pub blocks: Vec<Block>,
    /// The elements so far that may hold some.
    pub scopes: Vec<Scope<'a>>,
    /// The data tables so far.
    pub tables: Vec<Table>,
    /// Rows of tables that exceeded a limit and were left out.
    pub rows_cut: usize,
    /// Remaining repetitions of tables.
    pub copies: Copies,
    /// Whether the current content is hidden but read all the same.
    pub hidden: bool,
    /// The scopes around the current position.
    around: Vec<usize>,
    /// The kinds of the elements around it.
    frames: Vec<Frame>,
    links: usize,
    /// Number of surrounding links to other pages.
    leads: usize,
    bold: usize,
    preformatted: usize,
    /// Whether a line of code has ended without a line break.
    line_ended: bool,
    line: Line,
    lists: Vec<List>,
    /// The terms and definitions around it.
    terms: Vec<Last>,
    /// Prefix of the next item line.
    marker: Option<String>,
    heading: Option<u8>,
    /// The data table around it.
    table: Option<Draft>,
    /// Readings of the parts of a word (ruby).
    reading: String,
    /// Alternative texts of images before the first block.
    images: Vec<String>,
    last: Last,
}

impl<'a> Writer<'a> {
    /// Enters an element. `is_data` tells whether a table holds data.
    pub fn open(
        &mut self,
        node: NodeRef<'a, Node>,
        element: &'a Element,
        marks: &Marks<'a>,
        is_data: bool,
    ) {
        let is_link = marks.name == "a";
        self.links += usize::from(is_link);
        let leads = is_link && kinds::leads(element);
        self.leads += usize::from(leads);
        let kind = self.kind(node, marks, is_data);
        let is_scope = !kinds::is_inline(marks.name);
        if is_scope {
            let place = self.scopes.len();
            self.scopes.push(Scope {
                parent: self.around.last().copied().unwrap_or(place),
                end: place + 1,
                element,
            });
            self.around.push(place);
        }
        self.begin(&kind, node, element, marks);
        if marks.role == "img" && marks.name != "img" {
            self.label(node, element);
        }
        self.frames.push(Frame {
            kind,
            is_link,
            leads,
            is_scope,
            at: self.line.text.len(),
            blocks: self.blocks.len(),
        });
    }

    /// Leaves the innermost element.
    pub fn close(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        self.end(&frame);
        self.links -= usize::from(frame.is_link);
        self.leads -= usize::from(frame.leads);
        if frame.is_scope {
            let end = self.scopes.len();
            if let Some(scope) = self.around.pop().and_then(|at| self.scopes.get_mut(at)) {
                scope.end = end;
            }
        }
    }

    /// The kind of an element at the current position.
    fn kind(&self, node: NodeRef<'_, Node>, marks: &Marks<'_>, is_data: bool) -> Kind {
        if self.preformatted > 0 {
            return kinds::in_code(node, marks);
        }
        if self.in_cell() {
            return kinds::in_cell(node, marks);
        }
        match marks.part() {
            Some(Part::Table)
                if is_data && self.table.is_none() && !kinds::holds_lines(node, marks) =>
            {
                return Kind::Table;
            }
            Some(Part::Head) if self.table.is_some() => return Kind::Head,
            Some(Part::Foot) if self.table.is_some() => return Kind::Foot,
            Some(Part::Group) if self.table.is_some() => return Kind::Group,
            Some(Part::Row) if self.table.is_some() => return Kind::Row,
            Some(part @ (Part::Cell | Part::Header)) if self.table.is_some() => {
                return Kind::Cell(part == Part::Header);
            }
            Some(Part::Caption) if self.table.is_some() && marks.name == "caption" => {
                return Kind::Block;
            }
            _ => {}
        }
        let kind = kinds::of(node, marks);
        // A question in a heading stays in it.
        if self.heading.is_some() && marks.name == "button" {
            return Kind::Inline;
        }
        kind
    }

    fn in_cell(&self) -> bool {
        self.table.as_ref().is_some_and(Draft::in_cell)
    }

    fn begin(
        &mut self,
        kind: &Kind,
        node: NodeRef<'_, Node>,
        element: &Element,
        marks: &Marks<'_>,
    ) {
        match kind {
            Kind::Inline | Kind::Ruby | Kind::Reading | Kind::CodeTable => {}
            Kind::Shifted { .. } | Kind::Note(_) => {}
            Kind::Bold => self.bold += 1,
            Kind::Break if self.in_cell() => self.blank(),
            Kind::Break => self.line.text.push('\n'),
            Kind::Image => self.image(node, element),
            Kind::CodeLine { always } => self.begin_code_line(*always),
            Kind::CodeRow => self.begin_code_line(true),
            Kind::Gap => self.blank(),
            Kind::CellList => self.lists.push(List::of(node, element, marks)),
            Kind::CellItem => self.begin_cell_item(element),
            Kind::Separate(sign) => self.separate(sign),
            Kind::Block => self.end_block(),
            Kind::Heading(level) => {
                self.end_block();
                self.heading = Some(*level);
                self.marker = None;
                if let Some(list) = self.lists.last_mut().filter(|list| list.items > 0) {
                    list.flat = true;
                }
            }
            Kind::List => {
                self.end_block();
                if self.lists.is_empty() && self.last == Last::Item {
                    self.last = Last::Loose;
                }
                self.lists.push(List::of(node, element, marks));
            }
            Kind::Item => self.begin_item(element),
            Kind::Term | Kind::Definition => {
                self.end_block();
                self.terms.push(match kind {
                    Kind::Term => Last::Term,
                    _ => Last::Definition,
                });
            }
            Kind::Code => {
                self.end_block();
                self.preformatted += 1;
                self.line_ended = false;
            }
            Kind::Table => {
                self.end_block();
                self.marker = None;
                self.table = Some(Draft::default());
            }
            Kind::Head | Kind::Foot | Kind::Group | Kind::Row | Kind::Cell(_) => {
                self.begin_part(kind, element);
            }
        }
    }

    fn begin_part(&mut self, kind: &Kind, element: &Element) {
        self.end_block();
        let scope = self.around.last().copied().unwrap_or(0);
        let hidden = self.hidden;
        let Some(table) = &mut self.table else {
            return;
        };
        let span = |names: [&str; 2]| {
            let value = names.into_iter().find_map(|name| attribute(element, name));
            value.and_then(|value| value.trim().parse().ok())
        };
        match kind {
            Kind::Head => table.group(Group::Head),
            Kind::Foot => table.group(Group::Foot),
            Kind::Group => table.group(Group::Body),
            Kind::Row => table.open_row(scope, hidden),
            Kind::Cell(is_header) => {
                let columns = span(["colspan", "aria-colspan"]).unwrap_or(1);
                let rows = span(["rowspan", "aria-rowspan"]).unwrap_or(1);
                table.open_cell(columns, rows, *is_header);
            }
            _ => {}
        }
    }

    fn begin_item(&mut self, element: &Element) {
        self.end_block();
        let indent = "  ".repeat(self.lists.len().saturating_sub(1).min(MAX_INDENT));
        let marker = match self.lists.last_mut() {
            Some(list) => list.marker(element),
            None => "- ".to_owned(),
        };
        self.marker = Some(indent + &marker);
    }

    fn begin_cell_item(&mut self, element: &Element) {
        let Some(list) = self.lists.last_mut() else {
            return self.blank();
        };
        let is_first = list.items == 0;
        let marker = list.marker(element);
        let marker = if list.is_numbered() {
            marker
        } else {
            String::new()
        };
        if is_first {
            self.blank();
        } else {
            self.separate("; ");
        }
        self.line.text.push_str(&marker);
    }

    /// Separates the text that follows in a cell from the text before it.
    fn separate(&mut self, sign: &str) {
        let end = self.line.text.trim_end().len();
        self.line.text.truncate(end);
        let ends = self
            .line
            .text
            .ends_with([';', ',', '.', ':', '!', '?', '。', '；', '，', '：']);
        if ends {
            self.blank();
        } else if !self.line.text.is_empty() {
            self.line.text.push_str(sign);
        }
    }

    fn begin_code_line(&mut self, always: bool) {
        let text = &mut self.line.text;
        let open = always && !text.is_empty() && !text.ends_with('\n');
        if self.line_ended || open {
            text.push('\n');
            self.line_ended = false;
        }
    }

    fn end(&mut self, frame: &Frame) {
        match &frame.kind {
            Kind::Inline | Kind::Break | Kind::Image | Kind::CodeTable => {}
            Kind::Bold => self.bold = self.bold.saturating_sub(1),
            Kind::Separate(_) => {}
            Kind::Shifted { raised } => self.end_shifted(frame, *raised),
            Kind::Note(note) => self.end_note(frame, *note),
            Kind::Reading => self.end_reading(frame),
            Kind::Ruby => self.end_ruby(),
            Kind::CodeLine { .. } | Kind::CodeRow => {
                let written = self.line.text.len() > frame.at;
                self.line_ended = !(written && self.line.text.ends_with('\n'));
            }
            Kind::Gap | Kind::CellItem => self.blank(),
            Kind::CellList => {
                self.lists.pop();
                self.blank();
            }
            Kind::Block => self.end_block(),
            Kind::Heading(_) => {
                self.end_block();
                self.heading = None;
            }
            Kind::List => {
                self.end_block();
                self.lists.pop();
            }
            Kind::Item => {
                self.end_block();
                self.marker = None;
            }
            Kind::Term | Kind::Definition => {
                self.end_block();
                self.terms.pop();
            }
            Kind::Code => {
                self.end_block();
                self.preformatted = self.preformatted.saturating_sub(1);
                self.line_ended = false;
            }
            Kind::Table => self.end_table(),
            Kind::Head | Kind::Foot | Kind::Group => {
                self.end_block();
                if let Some(table) = &mut self.table {
                    table.group(Group::Body);
                }
            }
            Kind::Row => {
                self.end_block();
                if let Some(table) = &mut self.table {
                    table.close_row();
                }
            }
            Kind::Cell(_) => self.end_cell(),
        }
    }

    fn end_cell(&mut self) {
        if !self.in_cell() {
            return self.end_block();
        }
        let line = std::mem::take(&mut self.line);
        let is_empty = line.text.trim().is_empty();
        if let Some(table) = &mut self.table {
            table.close_cell(&Content {
                text: if is_empty { &line.spare } else { &line.text },
                letters: line.letters,
                linked: line.linked,
                leading: line.leading,
                bold: line.bold,
            });
        }
    }
}

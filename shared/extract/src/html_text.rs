//! Reads an HTML tree as blocks of readable text: separate paragraphs, list items and table rows on their
//! own lines, headings as sections.

pub mod formulas;
pub mod layout;
pub mod marks;
mod panels;
pub mod sheets;
pub mod survey;
#[cfg(test)]
mod tests;
mod written;

use std::rc::Rc;

use ego_tree::{NodeRef, iter::Edge};
use scraper::{Html, Node, node::Element};

use self::{
    marks::{Marks, attribute},
    sheets::Sheet,
    survey::Survey,
};
use crate::{html_writer::Writer, symbols::Font, text, text::Builder};

/// Elements whose content is invisible or not text.
const INVISIBLE: &[&str] = &[
    "head", "script", "style", "noscript", "iframe", "select", "audio", "video", "rp",
];
/// React sends parts of a page late, hidden under such an id, and a script puts them in their place.
const STREAMED: &str = "S:";
/// Classes of line numbers beside code.
const LINE_NUMBERS: &[&str] = &[
    "lineno",
    "linenos",
    "linenumber",
    "linenumbers",
    "ln",
    "lnt",
    "lnum",
    "gutter",
    "rougegutter",
    "blobnum",
    "hljslnnumbers",
    "codelinenumber",
    "reactsyntaxhighlighterlinenumber",
];
/// Most nodes that are checked for holding nothing but line numbers.
const MAX_NUMBERS: usize = 4_096;

/// A block of text: a paragraph, a heading, a list item, a row of a table.
pub struct Block {
    /// In normal form; of a row, its cells with bars between.
    pub text: String,
    /// The level of a heading.
    pub heading: Option<u8>,
    /// The place of the element that it is in, within [`Blocks::scopes`].
    pub scope: usize,
    /// Number of its letters and digits.
    pub letters: usize,
    /// Number of those that are in links.
    pub linked: usize,
    /// Number of those that are in links to other pages.
    pub leading: usize,
    /// Whether it follows the last block without a blank line: items of a list, rows of a table.
    pub joined: bool,
    /// Its position and cells, if it is a row of a data table.
    pub row: Option<Row>,
    /// Alternative texts of the images that follow it.
    pub images: Vec<String>,
    /// Whether the page hides it.
    pub hidden: bool,
}

/// A row of a data table.
pub struct Row {
    /// The index of its table within [`Blocks::tables`].
    pub table: usize,
    /// Its index in the table.
    pub number: usize,
    /// One for each column.
    pub cells: Vec<String>,
}

/// A data table.
pub struct Table {
    /// The names of its columns, if it has a header.
    pub header: Option<Vec<String>>,
    /// Number of header rows at the top.
    pub heads: usize,
    /// Number of all rows.
    pub rows: usize,
}

/// An element that may hold blocks.
pub struct Scope<'a> {
    /// Index of the surrounding scope; its own if there is none.
    pub parent: usize,
    /// The place after the last within it.
    pub end: usize,
    /// The element.
    pub element: &'a Element,
}

/// The visible text of a page.
pub struct Blocks<'a> {
    /// In their order in the page.
    pub blocks: Vec<Block>,
    /// In page order, outer ones first; invisible ones are omitted.
    pub scopes: Vec<Scope<'a>>,
    /// The data tables, in their order.
    pub tables: Vec<Table>,
    /// Number of hidden letters and digits.
    pub hidden_letters: usize,
    /// Number of letters and digits that are read although nobody sees them: of the color of their background, or of no size.
    pub unseen_letters: usize,
    /// Rows of tables that exceeded a limit and were left out.
    pub rows_cut: usize,
}

/// Parts of a page that are read in addition to its visible text.
#[derive(Clone, Copy, Default)]
pub struct ReadOptions<'a> {
    /// Hidden content.
    pub hidden: bool,
    /// All buttons: in a book they do not control a site.
    pub buttons: bool,
    /// The style sheets to apply. They are left empty for web pages, where scripts show and hide elements.
    pub sheets: &'a [Rc<Sheet>],
}

/// Everything in a tree that a reader would see, as text.
pub fn visible(page: &Html) -> Builder {
    blocks(page, false).text(|_| true)
}

/// All visible text of a tree in blocks, and if asked also hidden text, marked as `hidden`.
pub fn blocks(page: &Html, hidden_too: bool) -> Blocks<'_> {
    read(
        page,
        ReadOptions {
            hidden: hidden_too,
            ..ReadOptions::default()
        },
    )
}

/// How an element is treated.
enum Treatment {
    Read,
    /// Hidden content that is read because it was asked for.
    ReadHidden,
    /// The element is replaced by its formula.
    Formula,
    /// The element is a drawing, of which its texts are read.
    Drawing,
    Skip,
    /// Hidden content that is left out.
    Conceal,
}

/// Reads a tree into blocks.
pub fn read<'a>(page: &'a Html, options: ReadOptions<'_>) -> Blocks<'a> {
    let survey = Survey::of(page);
    let mut writer = Writer::default();
    let mut skipped = 0usize;
    // Hidden elements around the current position that are read.
    let mut revealed: Vec<usize> = Vec::new();
    // Fonts that the surrounding elements name.
    let mut fonts: Vec<(usize, Option<Font>)> = Vec::new();
    // Elements around that may have a background, and whether those that set colors or sizes make text unseen.
    let (mut backed, mut unseen): (Vec<usize>, Vec<(usize, bool)>) = (Vec::new(), Vec::new());
    let mut unseen_letters = 0usize;
    let mut depth = 0usize;
    // Whether the skipped content is hidden, and how much of it there is.
    let (mut concealed, mut hidden_letters) = (false, 0usize);
    for edge in page.tree.root().traverse() {
        let (node, opens) = match &edge {
            Edge::Open(node) => (*node, true),
            Edge::Close(node) => (*node, false),
        };
        match node.value() {
            // Depth inside skipped content; text there is ignored below.
            Node::Element(_) if skipped > 0 => {
                skipped = if opens { skipped + 1 } else { skipped - 1 };
            }
            Node::Element(element) if opens => {
                let marks = Marks::of(element);
                let treatment = treatment(&survey, node, element, &marks, options);
                match treatment {
                    Treatment::Skip | Treatment::Conceal => {
                        concealed = matches!(treatment, Treatment::Conceal);
                        skipped = 1;
                        continue;
                    }
                    Treatment::Drawing => {
                        writer.drawing(node, element);
                        (skipped, concealed) = (1, false);
                        continue;
                    }
                    Treatment::Formula => {
                        writer.text(&formulas::read(node));
                        (skipped, concealed) = (1, false);
                        continue;
                    }
                    Treatment::ReadHidden => revealed.push(depth),
                    Treatment::Read => {}
                }
                if let Some(font) = sheets::font(options.sheets, element, &marks) {
                    fonts.push((depth, font));
                }
                if marks.is_backed() || attribute(element, "bgcolor").is_some() {
                    backed.push(depth);
                }
                if marks.colors() {
                    unseen.push((depth, marks.is_unseen(!backed.is_empty())));
                }
                depth += 1;
                writer.hidden = !revealed.is_empty();
                let is_data = survey.tables.contains(&node.id());
                writer.open(node, element, &marks, is_data);
            }
            Node::Element(_) => {
                writer.close();
                depth -= 1;
                revealed.pop_if(|at| *at == depth);
                fonts.pop_if(|(at, _)| *at == depth);
                backed.pop_if(|at| *at == depth);
                unseen.pop_if(|(at, _)| *at == depth);
                writer.hidden = !revealed.is_empty();
            }
            Node::Text(text) if opens && skipped == 0 => {
                if let Some((_, true)) = unseen.last() {
                    unseen_letters += text::letters(text);
                }
                match fonts.last() {
                    Some((_, Some(font))) => writer.text(&sheets::shown(text, *font)),
                    _ => writer.text(text),
                }
            }
            Node::Text(text) if opens && concealed => hidden_letters += text::letters(text),
            _ => {}
        }
    }
    writer.finish();
    Blocks {
        blocks: writer.blocks,
        scopes: writer.scopes,
        tables: writer.tables,
        hidden_letters,
        unseen_letters,
        rows_cut: writer.rows_cut + writer.copies.refused(),
    }
}

fn treatment(
    survey: &Survey<'_>,
    node: NodeRef<'_, Node>,
    element: &Element,
    marks: &Marks<'_>,
    options: ReadOptions<'_>,
) -> Treatment {
    if marks.name == "math" || formulas::is_tex(element) {
        return Treatment::Formula;
    }
    if formulas::is_picture(node, marks) || is_line_number(node, marks) {
        return Treatment::Skip;
    }
    let seen = match marks.name {
        "template" => ["shadowrootmode", "shadowroot"]
            .into_iter()
            .any(|name| attribute(element, name).is_some()),
        "dialog" => options.hidden || attribute(element, "open").is_some(),
        "object" | "canvas" => panels::has_fallback(node),
        "button" => options.buttons || panels::is_content(survey, node, marks),
        name => !INVISIBLE.contains(&name),
    };
    if !seen {
        return Treatment::Skip;
    }
    let hides = marks.hides() || sheets::hides(options.sheets, marks);
    let conceals = hides && !(marks.hidden.is_some() && marks.id.starts_with(STREAMED));
    if marks.name == "svg" && (options.hidden || !conceals) {
        return Treatment::Drawing;
    }
    if !conceals || formulas::is_hidden(marks) {
        return Treatment::Read;
    }
    if options.hidden {
        return Treatment::ReadHidden;
    }
    match panels::is_panel(survey, node, marks) {
        true => Treatment::Read,
        false => Treatment::Conceal,
    }
}

/// Whether an element holds nothing but line numbers of code.
fn is_line_number(node: NodeRef<'_, Node>, marks: &Marks<'_>) -> bool {
    if !marks.has_class(LINE_NUMBERS) {
        return false;
    }
    let mut left = MAX_NUMBERS;
    node.descendants().all(|inner| {
        left = left.saturating_sub(1);
        let is_number = |text: &str| {
            text.chars()
                .all(|c| c.is_ascii_digit() || c.is_whitespace() || c == '.')
        };
        left > 0 && inner.value().as_text().is_none_or(|text| is_number(text))
    })
}

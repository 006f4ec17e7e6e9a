//! Reads paragraphs: headings, list items, and others.

use super::{
    block::Block,
    line::Line,
    numbering::Label,
    reader::Reader,
    run::{Look, mark},
    styles::Style,
};
use crate::{text, xml::Element};

/// Longest heading, in characters. A longer one is a clause that uses a heading style for its number.
const MAX_HEADING: usize = 200;

impl Reader<'_, '_> {
    /// Reads a paragraph. `line` holds earlier text of the same line.
    pub fn paragraph(&mut self, element: Element<'_>, out: &mut Vec<Block>, line: &mut Line) {
        let properties = element.child("pPr");
        let style_id = properties.and_then(|properties| properties.val("pStyle"));
        let named = self.styles.of_paragraph(style_id);
        let look = Look {
            hidden: named.hidden.unwrap_or_default(),
            font: named.font.flatten(),
            raised: named.raised.unwrap_or_default(),
        };
        let (mark_hidden, continues) = mark(properties);
        let mut style = Style::of_paragraph(properties).or(&named);
        style.title = named.title;
        style.hidden = Some(mark_hidden || look.hidden);
        if style.numbered_by.is_none() {
            style.numbered_by = style_id.map(str::to_owned);
        }
        line.is_heading = style.title || style.heading().is_some();
        self.content(element, look, line);
        if continues {
            return;
        }
        self.end_paragraph(&style, line, out);
    }

    /// Ends a paragraph with this style.
    pub fn end_paragraph(&mut self, style: &Style, line: &mut Line, out: &mut Vec<Block>) {
        let text = text::normalise(&line.finish());
        let text = text.trim();
        let mut after = std::mem::take(&mut line.after);
        line.in_hidden = false;
        let unseen = self.moving.is_some()
            || self.unshown > 0
            || style.hidden == Some(true) && !self.include_hidden;
        // An empty paragraph is numbered, unless it is invisible.
        if !(text.is_empty() && unseen) {
            let label = self.label(style);
            out.extend(self.block(style, label, text));
        }
        out.append(&mut after);
    }

    fn label(&mut self, style: &Style) -> Option<(usize, Option<Label>)> {
        let number = style.number.filter(|number| *number > 0)?;
        let given_by = style.numbered_by.as_deref();
        self.numbering
            .count(number, style.list_level, given_by, &self.styles)
    }

    fn block(
        &mut self,
        style: &Style,
        label: Option<(usize, Option<Label>)>,
        text: &str,
    ) -> Option<Block> {
        if text.is_empty() {
            return None;
        }
        if style.title && !self.in_margin && self.title.is_none() {
            self.title = text::title(text);
        }
        let level = if style.title {
            Some(1)
        } else {
            style.heading()
        };
        let level = level.filter(|_| !self.in_margin);
        let heading = level.filter(|_| text.chars().nth(MAX_HEADING).is_none());
        let block = match (heading, label) {
            (Some(level), label) => {
                let text = text::one_line(text, usize::MAX);
                match label {
                    Some((_, Some(Label::Text(label)))) => {
                        Block::Heading(level, format!("{label} {text}"))
                    }
                    _ => Block::Heading(level, text),
                }
            }
            (None, Some((level, Some(Label::Text(label))))) => {
                Block::Item(level, format!("{label} {text}"))
            }
            (None, Some((level, Some(Label::Bullet)))) => Block::Item(level, format!("- {text}")),
            (None, Some((_, None)) | None) => Block::Text(text.to_owned()),
        };
        Some(block)
    }
}

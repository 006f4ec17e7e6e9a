//! Texts inside the text of an RTF file: boxes, notes, comments, headers, list numbers.

use std::{collections::HashSet, rc::Rc};

use dynrag_domain::warnings::WarningCode;

use super::{
    Destination, Reader,
    flow::{Block, Kind},
};
use crate::text;

/// Deepest nesting of texts, each of which is copied into the one around it; deeper ones are read as part of that one.
const MAX_FLOWS: usize = 8;

/// The headers or the footers of a file, each once: sections repeat them.
#[derive(Default)]
pub struct Margins {
    lines: Vec<Rc<str>>,
    known: HashSet<Rc<str>>,
}

impl Margins {
    fn add(&mut self, line: &str) {
        let line: Rc<str> = line.into();
        if self.known.insert(Rc::clone(&line)) {
            self.lines.push(line);
        }
    }

    /// Lines with text, in order.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(AsRef::as_ref)
    }
}

impl Reader<'_> {
    /// Adds text at the current destination, unless it is deleted or hidden.
    pub(super) fn push_text(&mut self, text: &str) {
        if self.group.only_rtf {
            return;
        }
        let left_out = if self.group.deleted {
            Some(WarningCode::TrackedDeletions)
        } else if self.group.hidden && !self.include_hidden {
            Some(WarningCode::HiddenContent)
        } else {
            None
        };
        if let Some(code) = left_out {
            if self.leaving_out != left_out {
                self.builder.warnings.add(code, 1);
            }
        } else if let Some(math) = &mut self.math {
            math.push(text);
        } else if let Some(html) = &mut self.html {
            html.push_str(&text.replace('&', "&amp;").replace('<', "&lt;"));
        } else {
            if std::mem::take(&mut self.apart) && text.starts_with(char::is_alphanumeric) {
                self.flow.line.push(' ');
            }
            self.flow.line.push_str(text);
        }
        if left_out.is_none() && !text.trim().is_empty() {
            self.show();
        }
        self.leaving_out = left_out;
    }

    /// Begins a separate text.
    pub(super) fn begin_flow(&mut self, kind: Kind) {
        self.decode();
        self.group.to = Destination::Text;
        if self.outer.len() >= MAX_FLOWS {
            self.builder
                .warnings
                .add(WarningCode::UnsupportedContent, 1);
            self.push_text(" ");
            return;
        }
        self.group.flow = Some(kind);
        self.outer.push(std::mem::take(&mut self.flow));
    }

    pub(super) fn end_flow(&mut self, kind: Kind) {
        let Some(outer) = self.outer.pop() else {
            return;
        };
        let inner = std::mem::replace(&mut self.flow, outer);
        let blocks = inner.finish(&mut self.room);
        let joined = || {
            let texts: Vec<&str> = blocks.iter().map(|block| block.1.as_str()).collect();
            texts.join("\n")
        };
        match kind {
            Kind::Box => self.flow.anchor(blocks),
            Kind::Note => {
                let note = text::one_line(&joined(), usize::MAX);
                if !note.is_empty() {
                    let line = &mut self.flow.line;
                    line.truncate(line.trim_end_matches(' ').len());
                    line.push_str(&format!(" [{note}]"));
                }
            }
            Kind::Comment => {
                let comment = text::one_line(&joined(), usize::MAX);
                let author = text::one_line(&std::mem::take(&mut self.comment_author), 200);
                self.builder.warnings.add(WarningCode::Comments, 1);
                let by = if author.is_empty() {
                    String::new()
                } else {
                    format!(" by {author}")
                };
                let comment = format!("[Comment{by}: {comment}]");
                self.flow.anchor(vec![Block(None, comment)]);
            }
            Kind::Header | Kind::Footer => {
                let margin = joined();
                let known = if kind == Kind::Header {
                    &mut self.headers
                } else {
                    &mut self.footers
                };
                if text::letters(&margin) > 0 {
                    known.add(&margin);
                }
            }
        }
    }

    /// Ends the number of a list item, which is followed by a space.
    pub(super) fn end_item(&mut self, start: usize) {
        let line = &mut self.flow.line;
        if let Some(number) = line.get(start..) {
            let number = text::one_line(number, 100);
            line.truncate(start);
            line.push_str(&number);
            if !number.is_empty() {
                line.push(' ');
            }
        }
    }

    /// Ends a property of a drawing or a picture: its words, or its description.
    pub(super) fn end_shape_value(&mut self) {
        let value = std::mem::take(&mut self.shape_value);
        let text = match std::mem::take(&mut self.shape_name).trim() {
            "gtextUNICODE" => text::normalise(&value),
            "wzDescription" => text::one_line(&text::normalise(&value), usize::MAX),
            _ => return,
        };
        let is_hidden = self.group.deleted || (self.group.hidden && !self.include_hidden);
        if text::letters(&text) > 0 && !is_hidden {
            self.flow.anchor(vec![Block(None, text)]);
        }
    }
}

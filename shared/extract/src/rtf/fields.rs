//! Reads the fields of an RTF file: their results, else the text that their instructions imply.

use super::Reader;
use crate::field_text::{self, MAX_INSTRUCTION};

/// An open field.
#[derive(Default)]
pub struct Shown {
    instruction: String,
    /// Whether it has a visible result.
    shown: bool,
}

impl Reader<'_> {
    /// Begins a field, which ends with the group.
    pub(super) fn begin_field(&mut self) {
        self.decode();
        if !self.group.field {
            self.group.field = true;
            self.fields.push(Shown::default());
        }
    }

    /// Adds to the instruction of the innermost field, except for hidden or deleted text.
    pub(super) fn instruct(&mut self, text: &str) {
        if self.group.deleted || (self.group.hidden && !self.include_hidden) {
            return;
        }
        if let Some(field) = self.fields.last_mut()
            && field.instruction.len() < MAX_INSTRUCTION
        {
            field.instruction.push_str(text);
        }
    }

    /// Notes that the innermost field has a visible result.
    pub(super) fn show(&mut self) {
        if let Some(field) = self.fields.last_mut() {
            field.shown = true;
        }
    }

    /// Ends the innermost field.
    pub(super) fn end_field(&mut self) {
        let Some(field) = self.fields.pop() else {
            return;
        };
        let text = field_text::of(&field.instruction).filter(|_| !field.shown);
        if let Some(text) = &text {
            self.push(text);
        }
        if field.shown || text.is_some() {
            self.show();
        }
    }
}

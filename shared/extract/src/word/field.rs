//! Reads fields: their results rather than their instructions (ECMA-376 part 1, 17.16).

use super::{line::Line, reader::Reader, run::Look, styles::whether};
use crate::{
    field_text::{self, MAX_INSTRUCTION},
    xml::Element,
};

/// Fields with page numbers.
const PAGE_NUMBERS: &[&str] = &["PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION"];

/// An open field.
#[derive(Default)]
pub struct Field {
    instruction: String,
    /// Whether its result has begun.
    result: bool,
    /// Whether its result is shown here.
    shown: bool,
}

impl Field {
    /// Adds to the instruction.
    pub fn tell(&mut self, instruction: &str) {
        if !self.result && self.instruction.len() < MAX_INSTRUCTION {
            self.instruction.push_str(instruction);
        }
    }
}

/// Whether an instruction is a page number.
pub fn numbers_pages(instruction: &str) -> bool {
    let word = instruction.split_whitespace().next().unwrap_or_default();
    PAGE_NUMBERS
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

impl Reader<'_, '_> {
    /// Handles the beginning, separator or end of a field.
    pub fn field_character(&mut self, element: Element<'_>, look: Look, line: &mut Line) {
        match element.attribute("fldCharType") {
            Some("begin") if self.scope.has_end(element) => {
                if let Some(data) = element.child("ffData") {
                    self.form_field(data, look, line);
                }
                self.fields.push(Field::default());
                self.unshown += 1;
            }
            Some("separate") => {
                let in_margin = self.in_margin;
                if let Some(field) = self.fields.last_mut().filter(|field| !field.result) {
                    field.result = true;
                    field.shown = !(in_margin && numbers_pages(&field.instruction));
                    self.unshown -= usize::from(field.shown);
                }
            }
            Some("end") => {
                if let Some(field) = self.fields.pop() {
                    self.unshown -= usize::from(!field.shown);
                    if let Some(text) = field_text::of(&field.instruction).filter(|_| !field.result)
                    {
                        self.text(&text, look, line);
                    }
                }
            }
            _ => {}
        }
    }

    /// Reads a field that is a single element.
    pub fn simple_field(&mut self, element: Element<'_>, look: Look, line: &mut Line) {
        let instruction = element.attribute("instr").unwrap_or_default();
        if !(self.in_margin && numbers_pages(instruction)) {
            self.content(element, look, line);
        }
    }

    /// Writes the state of a form field without a result: a box with or without a tick, the selected list entry.
    fn form_field(&mut self, data: Element<'_>, look: Look, line: &mut Line) {
        if let Some(checkbox) = data.child("checkBox") {
            let state = checkbox.child("checked").or(checkbox.child("default"));
            let sign = if state.is_some_and(whether) {
                "☑"
            } else {
                "☐"
            };
            self.text(sign, look, line);
        }
        if let Some(list) = data.child("ddList") {
            let chosen = list.val("result").or(list.val("default"));
            let chosen = chosen.and_then(|place| place.parse().ok()).unwrap_or(0);
            let mut entries = list.children().filter(|entry| entry.name() == "listEntry");
            if let Some(entry) = entries.nth(chosen).and_then(|entry| entry.attribute("val")) {
                self.text(entry, look, line);
            }
        }
    }
}

//! Fields of a document: what they show is read, what they are told is not (ECMA-376 part 1, 17.16).

use super::{line::Line, reader::Reader, run::Look, styles::whether};
use crate::xml::Element;

/// Characters of a field's instruction that are kept.
const MAX_INSTRUCTION: usize = 500;
/// Fields that number pages.
const PAGE_NUMBERS: &[&str] = &["PAGE", "NUMPAGES", "SECTIONPAGES", "SECTION"];

/// A field that is open.
#[derive(Default)]
pub struct Field {
    instruction: String,
    /// Whether its result has begun.
    result: bool,
    /// Whether it shows something here.
    shown: bool,
}

impl Field {
    /// Adds to what it is told.
    pub fn tell(&mut self, instruction: &str) {
        if !self.result && self.instruction.len() < MAX_INSTRUCTION {
            self.instruction.push_str(instruction);
        }
    }
}

/// Whether this instruction numbers pages.
pub fn numbers_pages(instruction: &str) -> bool {
    let word = instruction.split_whitespace().next().unwrap_or_default();
    PAGE_NUMBERS
        .iter()
        .any(|name| word.eq_ignore_ascii_case(name))
}

/// The text of an equation field without a result (`EQ \f(1,2)`): its arguments. Of the options that are no text only
/// the fraction's bar and the root are written.
fn equation(instruction: &str) -> Option<String> {
    let (word, rest) = instruction.trim_start().split_at_checked(2)?;
    if !word.eq_ignore_ascii_case("eq") || !rest.starts_with([' ', '\\']) {
        return None;
    }
    let mut text = String::new();
    // What a comma stands for, in each pair of brackets that is open.
    let mut commas: Vec<&str> = Vec::new();
    let mut option = String::new();
    let mut characters = rest.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                option.clear();
                let name = |next: &char| next.is_ascii_alphanumeric();
                while let Some(letter) = characters.next_if(name) {
                    option.push(letter.to_ascii_lowercase());
                }
                // How far something is raised, or how a result is formatted.
                while characters
                    .next_if(|next| matches!(next, ' ' | '0'..='9'))
                    .is_some()
                {}
                if characters.peek() == Some(&'*') {
                    while characters.next_if(|next| *next != '\\').is_some() {}
                } else if option.is_empty() {
                    // An escaped bracket or comma.
                    text.extend(
                        characters.next_if(|next| !next.is_alphanumeric() && *next != '\\'),
                    );
                }
            }
            '(' if !option.is_empty() => {
                commas.push(match option.as_str() {
                    "f" => "/",
                    "r" => "√",
                    _ => " ",
                });
                option.clear();
            }
            '(' => {
                commas.push(",");
                text.push('(');
            }
            ')' => match commas.pop() {
                Some(",") | None => text.push(')'),
                Some(_) => {}
            },
            ',' | ';' if commas.last().is_some_and(|comma| *comma != ",") => {
                text.push_str(commas.last().copied().unwrap_or_default());
            }
            _ => text.push(character),
        }
    }
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

impl Reader<'_, '_> {
    /// A beginning, a middle or an end of a field.
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
                    if let Some(text) = equation(&field.instruction).filter(|_| !field.result) {
                        self.text(&text, look, line);
                    }
                }
            }
            _ => {}
        }
    }

    /// A field that is an element.
    pub fn simple_field(&mut self, element: Element<'_>, look: Look, line: &mut Line) {
        let instruction = element.attribute("instr").unwrap_or_default();
        if !(self.in_margin && numbers_pages(instruction)) {
            self.content(element, look, line);
        }
    }

    /// What a field of a form shows that has no result: a box with or without a tick, the chosen entry of a list.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equations_are_their_arguments() {
        for (instruction, text) in [
            (r" EQ \f(1,2) ", "1/2"),
            (r"eq \o\ac(○,1)", "○ 1"),
            (r"EQ \r(3,x)+1", "3√x+1"),
            (r"EQ f(x,y)", "f(x,y)"),
            (r"EQ \s\up 5(a\,b)", "a,b"),
            (r"EQ \* jc2 \* hps10 \o\ad(\s\up 9(ふり),振)", "ふり 振"),
        ] {
            assert_eq!(
                equation(instruction).as_deref(),
                Some(text),
                "{instruction}"
            );
        }
        assert_eq!(equation("PAGE \\* ARABIC"), None);
        assert_eq!(equation("EQ"), None);
    }
}

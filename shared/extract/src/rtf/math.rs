//! Reads the formulas of an RTF file, whose groups are elements of Office math (RTF 1.9.1, Mathematics).

use dynrag_domain::warnings::WarningCode;

use super::Reader;
use crate::{formula, protocol::Refusal, text, xml::Tree};

/// Deepest nesting of formula elements; deeper ones are read as part of the element around them.
const MAX_DEPTH: usize = 120;
/// Control words about the letters of a run, which are not elements.
const OF_RUNS: &[&[u8]] = &[b"mscr", b"msty", b"mnor", b"mlit", b"maln", b"mbrk"];

/// An open element.
struct Open {
    name: String,
    /// Whether it is a property, or contains properties.
    is_property: bool,
    /// Its content as XML, and the text after that.
    inner: String,
    text: String,
}

impl Open {
    /// Moves the text into the content.
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() || self.is_property {
            return;
        }
        let text = format!("<t>{}</t>", escaped(&text));
        if self.name == "r" {
            self.inner.push_str(&text);
        } else if !text.trim().is_empty() {
            self.inner.push_str(&format!("<r>{text}</r>"));
        }
    }

    fn finish(mut self) -> String {
        let Self { name, .. } = &self;
        // The value of a property is the text of its group.
        if self.is_property && self.inner.is_empty() {
            return format!("<{name} val=\"{}\"/>", escaped(self.text.trim()));
        }
        let name = name.clone();
        self.flush();
        format!("<{name}>{}</{name}>", self.inner)
    }
}

/// A formula that is being read, as Office math.
#[derive(Default)]
pub struct Math(Vec<Open>);

impl Math {
    /// Begins an element; `false` if the word is not one.
    fn open(&mut self, word: &[u8], number: Option<i32>) -> bool {
        let name = match word {
            b"moMath" => "oMath",
            b"moMathPara" => "oMathPara",
            [b'm', name @ ..] if !name.is_empty() && !OF_RUNS.contains(&word) => {
                std::str::from_utf8(name).unwrap_or_default()
            }
            _ => return false,
        };
        if self.0.len() >= MAX_DEPTH {
            return false;
        }
        let around = self.0.last_mut();
        let in_property = around.as_ref().is_some_and(|around| around.is_property);
        if let Some(around) = around {
            around.flush();
        }
        self.0.push(Open {
            name: name.to_owned(),
            is_property: in_property || name.ends_with("Pr"),
            inner: String::new(),
            text: number.map(|number| number.to_string()).unwrap_or_default(),
        });
        true
    }

    /// Adds text to the innermost element.
    pub fn push(&mut self, text: &str) {
        if let Some(open) = self.0.last_mut() {
            open.text.push_str(text);
        }
    }

    /// Ends the innermost element; returns the formula's text if it is the outermost one.
    fn close(&mut self) -> Option<Result<String, Refusal>> {
        let element = self.0.pop()?.finish();
        match self.0.last_mut() {
            Some(around) => {
                around.inner.push_str(&element);
                None
            }
            None => Some(read(&element)),
        }
    }
}

fn read(source: &str) -> Result<String, Refusal> {
    let formula = formula::omml(Tree::parse(source)?.root());
    Ok(text::one_line(&text::normalise(&formula), usize::MAX))
}

/// A text escaped for XML, without characters that XML does not allow.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

impl Reader<'_> {
    /// Begins a formula or one of its elements, which ends with the group; `false` if the word is not one.
    pub(super) fn begin_math(&mut self, word: &[u8], number: Option<i32>) -> bool {
        let begins = matches!(word, b"moMath" | b"moMathPara");
        if self.group.math || (self.math.is_none() && !begins) {
            return false;
        }
        self.decode();
        let opened = self.math.get_or_insert_default().open(word, number);
        self.group.math = opened;
        opened
    }

    /// Ends the formula or element of the group.
    pub(super) fn end_math(&mut self) {
        let Some(formula) = self.math.as_mut().and_then(Math::close) else {
            return;
        };
        self.math = None;
        let Ok(formula) = formula else {
            let warnings = &mut self.builder.warnings;
            warnings.add(WarningCode::UnsupportedContent, 1);
            return;
        };
        if formula.is_empty() {
            return;
        }
        let line = &self.flow.line;
        let touches = |last: char| !last.is_whitespace() && !"([{\"".contains(last);
        if self.html.is_none() && line.ends_with(touches) {
            self.push_text(" ");
        }
        self.push_text(&formula);
        self.apart = true;
    }
}

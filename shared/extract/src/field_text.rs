//! Texts of fields without a stored result, from their instructions (ECMA-376 part 1, 17.16.5): equations and symbols.

use crate::symbols::Font;

/// Longest instruction that is kept, in bytes.
pub const MAX_INSTRUCTION: usize = 500;
/// Options of an equation that stack its arguments.
const OVERSTRIKE: &[&str] = &["o", "ac", "ad", "al", "ar"];

/// The text of a field without a result: `EQ \f(1,2)` is `1/2`, `SYMBOL 97 \f "Symbol"` is `α`.
pub fn of(instruction: &str) -> Option<String> {
    let instruction = instruction.trim_start();
    let end = instruction
        .find(|character: char| !character.is_ascii_alphabetic())
        .unwrap_or(instruction.len());
    let (word, rest) = instruction.split_at(end);
    if word.eq_ignore_ascii_case("eq") && rest.starts_with([' ', '\\']) {
        equation(rest)
    } else if word.eq_ignore_ascii_case("symbol") {
        symbol(rest)
    } else {
        None
    }
}

/// The character of a `SYMBOL` field, by its code in a font, or in Unicode after `\u`.
fn symbol(rest: &str) -> Option<String> {
    let code = rest.split_whitespace().next()?;
    let code = match code.strip_prefix("0x").or(code.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
        None => code.parse().ok()?,
    };
    let font = rest.split_once("\\f ").and_then(|(_, name)| {
        let name = name.trim_start();
        let name = match name.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => name.split_whitespace().next(),
        };
        Font::named(name?)
    });
    let character = match font {
        Some(font) => font.character(code)?,
        None => char::from_u32(code).filter(|character| !character.is_control())?,
    };
    Some(character.to_string())
}

/// An open pair of brackets.
struct Bracket {
    /// The text that replaces a comma in it.
    comma: &'static str,
    is_overstrike: bool,
    is_raised: bool,
    /// The byte offset of its text.
    start: usize,
    /// Whether the current argument consists only of raised text.
    raised: bool,
    /// Text above a base, such as furigana.
    reading: Option<String>,
}

impl Bracket {
    fn of(option: &str, start: usize) -> Self {
        Self {
            comma: match option {
                "" => ",",
                "f" => "/",
                "r" => "√",
                _ => " ",
            },
            is_overstrike: OVERSTRIKE.contains(&option),
            is_raised: option == "up",
            start,
            raised: false,
            reading: None,
        }
    }
}

/// The arguments of an equation. Of the drawing options only the fraction bar and the root sign are written; a reading
/// above a word follows it in brackets.
fn equation(rest: &str) -> Option<String> {
    let mut text = String::new();
    let mut brackets: Vec<Bracket> = Vec::new();
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
                // The distance of raised text, or a result format.
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
            '(' => {
                if option.is_empty() {
                    text.push('(');
                }
                let name = option.trim_end_matches(|digit: char| digit.is_ascii_digit());
                brackets.push(Bracket::of(name, text.len()));
                option.clear();
            }
            ')' => match brackets.pop() {
                Some(bracket) if bracket.comma != "," => close(&bracket, &mut brackets, &mut text),
                _ => text.push(')'),
            },
            ',' | ';' if brackets.last().is_some_and(|last| last.comma != ",") => {
                if let Some(last) = brackets.last_mut() {
                    if std::mem::take(&mut last.raised) && last.reading.is_none() {
                        last.reading = Some(text.split_off(last.start));
                    } else {
                        text.push_str(last.comma);
                    }
                }
            }
            _ => text.push(character),
        }
    }
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Closes a pair of brackets inside those in `around`.
fn close(bracket: &Bracket, around: &mut [Bracket], text: &mut String) {
    if let Some(reading) = bracket.reading.as_deref().map(str::trim) {
        if !reading.is_empty() {
            text.push_str(&format!("({reading})"));
        }
    } else if bracket.is_raised
        && let Some(outer) = around.last_mut()
    {
        outer.raised = outer.is_overstrike && outer.start == bracket.start;
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
            (r"EQ \* jc2 \* hps10 \o\ad(\s\up 9(ふり),振)", "振(ふり)"),
            (
                r#"EQ \* jc3 \* "Font:A" \* hps12 \o(\s\up10(a),b)c"#,
                "b(a)c",
            ),
            (r"EQ \s(\s\up 5(a),b)", "a b"),
        ] {
            assert_eq!(of(instruction).as_deref(), Some(text), "{instruction}");
        }
        assert_eq!(of("PAGE \\* ARABIC"), None);
        assert_eq!(of("EQ"), None);
    }

    #[test]
    fn symbols_are_characters_of_their_font() {
        for (instruction, text) in [
            (r#" SYMBOL 97 \f "Symbol" \s 12 "#, "α"),
            (r"symbol 0xF0FC \f Wingdings", "✓"),
            (r"SYMBOL 8364 \u", "€"),
        ] {
            assert_eq!(of(instruction).as_deref(), Some(text), "{instruction}");
        }
        assert_eq!(of("SYMBOL"), None);
        assert_eq!(of("SYMBOL 7"), None);
    }
}

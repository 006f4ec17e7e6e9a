//! Displays numbers and texts in Excel number formats (ECMA-376 part 1, 18.8.30 and 18.8.31).
//!
//! Decimal points and thousands commas are English, as in format codes: the file does not store the reader's locale.
//! The General format writes all digits of a number rather than those that fit into the column, so that search finds
//! long numbers.

mod code;
mod date;
mod decimal;
mod fraction;
mod limit;
mod number;
#[cfg(test)]
mod tests;

use code::{Condition, Kind, Section, Token};
use decimal::Decimal;

pub use date::Moment;

/// Longest text that is displayed in a format, in bytes. Excel's cells have at most 32,767 characters.
const MAX_TEXT: usize = 4 * 32_767;

/// A number format.
#[derive(Clone, Debug)]
pub struct Format {
    sections: Vec<Section>,
    /// Whether it is an East Asian format whose code depends on the language; it always shows a date or a time.
    regional: bool,
}

impl Format {
    /// The format of a code.
    pub fn of(code: &str) -> Self {
        Self {
            sections: code::sections(code),
            regional: false,
        }
    }

    /// A built-in format, whose code is not in the file (18.8.30). The East Asian formats (27 to 36, 50 to 58) have a
    /// different code in each language, but all are dates and times.
    pub fn built_in(id: u32) -> Self {
        let code = match id {
            1 => "0",
            2 => "0.00",
            3 => "#,##0",
            4 => "#,##0.00",
            // Currency, with the sign of the reader's locale, which is left out.
            5 | 6 => "#,##0_);(#,##0)",
            7 | 8 => "#,##0.00_);(#,##0.00)",
            9 => "0%",
            10 => "0.00%",
            11 => "0.00E+00",
            12 => "# ?/?",
            13 => "# ??/??",
            14..=17 | 27..=31 | 34..=36 | 50..=58 => match id {
                17 => "mmm-yy",
                _ => "yyyy-mm-dd",
            },
            18..=21 | 32 | 33 => match id {
                18 | 20 | 32 => "hh:mm",
                _ => "hh:mm:ss",
            },
            22 => "yyyy-mm-dd hh:mm",
            37 | 38 => "#,##0_);(#,##0)",
            39 | 40 => "#,##0.00_);(#,##0.00)",
            41 | 42 => "#,##0_);(#,##0);\"-\"_);@",
            43 | 44 => "#,##0.00_);(#,##0.00);\"-\"??_);@",
            45 => "mm:ss",
            46 => "[h]:mm:ss",
            47 => "mm:ss.0",
            48 => "##0.0E+0",
            49 => "@",
            _ => "General",
        };
        let mut format = Self::of(code);
        format.regional = matches!(id, 34 | 35 | 52 | 53 | 55 | 56);
        format
    }

    /// Whether it displays values unchanged.
    pub fn is_general(&self) -> bool {
        !self.regional
            && matches!(self.sections.as_slice(), [only] if only.tokens == [Token::General])
    }

    /// Whether it displays dates, times or durations.
    pub fn is_date(&self) -> bool {
        self.sections
            .iter()
            .any(|section| section.kind == Kind::Date)
    }

    /// Displays a number. `written` is its text in the file: integers keep all their digits.
    pub fn number(&self, value: f64, written: &str, since_1904: bool) -> String {
        let general = || general(value, written);
        if !value.is_finite() {
            return written.to_owned();
        }
        if self.regional {
            return Moment::of(value, 0, since_1904).map_or_else(general, Moment::whole);
        }
        let Some((section, bare)) = self.choose(value) else {
            return general();
        };
        let shown = match section.kind {
            Kind::Date => date::show(section, value, since_1904),
            Kind::Fraction(slash) => fraction::show(section, slash, value.abs()),
            Kind::Number => Some(number::show(section, Decimal::of(value, written))),
            Kind::General => Some(within(section, general().trim_start_matches('-'))),
            Kind::Literal => Some(within(section, "")),
        };
        let Some(shown) = shown else {
            return general();
        };
        // A number that rounds to zero has no sign.
        let something = section.kind != Kind::Number || shown.contains(|c| matches!(c, '1'..='9'));
        let minus = value < 0.0 && !bare && something && section.kind != Kind::Date;
        let sign = if minus { "-" } else { "" };
        format!("{sign}{}", shown.trim())
    }

    /// The section for a number, and whether that section takes care of the sign.
    fn choose(&self, value: f64) -> Option<(&Section, bool)> {
        let numeric = self.numeric();
        let first = numeric.first()?;
        let conditions = numeric.iter().any(|section| section.condition.is_some());
        if !conditions {
            return Some(match (numeric.len(), value) {
                (2.., ..0.0) => (&numeric[1], true),
                (3.., 0.0) => (&numeric[2], false),
                _ => (first, false),
            });
        }
        let negative = Condition {
            less: true,
            equal: false,
            greater: false,
            than: 0.0,
        };
        let mut rest_is_negative = false;
        for (place, section) in numeric.iter().enumerate() {
            let last = place + 1 == numeric.len();
            match section.condition {
                Some(condition) if condition.holds(value) => {
                    return Some((section, condition.only_negative()));
                }
                Some(condition) => rest_is_negative |= condition.rest_is_negative(),
                None if last => return Some((section, rest_is_negative)),
                None if place == 1 && negative.holds(value) => return Some((section, true)),
                None if place == 0 && value > 0.0 => return Some((section, false)),
                None => {}
            }
        }
        None
    }

    /// The sections for numbers. The fourth section is for text, and so is a last one that contains `@`, unless it is
    /// the only one.
    fn numeric(&self) -> &[Section] {
        let all = self.sections.as_slice();
        let is_text = |section: &Section| section.tokens.contains(&Token::Text);
        match all {
            [.., last] if all.len() == 4 || (all.len() > 1 && is_text(last)) => {
                &all[..all.len() - 1]
            }
            _ => all,
        }
    }

    /// Displays a text; `None` if the format leaves it unchanged.
    pub fn text(&self, text: &str) -> Option<String> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let section = match self.sections.as_slice() {
            [_, _, _, section] => section,
            [.., section] if section.tokens.contains(&Token::Text) => section,
            _ => return None,
        };
        (section.tokens != [Token::Text]).then(|| within(section, text).trim().to_owned())
    }
}

/// A number or a text in place of a section's placeholder.
fn within(section: &Section, text: &str) -> String {
    let tokens = section.tokens.iter();
    tokens
        .map(|token| match token {
            Token::General | Token::Text => text.to_owned(),
            Token::Point => ".".to_owned(),
            Token::Comma => ",".to_owned(),
            other => number::literal(other),
        })
        .collect()
}

/// Displays a number like the General format, but with all digits.
pub fn general(value: f64, written: &str) -> String {
    if decimal::is_integer(written) {
        return written.to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", Decimal::of(value, written).general())
}

//! Formats the numbers of paragraphs (`a:buAutoNum`, ECMA-376 part 1, 20.1.10.61).

use crate::roman::roman;

/// Largest number in letters, which repeat beyond z: aa, bb.
const MAX_LETTERS: u32 = 26 * 5;

/// A number format, such as `(a)`, and the first number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Numbering {
    digits: Digits,
    around: [&'static str; 2],
    /// The first number.
    pub start: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Digits {
    Arabic,
    Circled,
    Letters { upper: bool },
    Roman { upper: bool },
}

impl Numbering {
    /// Parses the name of a scheme, such as `arabicPeriod`. Schemes of other scripts are written in digits.
    pub fn new(scheme: &str, start: u32) -> Self {
        let digits = match scheme {
            _ if scheme.starts_with("alphaLc") => Digits::Letters { upper: false },
            _ if scheme.starts_with("alphaUc") => Digits::Letters { upper: true },
            _ if scheme.starts_with("romanLc") => Digits::Roman { upper: false },
            _ if scheme.starts_with("romanUc") => Digits::Roman { upper: true },
            _ if scheme.starts_with("circleNum") => Digits::Circled,
            _ => Digits::Arabic,
        };
        let around = match scheme {
            _ if scheme.starts_with("circleNum") => ["", ""],
            _ if scheme.ends_with("ParenBoth") => ["(", ")"],
            _ if scheme.ends_with("ParenR") => ["", ")"],
            _ if scheme.ends_with("Plain") => ["", ""],
            _ if scheme.ends_with("Minus") => ["", "-"],
            _ => ["", "."],
        };
        Self {
            digits,
            around,
            start,
        }
    }

    /// Formats a number as the marker of a paragraph.
    pub fn mark(self, number: u32) -> String {
        let [before, after] = self.around;
        let digits = match self.digits {
            Digits::Letters { upper } if (1..=MAX_LETTERS).contains(&number) => {
                cased(&letters(number), upper)
            }
            Digits::Roman { upper } => match roman(number) {
                Some(numeral) if upper => numeral,
                Some(numeral) => numeral.to_ascii_lowercase(),
                None => number.to_string(),
            },
            Digits::Circled if (1..=20).contains(&number) => {
                char::from_u32('①' as u32 + number - 1).map_or_else(String::new, String::from)
            }
            _ => number.to_string(),
        };
        format!("{before}{digits}{after}")
    }
}

fn cased(digits: &str, upper: bool) -> String {
    if upper {
        digits.to_ascii_uppercase()
    } else {
        digits.to_owned()
    }
}

fn letters(number: u32) -> String {
    let letter = (b'a'..=b'z').nth(((number - 1) % 26) as usize);
    let letter = letter.map_or('a', char::from);
    std::iter::repeat_n(letter, ((number - 1) / 26 + 1) as usize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes() {
        for (scheme, number, mark) in [
            ("arabicPeriod", 7, "7."),
            ("arabicPlain", 7, "7"),
            ("arabicParenBoth", 7, "(7)"),
            ("alphaLcParenR", 3, "c)"),
            ("alphaUcPeriod", 28, "BB."),
            ("romanUcPeriod", 1_994, "MCMXCIV."),
            ("romanLcParenR", 4, "iv)"),
            ("circleNumDbPlain", 3, "③"),
            ("thaiNumPeriod", 2, "2."),
            ("hindiNumParenR", 2, "2)"),
            ("hebrew2Minus", 2, "2-"),
            ("romanUcPeriod", u32::MAX, "4294967295."),
            ("alphaLcPeriod", u32::MAX, "4294967295."),
            ("alphaLcPeriod", 0, "0."),
        ] {
            assert_eq!(Numbering::new(scheme, 1).mark(number), mark, "{scheme}");
        }
    }
}

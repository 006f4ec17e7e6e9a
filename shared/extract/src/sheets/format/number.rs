//! Writes numbers as the digits of a format's section say.

use super::{
    code::{Section, Token},
    decimal::Decimal,
};

/// Signs of currencies whose amounts do not have three decimals.
const CURRENCIES: [char; 10] = ['$', '€', '£', '¥', '￥', '₩', '₹', '₽', '₺', '฿'];

/// A number without its sign.
pub fn show(section: &Section, mut number: Decimal) -> String {
    let tokens = section.tokens.as_slice();
    let mut layout = Layout::of(tokens);
    number.shift(layout.shift);
    if let Some(at) = layout.exponent {
        return scientific(tokens, at, &layout, number);
    }
    number.round(layout.decimals);
    let text = mantissa(tokens, &layout, &number);
    if layout.grouped && is_ambiguous(&text) {
        layout.grouped = false;
        return mantissa(tokens, &layout, &number);
    }
    text
}

/// Whether a comma could be taken for a decimal point: `1,500` is 1.5 to most of Europe, and it is the reader's
/// country and not the file that makes Excel write it so. `1,234.50`, `1,234,567` and `$1,500` are clear.
fn is_ambiguous(text: &str) -> bool {
    let commas = text.matches(',').count();
    commas == 1 && !text.contains('.') && !text.contains(CURRENCIES)
}

/// Where the digits of a section are.
struct Layout {
    /// Place of the point, or where it would be: behind the last digit before it.
    point: usize,
    /// Place of the exponent.
    exponent: Option<usize>,
    /// Digits before the point and after it.
    wholes: usize,
    decimals: usize,
    grouped: bool,
    /// Powers of ten that percent signs and commas multiply by.
    shift: i32,
}

impl Layout {
    fn of(tokens: &[Token]) -> Self {
        let exponent = tokens.iter().position(|t| matches!(t, Token::Exponent(_)));
        let end = exponent.unwrap_or(tokens.len());
        let mantissa = &tokens[..end];
        let point = mantissa.iter().position(|token| *token == Token::Point);
        let point = point.unwrap_or(end);
        let digits = |tokens: &[Token]| {
            let digits = tokens.iter().filter(|t| matches!(t, Token::Digit(_)));
            digits.count()
        };
        let mut shift = 0;
        let mut grouped = false;
        for (at, token) in mantissa.iter().enumerate() {
            match token {
                Token::Percent => shift += 2,
                Token::Comma if at < point && digits(&mantissa[..at]) > 0 => {
                    if digits(&mantissa[at..point]) > 0 {
                        grouped = true;
                    } else {
                        shift -= 3;
                    }
                }
                Token::Comma if at > point && digits(&mantissa[at..]) == 0 => shift -= 3,
                _ => {}
            }
        }
        Self {
            point,
            exponent,
            wholes: digits(&mantissa[..point]),
            decimals: digits(&mantissa[point..]),
            grouped,
            shift: shift
                + tokens[end..]
                    .iter()
                    .filter(|token| **token == Token::Percent)
                    .fold(0, |sum, _| sum + 2),
        }
    }
}

/// The tokens up to the exponent, or all.
fn mantissa(tokens: &[Token], layout: &Layout, number: &Decimal) -> String {
    let end = layout.exponent.unwrap_or(tokens.len());
    let (whole, decimals) = number.split(layout.decimals);
    let mut text = wholes(&tokens[..layout.point], layout.grouped, &whole);
    let mut place = 0;
    for token in tokens.get(layout.point..end).unwrap_or_default() {
        match token {
            Token::Digit(digit) => {
                let rest = decimals.get(place..).unwrap_or_default();
                let zeros = rest.iter().all(|digit| *digit == 0);
                match (zeros, digit) {
                    (true, '#') => {}
                    (true, '?') => text.push(' '),
                    _ => text.push(char::from(b'0' + rest.first().unwrap_or(&0))),
                }
                place += 1;
            }
            Token::Point => text.push('.'),
            other => text.push_str(&literal(other)),
        }
    }
    text
}

/// The part before the point, built from its end. The first place takes all digits that have no other.
fn wholes(tokens: &[Token], grouped: bool, digits: &[u8]) -> String {
    let mut reversed: Vec<char> = Vec::new();
    let mut left = digits.iter().rev().map(|digit| char::from(b'0' + digit));
    let mut written = 0;
    let mut push = |reversed: &mut Vec<char>, digit: char| {
        if grouped && written > 0 && written % 3 == 0 {
            reversed.push(if digit == ' ' { ' ' } else { ',' });
        }
        written += 1;
        reversed.push(digit);
    };
    let first = tokens.iter().position(|t| matches!(t, Token::Digit(_)));
    // Without a place, as in `.00`, the digits are shown all the same.
    if first.is_none() {
        left.by_ref().for_each(|digit| push(&mut reversed, digit));
    }
    for (at, token) in tokens.iter().enumerate().rev() {
        match token {
            Token::Digit(place) => {
                match (left.next(), place) {
                    (Some(digit), _) => push(&mut reversed, digit),
                    (None, '0') => push(&mut reversed, '0'),
                    (None, '?') => push(&mut reversed, ' '),
                    (None, _) => {}
                }
                if Some(at) == first {
                    left.by_ref().for_each(|digit| push(&mut reversed, digit));
                }
            }
            other => reversed.extend(literal(other).chars().rev()),
        }
    }
    reversed.iter().rev().collect()
}

/// The text of a token other than a digit.
pub fn literal(token: &Token) -> String {
    match token {
        Token::Literal(text) | Token::Word(text) => text.clone(),
        Token::Percent => "%".to_owned(),
        Token::Slash => "/".to_owned(),
        _ => String::new(),
    }
}

/// With an exponent, which is a multiple of the places before the point: `##0.0E+0` counts in thousands.
fn scientific(tokens: &[Token], at: usize, layout: &Layout, mut number: Decimal) -> String {
    let places = i32::try_from(layout.wholes.max(1)).unwrap_or(1);
    let exponent_of = |number: &Decimal| (number.point() - 1).div_euclid(places) * places;
    let mut exponent = if number.is_zero() {
        0
    } else {
        exponent_of(&number)
    };
    number.shift(-exponent);
    number.round(layout.decimals);
    // Rounding may have carried: 9.99 is 10.0.
    if !number.is_zero() {
        let more = exponent_of(&number);
        number.shift(-more);
        exponent += more;
    }
    let mut text = mantissa(tokens, layout, &number);
    text.push('E');
    if exponent < 0 {
        text.push('-');
    } else if tokens[at] == Token::Exponent(true) {
        text.push('+');
    }
    let rest = &tokens[at + 1..];
    let digits = exponent.unsigned_abs().to_string();
    let digits: Vec<u8> = digits.bytes().map(|byte| byte - b'0').collect();
    text + &wholes(rest, false, &digits)
}

//! Displays numbers in the digits of a section.

use super::{
    code::{Section, Token},
    decimal::Decimal,
};

/// Currency signs with amounts that do not have three decimals.
const CURRENCIES: [char; 10] = ['$', '€', '£', '¥', '￥', '₩', '₹', '₽', '₺', '฿'];

/// Displays a number without its sign.
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

/// Whether a comma could be taken for a decimal point: in most of Europe `1,500` means 1.5, and Excel's separator
/// depends on the reader's locale rather than the file. `1,234.50`, `1,234,567` and `$1,500` are unambiguous.
fn is_ambiguous(text: &str) -> bool {
    let commas = text.matches(',').count();
    commas == 1 && !text.contains('.') && !text.contains(CURRENCIES)
}

/// Positions of the digits in a section.
struct Layout {
    /// Index of the point, or of the place after the last digit before it.
    point: usize,
    /// Index of the exponent.
    exponent: Option<usize>,
    /// Number of digits before and after the point.
    wholes: usize,
    decimals: usize,
    grouped: bool,
    /// Power of ten by which percent signs and commas scale the number.
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
        let wholes = digits(&mantissa[..point]);
        let all = digits(mantissa);
        let mut shift = 0;
        let mut grouped = false;
        // Number of digits to the left.
        let mut before = 0;
        for (at, token) in mantissa.iter().enumerate() {
            match token {
                Token::Digit(_) => before += 1,
                Token::Percent => shift += 2,
                Token::Comma if at < point && before > 0 && before < wholes => grouped = true,
                Token::Comma if at < point && before > 0 => shift -= 3,
                Token::Comma if at > point && before == all => shift -= 3,
                _ => {}
            }
        }
        Self {
            point,
            exponent,
            wholes,
            decimals: all - wholes,
            grouped,
            shift: shift
                + tokens[end..]
                    .iter()
                    .filter(|token| **token == Token::Percent)
                    .fold(0, |sum, _| sum + 2),
        }
    }
}

/// Displays the tokens before the exponent, or all tokens.
fn mantissa(tokens: &[Token], layout: &Layout, number: &Decimal) -> String {
    let end = layout.exponent.unwrap_or(tokens.len());
    let (whole, decimals) = number.split(layout.decimals);
    let mut text = wholes(&tokens[..layout.point], layout.grouped, &whole);
    let zeros = decimals.iter().rev().take_while(|digit| **digit == 0);
    let significant = decimals.len() - zeros.count();
    let mut place = 0;
    for token in tokens.get(layout.point..end).unwrap_or_default() {
        match token {
            Token::Digit(digit) => {
                match (place >= significant, digit) {
                    (true, '#') => {}
                    (true, '?') => text.push(' '),
                    _ => text.push(char::from(b'0' + decimals.get(place).unwrap_or(&0))),
                }
                place += 1;
            }
            Token::Point => text.push('.'),
            other => text.push_str(&literal(other)),
        }
    }
    text
}

/// Displays the integer part, built from its end. The first placeholder takes all remaining digits.
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
    // Without a placeholder, as in `.00`, the digits are displayed all the same.
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

/// Displays a number with an exponent, a multiple of the number of integer places: `##0.0E+0` counts in thousands.
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
    // Rounding may have carried, as from 9.99 to 10.0.
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

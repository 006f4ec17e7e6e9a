//! Displays numbers as fractions: `# ?/?`, `# ??/16`.

use super::{
    code::{Section, Token},
    number::literal,
};

/// Most digits of a denominator.
const MAX_PLACES: u32 = 7;
/// Numbers from here on have no precision left for a fraction.
const MAX_WHOLE: f64 = 1e15;

/// Displays a number without its sign; `None` if it is too large.
pub fn show(section: &Section, slash: usize, value: f64) -> Option<String> {
    if value >= MAX_WHOLE {
        return None;
    }
    let tokens = section.tokens.as_slice();
    let is_digit = |token: &Token| matches!(token, Token::Digit(_));
    // The numerator's placeholders are next to the slash, apart from spaces.
    let last = tokens[..slash].iter().rposition(is_digit)?;
    let gap = tokens[..last].iter().rposition(|token| !is_digit(token));
    let numerator = gap.map_or(0, |gap| gap + 1);
    let whole = tokens[..numerator].iter().position(is_digit);
    let (denominator, end) = denominator(tokens, slash);
    let (limit, fixed) = match denominator {
        Denominator::Fixed(number) => (number, true),
        Denominator::Places(places) => (10_u64.pow(places.min(MAX_PLACES)) - 1, false),
    };
    let before: String = tokens[..whole.unwrap_or(numerator)]
        .iter()
        .map(literal)
        .collect();
    let after: String = tokens[end..].iter().map(literal).collect();
    let (mut units, rest) = (value.trunc(), value.fract());
    let (mut above, below) = if fixed {
        let parts = (rest * limit as f64).round();
        (parts as u64, limit)
    } else {
        nearest(rest, limit.max(1))
    };
    if above == below {
        units += 1.0;
        above = 0;
    }
    let body = match whole {
        Some(_) if above == 0 => format!("{units:.0}"),
        Some(at) if units < 1.0 && tokens[at] != Token::Digit('0') => format!("{above}/{below}"),
        Some(_) => format!("{units:.0} {above}/{below}"),
        None => {
            let all = units * below as f64 + above as f64;
            format!("{all:.0}/{below}")
        }
    };
    Some(format!("{before}{body}{after}"))
}

enum Denominator {
    Fixed(u64),
    Places(u32),
}

/// The denominator, and the index after it.
fn denominator(tokens: &[Token], slash: usize) -> (Denominator, usize) {
    let blank = |token: &Token| matches!(token, Token::Literal(text) if text.trim().is_empty());
    let mut at = slash + 1;
    while tokens.get(at).is_some_and(blank) {
        at += 1;
    }
    let mut fixed = String::new();
    let mut places = 0;
    while let Some(token) = tokens.get(at) {
        match token {
            Token::Digit(digit) => {
                places += 1;
                fixed.push(if *digit == '0' { '0' } else { ' ' });
            }
            Token::Literal(text)
                if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() =>
            {
                fixed.push_str(text);
            }
            _ => break,
        }
        at += 1;
    }
    // The denominator of `?/10` has a literal digit and one that looks like a placeholder.
    match fixed.parse::<u64>() {
        Ok(number) if number > 0 && fixed.len() < 10 => (Denominator::Fixed(number), at),
        _ => (Denominator::Places(places), at),
    }
}

/// A fraction close to a number below 1, with a denominator of at most `limit`: the last convergent of its continued
/// fraction, as in Excel, which is not always the nearest fraction.
fn nearest(value: f64, limit: u64) -> (u64, u64) {
    let (mut p0, mut q0, mut p1, mut q1) = (0_u64, 1_u64, 1_u64, 0_u64);
    let mut rest = value;
    for _ in 0..64 {
        let whole = rest.floor();
        let next = whole as u64;
        let q2 = next.saturating_mul(q1).saturating_add(q0);
        if q2 > limit {
            break;
        }
        let p2 = next.saturating_mul(p1).saturating_add(p0);
        (p0, q0, p1, q1) = (p1, q1, p2, q2);
        let fraction = rest - whole;
        if fraction < 1e-11 {
            break;
        }
        rest = 1.0 / fraction;
    }
    if q1 == 0 { (0, 1) } else { (p1, q1) }
}

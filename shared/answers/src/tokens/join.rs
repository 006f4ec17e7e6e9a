//! Makes one token of the words of a number, such as `two hundred and five`.

use dynrag_analysis::Language;

use super::{BREAK, Key, Token};
use crate::chars::digit;
use crate::numbers::{self, Number};
use crate::units::unit;
use crate::words::{self, IGNORE};

/// Joins numbers in words and powers of ten, and finds units behind numbers.
pub(super) fn join_numbers(tokens: Vec<Token>, text: &str, language: Language) -> Vec<Token> {
    let mut joined: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut folded = String::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let Key::Number(_) = token.key else {
            let after_number = joined
                .last()
                .is_some_and(|last| matches!(last.key, Key::Number(_)) && token.flags & BREAK == 0);
            if let (true, Key::Word(_)) = (after_number, token.key) {
                folded.clear();
                words::fold(token.text(text), &mut folded);
                if let Some(number) = unit(&folded) {
                    joined.push(Token {
                        key: Key::Unit(number),
                        ..*token
                    });
                    continue;
                }
                let next = tokens.get(at).map(|next| next.text(text));
                let percent = matches!(
                    (folded.as_str(), next),
                    (
                        "per" | "por" | "pour" | "por ",
                        Some("cent" | "ciento" | "cento")
                    )
                ) || matches!(
                    (folded.as_str(), next),
                    ("في", Some("المائة" | "المئة" | "بالمائة"))
                );
                if let (true, Some(number), Some(last)) = (percent, unit("%"), tokens.get(at)) {
                    joined.push(Token {
                        key: Key::Unit(number),
                        end: last.end,
                        ..*token
                    });
                    at += 1;
                    continue;
                }
            }
            joined.push(*token);
            continue;
        };
        let (number, used) = compound(&tokens[at - 1..], text, language);
        let last = tokens.get(at + used - 2).unwrap_or(token);
        joined.push(Token {
            key: Key::Number(number),
            end: last.end,
            ..*token
        });
        at += used - 1;
    }
    joined
}

/// The number that tokens begin with, such as `two hundred and five` or `1.5 million`, and how many it has.
fn compound(tokens: &[Token], text: &str, language: Language) -> (Number, usize) {
    let Some(Token {
        key: Key::Number(first),
        ..
    }) = tokens.first()
    else {
        return (Number::new(0, 0), 1);
    };
    let in_words = |token: &Token| {
        !token
            .text(text)
            .starts_with(|c| digit(c).is_some() || numbers::fraction(c).is_some())
    };
    let (mut number, mut used) = (*first, 1);
    if let (true, Some(mut value)) = (tokens.first().is_some_and(in_words), first.whole()) {
        loop {
            let and = tokens.get(used).is_some_and(|token| {
                token.flags & IGNORE != 0 && matches!(token.text(text), "and" | "y" | "e" | "und")
            });
            let joins = usize::from(and);
            let Some(next) = tokens
                .get(used + joins)
                .filter(|next| next.flags & BREAK == 0 && in_words(next))
            else {
                break;
            };
            let Key::Number(next) = next.key else { break };
            let Some(next) = next.whole() else { break };
            let fits = match (next, joins) {
                (100, 0) if language.code() != "es" => (1..10).contains(&value),
                (1..=9, _) => value % 10 == 0 && value >= 20,
                (10..=99, _) => value % 100 == 0 && value >= 100,
                _ => false,
            };
            if !fits {
                break;
            }
            value = if next == 100 {
                value * 100
            } else {
                value + next
            };
            used += 1 + joins;
        }
        number = Number::new(i128::from(value), 0);
    }
    let mut folded = String::new();
    while let Some(next) = tokens.get(used).filter(|next| next.flags & BREAK == 0) {
        let power = match next.key {
            Key::Word(_) => {
                folded.clear();
                words::fold(next.text(text), &mut folded);
                numbers::scale(&folded)
            }
            Key::Sign('万' | '萬') => Some(4),
            Key::Sign('亿' | '億') => Some(8),
            _ => None,
        };
        let Some(power) = power else { break };
        number = number.times(power);
        used += 1;
    }
    (number, used)
}

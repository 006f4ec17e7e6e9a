//! When a token of a claim is that of a source.

use crate::dates::is_part_of;
use crate::tokens::{CASELESS, FIRST, Key, NAME, Token, Tokens};
use crate::words::{FORM, FUNCTION, IGNORE, NEGATION, QUALIFIER, fold};

/// Endings that inflect a word without changing what it says, in English.
const ENDINGS: [&str; 9] = ["", "s", "es", "ed", "d", "ing", "y", "ies", "ied"];

/// Whether a token of a claim says what one of a source says.
pub(crate) fn equal(claim: &Token, claim_text: &str, token: &Token, source: &Tokens<'_>) -> bool {
    // A name such as "The" is no article.
    if token.is(IGNORE) && !claim.is(IGNORE) {
        return false;
    }
    match (claim.key, token.key) {
        (Key::Word(one), Key::Word(other)) => {
            if claim.surface == token.surface || claim.bare == token.bare {
                return !accents_differ(claim.text(claim_text), token.text(source.text));
            }
            if claim.is(QUALIFIER) && token.is(QUALIFIER) {
                return is_plural(claim.text(claim_text), token.text(source.text));
            }
            one == other
                && claim.is(CASELESS) == token.is(CASELESS)
                && inflects(claim, claim_text, token, source)
        }
        // A quote may lack the number that made the word a unit.
        (Key::Word(_), Key::Unit(_)) => claim.surface == token.surface,
        (Key::Date(one), Key::Date(other)) => is_part_of(one, other),
        // A year alone is less than a date, not something else.
        (Key::Number(one), Key::Date(other)) => {
            other.year > 0 && one.whole() == Some(u32::from(other.year))
        }
        (one, other) => one == other,
    }
}

/// Whether two Latin words that are the same without accents have other ones: Perú may be Peru, but Amazonía is not Amazônia.
fn accents_differ(one: &str, other: &str) -> bool {
    let latin = |text: &str| text.chars().all(|c| c < '\u{250}');
    !one.is_ascii()
        && !other.is_ascii()
        && latin(one)
        && latin(other)
        && one.to_lowercase() != other.to_lowercase()
        && one.len() == other.len()
}

/// Whether two words differ by an `s` at the end alone: primera and primeras.
fn is_plural(one: &str, other: &str) -> bool {
    let (mut short, mut long) = (String::new(), String::new());
    fold(one, &mut short);
    fold(other, &mut long);
    if short.len() > long.len() {
        std::mem::swap(&mut short, &mut long);
    }
    short.len() >= 5 && long.strip_suffix('s') == Some(short.as_str())
}

/// Whether two words with one stem differ in no more than their inflection.
fn inflects(claim: &Token, claim_text: &str, token: &Token, source: &Tokens<'_>) -> bool {
    if claim.is(NEGATION | QUALIFIER) || token.is(NEGATION | QUALIFIER) {
        return false;
    }
    let (mut one, mut other) = (String::new(), String::new());
    fold(claim.text(claim_text), &mut one);
    fold(token.text(source.text), &mut other);
    let (one, other) = (
        one.trim_end_matches("'s").trim_end_matches('\''),
        other.trim_end_matches("'s").trim_end_matches('\''),
    );
    // A function word inflects by its base form.
    if (claim.flags | token.flags) & (FUNCTION | FORM) != 0 {
        return true;
    }
    if claim.is(CASELESS) {
        return !matches!(source.language.code(), "fa" | "he") && common_share(one, other);
    }
    let common = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .map(|(a, _)| a.len_utf8())
        .sum::<usize>();
    let (rest, other_rest) = (&one[common..], &other[common..]);
    let german = source.language.code() == "de";
    let are_names = !german
        && claim.is(NAME | FIRST)
        && token.is(NAME | FIRST)
        && (claim.is(NAME) || token.is(NAME));
    if are_names {
        return rest.is_empty() && other_rest.is_empty();
    }
    if source.language.code() == "en" {
        // A doubled consonant before the ending: stopped.
        let doubled = |rest: &str| -> bool {
            let mut chars = rest.chars();
            let first = chars.next();
            first.is_some()
                && first == one[..common].chars().next_back()
                && ENDINGS.contains(&chars.as_str())
        };
        let ends = |rest: &str| ENDINGS.contains(&rest) || doubled(rest);
        let drops_e =
            |rest: &str, other: &str| rest == "e" && matches!(other, "ing" | "ed" | "es" | "");
        return ends(rest) && ends(other_rest)
            || drops_e(rest, other_rest)
            || drops_e(other_rest, rest);
    }
    source.language.code() != "tr"
        && common >= 3
        && rest.chars().count() <= 5
        && other_rest.chars().count() <= 5
}

/// Whether two words share most of their letters from the start on.
fn common_share(one: &str, other: &str) -> bool {
    let common = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let longer = one.chars().count().max(other.chars().count());
    common >= 2 && common * 2 >= longer
}

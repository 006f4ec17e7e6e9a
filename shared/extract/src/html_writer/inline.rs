//! Writes inline text that would change its meaning without markup: exponents, indices, readings.

use ego_tree::NodeRef;
use scraper::Node;

/// Characters from which an alternative text counts as detailed.
const DETAILED: usize = 100;
/// Words from which it counts as a sentence.
const SENTENCE: usize = 5;
/// Longest sign, in bytes.
const MAX_SIGN: usize = 20;
/// Alternative texts of decoration.
const GENERIC: &[&str] = &[
    "image",
    "img",
    "photo",
    "picture",
    "icon",
    "logo",
    "avatar",
    "spacer",
    "arrow",
    "bullet",
    "pixel",
    "blank",
    "line",
    "flag",
    "thumbnail",
];
/// Longest exponent; a longer text is a remark.
const MAX_EXPONENT: usize = 20;

/// Characters with their raised forms.
const RAISED: &str = "0⁰1¹2²3³4⁴5⁵6⁶7⁷8⁸9⁹+⁺-⁻−⁻=⁼(⁽)⁾nⁿiⁱ";
const LOWERED: &str = "0₀1₁2₂3₃4₄5₅6₆7₇8₈9₉+₊-₋−₋=₌(₍)₎";
/// Letters that are exponents if they stand alone above a number or a variable. Other letters are ordinal endings in
/// some language.
const EXPONENTS: &str = "nmkxyjt";

/// Writes `text`, which is above or below the line after `before`, within the line.
pub fn shifted(before: &str, text: &str, raised: bool) -> String {
    let text = text.trim();
    let last = before.chars().next_back();
    let Some(last) = last.filter(|last| !last.is_whitespace()) else {
        return text.to_owned();
    };
    match text {
        "TM" | "tm" if raised => return "™".to_owned(),
        "SM" if raised => return "℠".to_owned(),
        _ => {}
    }
    if text.chars().all(char::is_alphabetic) {
        return letters(before, last, text, raised);
    }
    if !text.chars().any(char::is_alphanumeric) {
        return text.to_owned();
    }
    let map = if raised { RAISED } else { LOWERED };
    if let Some(mapped) = mapped(text, map) {
        return mapped;
    }
    let is_remark = text.len() > MAX_EXPONENT || text.contains(char::is_whitespace);
    if is_remark || text.starts_with(['[', '(']) {
        return format!(" {text}");
    }
    let sign = if raised { '^' } else { '_' };
    format!("{sign}({text})")
}

/// Decides whether raised or lowered letters are the ending of an ordinal or an abbreviation, an exponent, or a remark.
fn letters(before: &str, last: char, text: &str, raised: bool) -> String {
    if text.chars().count() > 4 {
        return format!(" {text}");
    }
    let alone = before
        .chars()
        .rev()
        .nth(1)
        .is_none_or(|other| !other.is_alphabetic());
    let is_base = last.is_ascii_digit() || last == ')' || (last.is_alphabetic() && alone);
    if raised && is_base && text.len() == 1 && text.contains(|c| EXPONENTS.contains(c)) {
        return mapped(text, RAISED).unwrap_or_else(|| format!("^{text}"));
    }
    text.to_owned()
}

fn mapped(text: &str, map: &str) -> Option<String> {
    let look = |wanted: char| {
        let mut pairs = map.chars();
        while let (Some(plain), Some(shifted)) = (pairs.next(), pairs.next()) {
            if plain == wanted {
                return Some(shifted);
            }
        }
        None
    };
    text.chars().map(look).collect()
}

/// Joins the readings of a word's parts.
pub fn join_reading(reading: &mut String, part: &str) {
    let part = part.trim();
    let apart = reading.ends_with(is_spaced) && part.starts_with(is_spaced);
    if apart {
        reading.push(' ');
    }
    reading.push_str(part);
}

/// Whether the character's script separates words by spaces.
pub fn is_spaced(character: char) -> bool {
    character.is_alphabetic() && character < '\u{1100}'
}

/// Whether an alternative text is an answer by itself, such as a check mark or a digit.
pub fn is_sign(alternative: &str) -> bool {
    const SIGNS: &str = "✓✔✗✘✕✖✅☑☒❌❎⛔★☆⭐●○◐";
    let alternative = alternative.trim();
    let mut signs = alternative.chars().filter(|c| *c != '\u{fe0f}');
    alternative.len() <= MAX_SIGN
        && !alternative.is_empty()
        && (signs.all(|c| SIGNS.contains(c)) || alternative.chars().all(char::is_numeric))
}

/// Whether an alternative text can stand for an image that is all there is: any but those of decoration.
pub fn stands_alone(alternative: &str) -> bool {
    let lower = alternative.trim().to_ascii_lowercase();
    !lower.is_empty()
        && !is_file(&lower)
        && !lower.contains(['_', '/'])
        && !GENERIC.contains(&lower.as_str())
}

/// Whether an alternative text is meaningful: not a file name, not a link.
pub fn describes(alternative: &str, source: &str) -> bool {
    const MAX: usize = 2_000;
    let letters = crate::text::letters(alternative);
    if letters < 2 || alternative.len() > MAX || alternative.contains("://") {
        return false;
    }
    let one_word = !alternative.contains(char::is_whitespace);
    let lower = alternative.to_ascii_lowercase();
    let stem = source.rsplit('/').next().unwrap_or_default();
    let stem = stem.split(['.', '?']).next().unwrap_or_default();
    let is_name = one_word && (stem.eq_ignore_ascii_case(alternative) || lower.contains('_'));
    !is_file(&lower) && !is_name && !GENERIC.contains(&lower.as_str())
}

fn is_file(lower: &str) -> bool {
    let endings = [
        ".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp", ".avif", ".bmp",
    ];
    endings.iter().any(|ending| lower.ends_with(ending))
}

/// Whether the alternative text of a standalone image is more than decoration: the image belongs to a figure, the text
/// gives numbers or details, or it is a sentence and the image a paragraph.
pub fn informs(node: NodeRef<'_, Node>, alternative: &str) -> bool {
    alternative.chars().any(char::is_numeric)
        || (alternative.split_whitespace().count() >= SENTENCE
            && node.parent().is_some_and(|around| is_named(around, "p")))
        || alternative.chars().count() >= DETAILED
        || node
            .ancestors()
            .take(3)
            .any(|around| is_named(around, "figure"))
}

fn is_named(node: NodeRef<'_, Node>, name: &str) -> bool {
    let element = node.value().as_element();
    element.is_some_and(|element| element.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_and_indices_are_no_digits_of_the_line() {
        let cases = [
            ("10", "6", true, "⁶"),
            ("10", "-4", true, "⁻⁴"),
            ("m", "2", true, "²"),
            ("x", "k+1", true, "^(k+1)"),
            ("2", "n", true, "ⁿ"),
            ("2", "k", true, "^k"),
            ("1", "st", true, "st"),
            ("XX", "e", true, "e"),
            ("Word", "TM", true, "™"),
            ("CO", "2", false, "₂"),
            ("V", "max", false, "max"),
            ("a", "n-1", false, "_(n-1)"),
            ("Kettle", "while stocks last", true, " while stocks last"),
            ("", "1", true, "1"),
        ];
        for (before, text, raised, expected) in cases {
            assert_eq!(shifted(before, text, raised), expected, "{before} {text}");
        }
    }

    #[test]
    fn texts_for_images() {
        assert!(describes("Open from nine to five", "a.png"));
        for (alternative, source) in [
            ("", "a.png"),
            ("IMG_0041.JPG", "x"),
            ("figure-one", "/i/figure-one.png?x"),
            ("Logo", "x"),
            ("https://example.com/a b", "x"),
        ] {
            assert!(!describes(alternative, source), "{alternative}");
        }
    }
}

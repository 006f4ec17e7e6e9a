//! Compares a plain text with the HTML alternative beside it.

use std::collections::HashSet;

use crate::text;

/// A plain text with fewer letters may be a note to programs that do not show HTML.
const NOTE: usize = 200;

/// The words of a text in lower case; each character of a script without spaces is a word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars() {
        let is_ideograph =
            matches!(character, '\u{2e80}'..='\u{d7ff}' | '\u{e00}'..='\u{eff}' | '\u{f900}'..);
        if character.is_alphanumeric() && !is_ideograph {
            word.extend(character.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if character.is_alphanumeric() {
            words.push(character.to_string());
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

/// The percentage of words of `part` that occur in `whole`; 100 if there are none.
pub fn covered(part: &str, whole: &str) -> usize {
    let part = words(part);
    if part.is_empty() {
        return 100;
    }
    let whole: HashSet<String> = words(whole).into_iter().collect();
    let found = part.iter().filter(|word| whole.contains(*word)).count();
    found * 100 / part.len()
}

/// The alternative to read.
#[derive(PartialEq, Eq, Debug)]
pub enum Choice {
    Plain,
    Rich,
    Both,
}

/// Chooses between a plain text and its richer alternative.
pub fn choose(plain: &str, rich: &str) -> Choice {
    let (plain_letters, rich_letters) = (text::letters(plain), text::letters(rich));
    if plain_letters == 0 {
        Choice::Rich
    } else if rich_letters == 0 || covered(rich, plain) >= 50 && plain_letters * 2 >= rich_letters {
        Choice::Plain
    } else if plain_letters > NOTE && covered(plain, rich) < 20 {
        Choice::Both
    } else {
        Choice::Rich
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_more_is_read() {
        let letter = "The delivery is put off to the third of December.";
        let reply = format!("> {}\n> delivery!", letter.to_uppercase());
        let other = "Something else entirely ".repeat(20);
        for (plain, rich, choice) in [
            (letter, letter, Choice::Plain),
            (&reply, letter, Choice::Plain),
            ("", letter, Choice::Rich),
            ("\u{a0}--", letter, Choice::Rich),
            (letter, "", Choice::Plain),
            ("This mail needs a reader of HTML.", letter, Choice::Rich),
            (
                "Your program shows no HTML. See our site in the browser of your choice.",
                letter,
                Choice::Rich,
            ),
            ("The delivery", letter, Choice::Rich),
            (&other, letter, Choice::Both),
            ("货物将于十二月", "货物 将于十二月送达", Choice::Plain),
        ] {
            assert_eq!(choose(plain, rich), choice, "{plain} / {rich}");
        }
    }
}

//! Tells text in the DOS code pages of Western languages from text in the encodings of Windows and the Macintosh.

use encoding_rs::MACINTOSH;

use super::guess::{Guess, WESTERN};
use crate::code_pages;

/// Pages in order of preference: both have the same letters for most languages.
const PAGES: [i32; 3] = [850, 437, 865];

/// The DOS page in which the text has letters inside words where the other encoding has signs.
///
/// Text in Windows encodings is far more frequent, so one such place must be unambiguous: a control character, a
/// sign between letters, an opening quotation mark at the end of a word.
pub fn page(bytes: &[u8], other: Guess) -> Option<i32> {
    // The letters of DOS pages are here.
    if !bytes.iter().any(|byte| matches!(byte, 0x80..=0xa5)) {
        return None;
    }
    let mut best: Option<(Fit, i32)> = None;
    for page in PAGES {
        let fit = Fit::of(&code_pages::decode(page, bytes).0);
        if best.as_ref().is_none_or(|(best, _)| fit.odd < best.odd) {
            best = Some((fit, page));
        }
    }
    let (dos, page) = best?;
    let fit = Fit::of(&other.decode(bytes).0);
    // Text for the Macintosh is as rare. Two places are hardly a coincidence.
    let share = match fit.odd {
        _ if other == Guess::Encoding(MACINTOSH) => 20,
        0..2 => 6,
        2..5 => 12,
        _ => 30,
    };
    // Text in other scripts has words of ASCII too, but few of its characters are in them.
    let western = other.is_latin() || other == Guess::Encoding(MACINTOSH);
    let better = (western || fit.odd * 2 > fit.all)
        && dos.likely > 0
        && dos.odd * 10 <= dos.likely
        && fit.odd * share >= dos.likely
        && fit.odd > 2 * dos.odd;
    better.then_some(page)
}

/// Counts of non-ASCII characters in likely and in unlikely positions.
#[derive(Default, Debug)]
struct Fit {
    all: usize,
    likely: usize,
    odd: usize,
}

impl Fit {
    fn of(text: &str) -> Self {
        let mut fit = Self::default();
        let mut before = ' ';
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let after = characters.peek().copied().unwrap_or(' ');
            if !character.is_ascii() {
                fit.all += 1;
                fit.add(before, character, after);
            }
            before = character;
        }
        fit
    }

    fn add(&mut self, before: char, character: char, after: char) {
        let touches = before.is_alphabetic() || after.is_alphabetic();
        // Two signs in a word stand next to each other.
        let follows = before.is_alphabetic() && (after.is_alphabetic() || is_sign(after));
        let inside = follows || is_sign(before) && after.is_alphabetic();
        let shifts = character.is_uppercase() && before.is_lowercase();
        match character {
            '\u{80}'..='\u{9f}' | '\u{fffd}' => self.odd += 1,
            // Between letters, both are as likely as not.
            '\u{2019}' | '\u{2013}' | '\u{2014}' | '\u{2026}' | '\u{a0}' | '\u{ad}' => {}
            _ if shifts => self.odd += 1,
            _ if WESTERN.contains(character) && character != 'Œ' => {
                self.likely += usize::from(touches)
            }
            // A letter of another script in a Latin word.
            _ if character.is_alphabetic() && !is_latin(character) => {
                let latin = |other: char| other.is_ascii_alphabetic();
                self.odd += usize::from(latin(before) || latin(after));
            }
            // Not a word, unlike other letters by themselves.
            'Š' | 'š' | 'Ž' | 'Œ' if !touches => self.odd += 1,
            _ if character.is_alphabetic() => {}
            // Quotation marks that open, at the end of a word, and bullets.
            '\u{201a}' | '\u{201e}' | '\u{2022}' if before.is_alphabetic() => self.odd += 1,
            '\u{2500}'..='\u{259f}' => self.odd += usize::from(touches),
            _ => self.odd += usize::from(inside),
        }
    }
}

fn is_latin(character: char) -> bool {
    matches!(character, '\0'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

fn is_sign(character: char) -> bool {
    !character.is_ascii() && !character.is_alphabetic() && !character.is_whitespace()
}

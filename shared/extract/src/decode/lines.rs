//! Decodes text whose lines are in different encodings: UTF-8, and another that older programs wrote.

use encoding_rs::UTF_8;

use super::{
    Decoded, Sequences,
    guess::{self, Guess},
    of, sequences,
};

/// A line of so much UTF-8 is not in another encoding by chance. See [`Sequences`].
const SURE: usize = 6;

/// Decodes line by line. `utf8` says that the text as a whole is UTF-8 with errors; otherwise it returns `None` unless
/// some lines are surely UTF-8.
///
/// A line with a few errors is UTF-8 with errors; the lines with more errors are in a common encoding, which is guessed.
pub fn decode(bytes: &[u8], utf8: bool) -> Option<Decoded<'_>> {
    let lines = || bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\r'));
    let (mut foreign, mut sound, mut sure, mut broken) = (Vec::new(), 0, 0, 0);
    for line in lines() {
        let found = sequences(line);
        if is_foreign(&found) {
            foreign.extend_from_slice(line);
            broken += found.broken;
        } else {
            sound += found.sound;
            sure += if found.sound < SURE { 0 } else { found.sound };
        }
    }
    let whole = || utf8.then(|| of(bytes, UTF_8));
    if foreign.is_empty() || sound == 0 {
        return whole();
    }
    let guess = guess::guess(&foreign);
    let as_guessed = guess.decode(&foreign);
    let certain = if utf8 {
        // Stray bytes are not text of another encoding.
        as_guessed.1 == 0 && !(guess.is_latin() && as_guessed.0.contains(['ÿ', 'þ']))
    } else {
        // Hardly any Latin text is UTF-8 by chance, but short lines in other encodings may be.
        let latin = guess.is_latin() || matches!(guess, Guess::Dos(_)) && sound >= broken;
        latin && as_guessed.1 == 0 || sure * 8 > broken
    };
    if !certain {
        return whole();
    }
    let (mut text, mut replaced) = (String::with_capacity(bytes.len()), 0);
    for line in lines() {
        let foreign = is_foreign(&sequences(line));
        let (part, faults) = if foreign {
            guess.decode(line)
        } else {
            let decoded = of(line, UTF_8);
            (decoded.text, decoded.replaced)
        };
        text.push_str(&part);
        replaced += faults;
    }
    Some(Decoded {
        text: text.into(),
        replaced,
        guessed: Some(guess),
    })
}

/// Whether a line is in another encoding rather than UTF-8 with a few errors.
const fn is_foreign(found: &Sequences) -> bool {
    found.broken > 0 && !found.is_mostly_utf8() && found.cut * 2 < found.broken
}

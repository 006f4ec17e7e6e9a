//! Decodes the bytes of text files and web pages, in any encoding.

pub mod controls;
mod declared;
mod dos;
mod guess;
mod lines;
mod modified;

use std::borrow::Cow;

use dynrag_domain::warnings::{WarningCode, Warnings};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::wide::Wide;
use guess::Guess;

/// Decoded text, and what is known about its encoding.
#[derive(Debug)]
pub struct Decoded<'a> {
    /// The text, without a byte order mark.
    pub text: Cow<'a, str>,
    /// Number of invalid bytes or sequences that became U+FFFD.
    pub replaced: usize,
    /// The encoding, if it was guessed from the bytes. Detecting Unicode does not count as a guess.
    pub guessed: Option<Guess>,
}

impl Decoded<'_> {
    /// Adds warnings about the encoding.
    pub fn warn(&self, warnings: &mut Warnings) {
        warnings.add(WarningCode::CharactersReplaced, self.replaced);
        if let Some(guess) = self.guessed {
            warnings.add_at(WarningCode::EncodingGuessed, guess.name());
        }
    }
}

/// Decodes text. `label` is an encoding declared outside of the text, such as the `charset` of a media type.
///
/// The first that applies is used: a byte order mark, Unicode without a mark, valid UTF-8, the declaration, UTF-8 with
/// errors or with lines in another encoding, a guess.
pub fn text<'a>(bytes: &'a [u8], label: Option<&str>) -> Decoded<'a> {
    decode(bytes, || {
        Encoding::for_label_no_replacement(label?.trim().as_bytes())
    })
}

/// Decodes a web page or an XML part, which may declare its encoding itself; otherwise like [`text`].
///
/// Valid UTF-8 with characters beyond ASCII takes precedence over the declaration: a server's header may have overruled
/// a wrong declaration, and text in other encodings is not valid UTF-8 by chance.
pub fn markup(bytes: &[u8]) -> Decoded<'_> {
    decode(bytes, || declared::encoding(bytes))
}

/// Decodes a web page or an XML part without reporting warnings. See [`markup`].
pub fn page(bytes: &[u8]) -> String {
    markup(bytes).text.into_owned()
}

/// Decodes 8-bit text without a declaration: the text, the number of replaced characters, and the encoding. For a code
/// page of DOS, which is not an encoding of the web, this is Windows-1252.
pub fn undeclared(bytes: &[u8]) -> (String, usize, &'static Encoding) {
    let decoded = text(bytes, None);
    let encoding = decoded.guessed.map_or(UTF_8, Guess::encoding);
    (decoded.text.into_owned(), decoded.replaced, encoding)
}

fn decode(bytes: &[u8], declared: impl FnOnce() -> Option<&'static Encoding>) -> Decoded<'_> {
    let (bytes, marked) = match (Wide::of_mark(bytes), bytes.strip_prefix(b"\xef\xbb\xbf")) {
        (Some((wide, length)), _) => return of_wide(&bytes[length..], wide),
        (None, Some(rest)) => (rest, true),
        (None, None) => (bytes, false),
    };
    // Before UTF-8, because much UTF-16 text has only bytes below 128.
    if !marked && let Some(wide) = Wide::guess(bytes) {
        return of_wide(bytes, wide);
    }
    let valid = std::str::from_utf8(bytes);
    match valid {
        // ISO-2022-JP is ASCII too.
        Ok(text) if marked || !bytes.contains(&0x1b) || !text.is_ascii() => {
            return Decoded {
                // They may have been replaced before we got them, as gateways do with bytes of another encoding.
                replaced: text.matches(char::REPLACEMENT_CHARACTER).count(),
                text: Cow::Borrowed(text),
                guessed: None,
            };
        }
        _ => {}
    }
    let declared = if marked { Some(UTF_8) } else { declared() };
    if let Some(encoding) = declared
        && encoding != UTF_8
    {
        let decoded = of(bytes, encoding);
        // A few invalid bytes do not disprove the declaration.
        if decoded.replaced * 50 <= bytes.len() {
            return decoded;
        }
    }
    if valid.is_err()
        && let Some(decoded) = faulty_utf8(bytes, declared == Some(UTF_8))
    {
        return decoded;
    }
    let guess = guess::guess(bytes);
    if valid.is_ok() && guess != Guess::Encoding(ISO_2022_JP) {
        return of(bytes, UTF_8);
    }
    let (text, replaced) = guess.decode(bytes);
    Decoded {
        text,
        replaced,
        guessed: Some(guess),
    }
}

/// Decodes text that is mostly UTF-8, or in part.
fn faulty_utf8(bytes: &[u8], declared: bool) -> Option<Decoded<'_>> {
    if let Some((standard, lone)) = modified::standard(bytes)
        && sequences(&standard).is_mostly_utf8()
    {
        let decoded = lines::decode(&standard, true)?;
        return Some(Decoded {
            text: Cow::Owned(decoded.text.into_owned()),
            replaced: decoded.replaced + lone,
            guessed: decoded.guessed,
        });
    }
    let found = sequences(bytes);
    let utf8 = found.is_mostly_utf8() || declared && !found.is_mostly_other();
    lines::decode(bytes, utf8)
}

/// Decodes all bytes in one encoding.
fn of<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Decoded<'a> {
    let (mut text, broken) = encoding.decode_without_bom_handling(bytes);
    // Bytes without a character become control characters, which would vanish from the text.
    if encoding != UTF_8 && text.contains(is_c1) {
        text = Cow::Owned(text.replace(is_c1, "\u{fffd}"));
    } else if !broken {
        return Decoded {
            text,
            replaced: 0,
            guessed: None,
        };
    }
    let signs = text.matches('\u{fffd}').count();
    let own = if encoding == UTF_8 {
        bytes
            .windows(3)
            .filter(|window| window == b"\xef\xbf\xbd")
            .count()
    } else {
        0
    };
    Decoded {
        text,
        replaced: signs.saturating_sub(own),
        guessed: None,
    }
}

/// Whether a character is a C1 control other than a line end.
const fn is_c1(character: char) -> bool {
    matches!(character, '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}')
}

fn of_wide(bytes: &[u8], wide: Wide) -> Decoded<'_> {
    match wide {
        Wide::Utf16Le => of(bytes, UTF_16LE),
        Wide::Utf16Be => of(bytes, UTF_16BE),
        Wide::Utf32Le | Wide::Utf32Be => {
            let mut text = String::with_capacity(bytes.len() / 4);
            let mut replaced = usize::from(!bytes.len().is_multiple_of(4));
            for unit in bytes.chunks_exact(4) {
                let character = char::from_u32(wide.unit(unit));
                replaced += usize::from(character.is_none());
                text.push(character.unwrap_or('\u{fffd}'));
            }
            Decoded {
                text: Cow::Owned(text),
                replaced,
                guessed: None,
            }
        }
    }
}

/// Counts of valid multibyte UTF-8 sequences, which other encodings rarely form by chance, and of invalid ones.
#[derive(Default)]
struct Sequences {
    /// Longer sequences are less likely by chance and count more.
    sound: usize,
    broken: usize,
    /// Broken ones that are the start of a sequence.
    cut: usize,
}

impl Sequences {
    /// Whether the bytes are UTF-8 apart from a few errors: a cut, a faulty line, a stray byte.
    const fn is_mostly_utf8(&self) -> bool {
        self.sound >= 3 * self.broken || self.broken == 1 && self.sound > 0
    }

    /// Whether less than a third of the bytes beyond ASCII are UTF-8.
    const fn is_mostly_other(&self) -> bool {
        self.broken > 2 * self.sound
    }
}

fn sequences(bytes: &[u8]) -> Sequences {
    let mut found = Sequences::default();
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            found.sound += match character.len_utf8() {
                1 => 0,
                2 => 1,
                length => 2 * length - 3,
            };
        }
        at += chunk.valid().len() + chunk.invalid().len();
        found.broken += usize::from(!chunk.invalid().is_empty());
        found.cut += usize::from(match chunk.invalid() {
            [] => false,
            // The leads of most letters. In Latin text they are capitals, which hardly end a word.
            [0xc2 | 0xc3] => !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric),
            [_] => false,
            _ => true,
        });
    }
    found
}

/// The encoding of a Windows code page.
pub fn code_page(number: i32) -> &'static Encoding {
    let label = match number {
        932 => "shift_jis".to_owned(),
        936 => "gbk".to_owned(),
        949 => "euc-kr".to_owned(),
        950 => "big5".to_owned(),
        10000 => "macintosh".to_owned(),
        65001 => "utf-8".to_owned(),
        number => format!("windows-{number}"),
    };
    Encoding::for_label(label.as_bytes()).unwrap_or(WINDOWS_1252)
}

#[cfg(test)]
mod tests;

//! Guesses the encoding of undeclared text that is not Unicode.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_4, MACINTOSH, SHIFT_JIS, WINDOWS_874,
    WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257,
};
use whatlang::Lang;

use super::{dos, of};
use crate::code_pages;

/// Number of bytes that the guess is based on.
const SAMPLE: usize = 256 * 1024;
/// Number of bytes that the language is detected from.
const LANGUAGE_SAMPLE: usize = 4 * 1024;

/// Encodings of the Latin script, which differ in few letters.
const LATIN: [&Encoding; 6] = [
    WINDOWS_1250,
    WINDOWS_1252,
    WINDOWS_1254,
    WINDOWS_1257,
    ISO_8859_2,
    ISO_8859_4,
];

const MULTIBYTE: [&Encoding; 5] = [GBK, BIG5, SHIFT_JIS, EUC_JP, EUC_KR];
const CENTRAL: [&Encoding; 2] = [WINDOWS_1250, ISO_8859_2];
/// Letters of Western European languages.
pub const WESTERN: &str = "àáâäãåæçèéêëìíîïñòóôöõøœùúûüßÀÁÂÄÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜ";
/// Characters that do not follow a letter.
const STRAY: &str = "ˆ˜‡‰¸¨´¯";

/// Country domains of languages that have an encoding of their own; the others are there to rule those out.
const DOMAINS: [(Lang, &[u8]); 19] = [
    (Lang::Hun, b"hu"),
    (Lang::Pol, b"pl"),
    (Lang::Ces, b"cz"),
    (Lang::Slk, b"sk"),
    (Lang::Slv, b"si"),
    (Lang::Hrv, b"hr"),
    (Lang::Ron, b"ro"),
    (Lang::Lit, b"lt"),
    (Lang::Lav, b"lv"),
    (Lang::Est, b"ee"),
    (Lang::Tur, b"tr"),
    (Lang::Vie, b"vn"),
    (Lang::Deu, b"de"),
    (Lang::Fra, b"fr"),
    (Lang::Spa, b"es"),
    (Lang::Por, b"pt"),
    (Lang::Ita, b"it"),
    (Lang::Swe, b"se"),
    (Lang::Dan, b"dk"),
];

/// A guessed encoding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guess {
    /// An encoding of the web.
    Encoding(&'static Encoding),
    /// A code page of DOS, by its number.
    Dos(i32),
}

impl Guess {
    /// Its name for warnings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Encoding(encoding) => encoding.name(),
            Self::Dos(437) => "IBM437",
            Self::Dos(865) => "IBM865",
            Self::Dos(_) => "IBM850",
        }
    }

    /// The encoding of the web that comes closest.
    pub const fn encoding(self) -> &'static Encoding {
        match self {
            Self::Encoding(encoding) => encoding,
            Self::Dos(_) => WINDOWS_1252,
        }
    }

    /// Whether it is one of the encodings of the Latin script on Windows.
    pub fn is_latin(self) -> bool {
        matches!(self, Self::Encoding(encoding) if LATIN.contains(&encoding))
    }

    /// Decodes bytes, and returns how many characters became U+FFFD.
    pub fn decode(self, bytes: &[u8]) -> (Cow<'_, str>, usize) {
        match self {
            Self::Encoding(encoding) => {
                let decoded = of(bytes, encoding);
                (decoded.text, decoded.replaced)
            }
            Self::Dos(page) => {
                let (text, replaced) = code_pages::decode(page, bytes);
                (text.into(), replaced)
            }
        }
    }
}

/// Guesses the encoding from pairs of letters and, for the Latin script, from the language.
///
/// The detector does not know Mac encodings and the Western pages of DOS, and takes much Hungarian and Lithuanian for
/// Western European; these are detected separately.
pub fn guess(bytes: &[u8]) -> Guess {
    let first = bytes.iter().position(|byte| !byte.is_ascii());
    // The ASCII text before helps to detect the language.
    let start = first
        .unwrap_or_default()
        .saturating_sub(LANGUAGE_SAMPLE / 2);
    let bytes = &bytes[start..bytes.len().min(start + SAMPLE)];
    let guess = Guess::Encoding(of_the_web(bytes));
    dos::page(bytes, guess).map_or(guess, Guess::Dos)
}

fn of_the_web(bytes: &[u8]) -> &'static Encoding {
    let detector = detector(bytes);
    let first = detector.guess(None, Utf8Detection::Deny);
    if let Some(encoding) = broken_multibyte(bytes, first) {
        return if is_kana(bytes) { SHIFT_JIS } else { encoding };
    }
    if !LATIN.contains(&first) {
        return first;
    }
    let found = match domain(bytes, first) {
        // The detector tells these two apart by their letters; a domain would bias it.
        Some(domain) if !(CENTRAL.contains(&first) && is_central(domain)) => {
            detector.guess(Some(domain), Utf8Detection::Deny)
        }
        _ => first,
    };
    if is_macintosh(bytes, found) {
        MACINTOSH
    } else {
        found
    }
}

fn detector(bytes: &[u8]) -> EncodingDetector {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector
}

/// Detects East Asian text with a few broken bytes or a truncated last character. The detector gives up an encoding at
/// its first error, so the text without the errors is tested.
fn broken_multibyte(bytes: &[u8], first: &'static Encoding) -> Option<&'static Encoding> {
    let beyond = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    // Thai also has long runs without spaces.
    if first == WINDOWS_874 || beyond * 4 < bytes.len() {
        return None;
    }
    let candidates: &[&'static Encoding] = if first.is_single_byte() {
        &MULTIBYTE
    } else {
        // Text in EUC-JP can be valid in the other encodings.
        &[EUC_JP]
    };
    let faults = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling(bytes).0;
        let broken = text.matches('\u{fffd}').count();
        if broken == 0 || broken > 1 && broken * 100 > beyond {
            return None;
        }
        let sound = text.replace('\u{fffd}', "");
        // Encoding is slow, and some thousand characters suffice.
        let sound = &sound[..sound.floor_char_boundary(LANGUAGE_SAMPLE)];
        let sound = encoding.encode(sound).0;
        let told = detector(&sound).guess(None, Utf8Detection::Deny);
        (told == encoding).then_some((broken, encoding))
    };
    let found = candidates.iter().filter_map(|encoding| faults(encoding));
    found
        .min_by_key(|(broken, _)| *broken)
        .map(|(_, encoding)| encoding)
}

/// Whether the bytes are mostly kana in Shift_JIS. The detector does not expect halfwidth kana.
fn is_kana(bytes: &[u8]) -> bool {
    let (text, broken) = SHIFT_JIS.decode_without_bom_handling(bytes);
    if broken {
        return false;
    }
    let beyond = text.chars().filter(|c| !c.is_ascii());
    let kana = |c: &char| matches!(c, '\u{3041}'..='\u{30fe}' | '\u{ff61}'..='\u{ff9f}');
    text.chars().filter(kana).count() * 2 > beyond.count()
}

/// The country domain for the language of the text.
fn domain(bytes: &[u8], encoding: &'static Encoding) -> Option<&'static [u8]> {
    let sample = &bytes[..bytes.len().min(LANGUAGE_SAMPLE)];
    let (text, _) = encoding.decode_without_bom_handling(sample);
    let info = whatlang::detect(&text).filter(whatlang::Info::is_reliable)?;
    let (_, domain) = DOMAINS.iter().find(|(lang, _)| *lang == info.lang())?;
    Some(*domain)
}

fn is_central(domain: &[u8]) -> bool {
    matches!(
        domain,
        b"pl" | b"cz" | b"sk" | b"hu" | b"si" | b"hr" | b"ro"
    )
}

/// Whether Mac OS Roman yields letters inside words where the other encoding yields symbols or capitals.
fn is_macintosh(bytes: &[u8], other: &'static Encoding) -> bool {
    let mac = fit(bytes, MACINTOSH);
    let fit = fit(bytes, other);
    fit.odd > 0
        && mac.likely > 0
        && mac.odd * 8 <= mac.likely
        && (fit.odd + fit.dashes) * 5 >= mac.likely + mac.odd
}

/// Counts of non-ASCII characters in likely and in unlikely positions.
#[derive(Default)]
struct Fit {
    likely: usize,
    odd: usize,
    /// Dashes without spaces around them, which some writers use.
    dashes: usize,
}

fn fit(bytes: &[u8], encoding: &'static Encoding) -> Fit {
    let text = encoding.decode_without_bom_handling(bytes).0;
    let mut fit = Fit::default();
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let after = characters.peek().copied().unwrap_or(' ');
        let inside = before.is_alphabetic() && after.is_alphabetic();
        match character {
            _ if character.is_ascii() => {}
            '\u{2019}' if inside => fit.likely += 1,
            '\u{2013}' | '\u{2014}' if inside => fit.dashes += 1,
            // Quotation marks, dashes, dots, which are likely in either encoding.
            '\u{2013}'..='\u{201e}' | '\u{2022}' | '\u{2026}' | '«' | '»' | '\u{a0}' => {}
            _ if before.is_alphabetic() && STRAY.contains(character) => fit.odd += 1,
            _ if character.is_control() => fit.odd += 1,
            _ if character.is_uppercase() && before.is_lowercase() => fit.odd += 1,
            _ if WESTERN.contains(character) => {
                fit.likely += usize::from(before.is_alphabetic() || after.is_alphabetic());
            }
            _ if character.is_alphabetic() => {}
            _ if inside => fit.odd += 1,
            _ => {}
        }
        before = character;
    }
    fit
}

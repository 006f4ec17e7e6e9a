//! Guesses the encoding of text that nothing declares and that is not Unicode.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, ISO_8859_2, ISO_8859_4, MACINTOSH, SHIFT_JIS, WINDOWS_874,
    WINDOWS_1250, WINDOWS_1252, WINDOWS_1254, WINDOWS_1257,
};
use whatlang::Lang;

/// How much of a text is guessed from.
const SAMPLE: usize = 256 * 1024;
/// How much of it is looked at to tell its language.
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
const WESTERN: &str = "àáâäãåæçèéêëìíîïñòóôöõøœùúûüßÀÁÂÄÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØŒÙÚÛÜ";
/// Signs that do not follow a letter.
const STRAY: &str = "ˆ˜‡‰¸¨´¯";

/// Countries of languages that are written in an encoding of their own; of others, to rule these out.
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

/// Guesses the encoding from the pairs of letters, and for the Latin script from the language.
///
/// The detector knows no Mac encoding, and takes much Hungarian and Lithuanian for Western European; both are told by
/// other means.
pub fn guess(bytes: &[u8]) -> &'static Encoding {
    let first = bytes.iter().position(|byte| !byte.is_ascii());
    // Some of what goes before is part of the language.
    let start = first
        .unwrap_or_default()
        .saturating_sub(LANGUAGE_SAMPLE / 2);
    let bytes = &bytes[start..bytes.len().min(start + SAMPLE)];
    let detector = detector(bytes);
    let first = detector.guess(None, Utf8Detection::Deny);
    if let Some(encoding) = broken_multibyte(bytes, first) {
        return encoding;
    }
    if !LATIN.contains(&first) {
        return first;
    }
    let found = match domain(bytes, first) {
        // The detector tells these two apart by their letters; the domain would make it prefer one.
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

/// The detector gives up an encoding at its first error. Text of East Asia with a few broken bytes, or with half a
/// character at its end, is still told by the rest of it.
fn broken_multibyte(bytes: &[u8], first: &'static Encoding) -> Option<&'static Encoding> {
    let beyond = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    // Thai is without blanks for long stretches too.
    if first == WINDOWS_874 || beyond * 4 < bytes.len() {
        return None;
    }
    let candidates: &[&'static Encoding] = if first.is_single_byte() {
        &MULTIBYTE
    } else {
        // What the others can be taken for without a fault.
        &[EUC_JP]
    };
    let faults = |encoding: &'static Encoding| {
        let text = encoding.decode_without_bom_handling(bytes).0;
        let broken = text.matches('\u{fffd}').count();
        if broken == 0 || broken > 1 && broken * 100 > beyond {
            return None;
        }
        let sound = text.replace('\u{fffd}', "");
        // Encoding is slow, and some thousand characters say enough.
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

/// The top-level domain of a country whose language the text is in.
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

/// Whether Mac OS Roman makes letters inside words of what the other encoding makes signs or capitals there.
fn is_macintosh(bytes: &[u8], other: &'static Encoding) -> bool {
    let mac = fit(bytes, MACINTOSH);
    let fit = fit(bytes, other);
    fit.odd > 0
        && mac.likely > 0
        && mac.odd * 8 <= mac.likely
        && (fit.odd + fit.dashes) * 5 >= mac.likely + mac.odd
}

/// How many characters beyond ASCII stand where text has them, and where it does not.
#[derive(Default)]
struct Fit {
    likely: usize,
    odd: usize,
    /// Dashes without blanks around them, which some write.
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
            // Quotation marks, dashes, dots.
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

//! Decodes the text of header fields: encoded words (RFC 2047), and raw non-ASCII bytes.

use dynrag_domain::warnings::{WarningCode, Warnings};
use encoding_rs::Encoding;

use super::{charset, transfer};
use crate::decode;

/// Longest encoded word in bytes; the standard allows 75.
const MAX_WORD: usize = 8 * 1024;
/// Most invalid encoded words of a field; more occur only in malicious emails.
const MAX_FAULTS: usize = 1_000;

/// The text of a header field. `eight_bit` is the probable encoding of the email's raw bytes.
pub fn text(raw: &[u8], eight_bit: Option<&'static Encoding>, warnings: &mut Warnings) -> String {
    words(&plain(raw, eight_bit, warnings), warnings)
}

/// The text of a header field with its encoded words undecoded.
pub fn plain(raw: &[u8], eight_bit: Option<&'static Encoding>, warnings: &mut Warnings) -> String {
    if let Ok(text) = std::str::from_utf8(raw) {
        return text.to_owned();
    }
    warnings.add(WarningCode::EncodingGuessed, 1);
    if let Some(encoding) = eight_bit
        && let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(raw)
    {
        return text.into_owned();
    }
    let (text, replaced, _) = decode::undeclared(raw);
    warnings.add(WarningCode::CharactersReplaced, replaced);
    text
}

/// An encoded word: `=?charset?B?text?=`.
struct Word<'a> {
    charset: &'a str,
    is_base64: bool,
    text: &'a str,
}

/// Decodes the encoded words in a text.
pub fn words(text: &str, warnings: &mut Warnings) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Adjacent words: a character may be split between two words of the same charset.
    let mut run: Vec<Word<'_>> = Vec::new();
    let mut faults = 0;
    while let Some(at) = rest.find("=?")
        && faults < MAX_FAULTS
    {
        let Some((word, after)) = word(&rest[at..]) else {
            faults += 1;
            flush(&mut out, &mut run, warnings);
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        let between = &rest[..at];
        if run.is_empty() || !between.trim().is_empty() {
            flush(&mut out, &mut run, warnings);
            out.push_str(between);
        }
        run.push(word);
        rest = after;
    }
    flush(&mut out, &mut run, warnings);
    out.push_str(rest);
    out
}

fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let is_base64 = match encoding {
        "B" | "b" => true,
        "Q" | "q" => false,
        _ => return None,
    };
    if charset.is_empty() || charset.len() > 60 || charset.contains(char::is_whitespace) {
        return None;
    }
    let near = &rest.as_bytes()[..rest.len().min(MAX_WORD)];
    let end = near.windows(2).position(|two| two == b"?=")?;
    let (text, rest) = (&rest[..end], &rest[end + 2..]);
    // A language may follow (RFC 2231, section 5).
    let charset = charset.split('*').next().unwrap_or(charset);
    let word = Word {
        charset,
        is_base64,
        text,
    };
    Some((word, rest))
}

fn flush(out: &mut String, run: &mut Vec<Word<'_>>, warnings: &mut Warnings) {
    let mut words = std::mem::take(run).into_iter().peekable();
    while let Some(first) = words.next() {
        let mut bytes = Vec::new();
        let mut base64 = String::new();
        let mut last = Some(&first).map(|word| (word.is_base64, word.text));
        while let Some((is_base64, text)) = last {
            if is_base64 {
                base64.push_str(text.trim_end_matches('='));
                // A remainder of 1 means that the word was cut inside a group of four, which continues in the next
                // word.
                if base64.len() % 4 != 1 {
                    bytes.append(&mut transfer::base64(base64.as_bytes()));
                    base64.clear();
                }
            } else {
                let blanks = text.replace('_', " ");
                bytes.append(&mut transfer::quoted_printable(blanks.as_bytes()));
            }
            last = words
                .next_if(|next| next.charset.eq_ignore_ascii_case(first.charset))
                .map(|word| (word.is_base64, word.text));
        }
        bytes.append(&mut transfer::base64(base64.as_bytes()));
        out.push_str(&charset::decode(&bytes, Some(first.charset), warnings));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &str) -> String {
        words(raw, &mut Warnings::default())
    }

    #[test]
    fn encoded_words() {
        for (raw, text) in [
            ("=?utf-8?q?J=C3=B6rg_M?= <j@x>", "Jörg M <j@x>"),
            ("a =?utf-8?B?w6k=?= =?utf-8?B?w6k?=\t b", "a éé\t b"),
            // One character split between two words, in the same and in different encodings.
            ("=?utf-8?B?4oI=?= =?utf-8?B?rA==?=", "€"),
            ("=?utf-8?Q?=E2=82?= =?utf-8?B?rA==?=", "€"),
            ("=?UTF-8*de?Q?M=C3=A4rz?=", "März"),
            ("=?iso-8859-1?q?Caf=E9?= =?gb2312?B?vbu79Q==?=", "Café交货"),
            ("=?iso-2022-jp?B?GyRCPiZJShsoQg==?=", "商品"),
            ("=?utf-8?Q?=3F=3D?=x", "?=x"),
            ("=?utf-8?X?a?= =?no", "=?utf-8?X?a?= =?no"),
            ("=?utf-8?Q?two words?=", "two words"),
        ] {
            assert_eq!(decoded(raw), text, "{raw}");
        }
    }

    #[test]
    fn bytes_as_they_stand() {
        let mut warnings = Warnings::default();
        let gbk = Some(encoding_rs::GBK);
        assert_eq!(
            text(b"\xbd\xbb\xbb\xf5 =?utf-8?q?=C3=A9?=", gbk, &mut warnings),
            "交货 é"
        );
        assert_eq!(text("é".as_bytes(), gbk, &mut Warnings::default()), "é");
        assert_eq!(warnings.as_slice()[0].code, WarningCode::EncodingGuessed);
    }

    #[test]
    fn words_and_what_only_begins_like_one_have_an_end() {
        let word = "=?utf-8?q?a?=";
        let begun = |times| decoded(&format!("{}{word}", "=?x ".repeat(times)));
        assert!(begun(MAX_FAULTS - 1).ends_with("=?x a"));
        assert!(begun(MAX_FAULTS).ends_with(word));
        for (length, is_word) in [(1_000, true), (MAX_WORD, false)] {
            let long = format!("=?utf-8?q?{}?=", "a".repeat(length));
            assert_eq!(decoded(&long) != long, is_word, "{length}");
        }
    }
}

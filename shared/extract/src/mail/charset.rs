//! Decodes the text of an email by its declared charset, checked against its bytes.

use dynrag_domain::warnings::{WarningCode, Warnings};
use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, ISO_2022_JP, SHIFT_JIS, UTF_8, UTF_16BE, UTF_16LE,
    WINDOWS_874, WINDOWS_1252,
};

use crate::{code_pages, decode};

/// The meaning of a charset label.
enum Charset {
    Known(&'static Encoding),
    Page(i32),
    Utf7,
    Hz,
    Iso2022Kr,
}

/// Decodes `bytes`, and counts replacements and guesses as warnings.
pub fn decode(bytes: &[u8], label: Option<&str>, warnings: &mut Warnings) -> String {
    let (text, replaced, guessed) = decoded(bytes, label);
    warnings.add(WarningCode::CharactersReplaced, replaced);
    warnings.add(WarningCode::EncodingGuessed, usize::from(guessed));
    text
}

/// The encoding of a label; `None` for code pages and other special charsets.
pub fn known(label: &str) -> Option<&'static Encoding> {
    match charset(label)? {
        Charset::Known(encoding) => Some(encoding),
        _ => None,
    }
}

fn decoded(bytes: &[u8], label: Option<&str>) -> (String, usize, bool) {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return by(encoding, bytes);
    }
    match label.and_then(charset) {
        None => undeclared(bytes),
        Some(Charset::Page(page)) => {
            if is_rather_utf8(bytes, WINDOWS_1252) {
                return by(UTF_8, bytes);
            }
            let (text, replaced) = code_pages::decode(page, bytes);
            (text, replaced, false)
        }
        Some(Charset::Utf7) => (utf7(bytes), 0, false),
        Some(Charset::Hz) => by(GBK, &shifted(bytes, (b"~{", b"~}"))),
        Some(Charset::Iso2022Kr) => by(EUC_KR, &shifted(bytes, (b"\x0e", b"\x0f"))),
        Some(Charset::Known(encoding)) if is_utf16(encoding) => by(byte_order(bytes), bytes),
        Some(Charset::Known(encoding)) => weighed(bytes, encoding),
    }
}

fn by(encoding: &'static Encoding, bytes: &[u8]) -> (String, usize, bool) {
    let (text, _, broken) = encoding.decode(bytes);
    let replaced = if broken {
        text.matches('\u{fffd}').count()
    } else {
        0
    };
    (text.into_owned(), replaced, false)
}

/// Decodes as declared, unless the bytes contradict the declaration.
fn weighed(bytes: &[u8], declared: &'static Encoding) -> (String, usize, bool) {
    if is_rather_utf8(bytes, declared) {
        return by(UTF_8, bytes);
    }
    let as_declared = by(declared, bytes);
    let beyond = as_declared.0.chars().filter(|one| !one.is_ascii()).count();
    // More errors than characters: the declaration is wrong.
    if as_declared.1 * 2 > beyond {
        let guessed = undeclared(bytes);
        if guessed.1 < as_declared.1 {
            return guessed;
        }
    }
    as_declared
}

/// Whether the bytes are UTF-8 despite their declaration. Valid UTF-8 beyond ASCII is rarely valid by chance, except
/// for short texts in Thai or in two-byte encodings.
fn is_rather_utf8(bytes: &[u8], declared: &'static Encoding) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let needed = if declared.is_single_byte() && declared != WINDOWS_874 {
        1
    } else {
        4
    };
    text.chars()
        .filter(|one| !one.is_ascii())
        .take(needed)
        .count()
        == needed
}

fn undeclared(bytes: &[u8]) -> (String, usize, bool) {
    // ISO-2022-JP escape sequences are ASCII.
    if bytes.is_ascii() && bytes.windows(2).any(|two| two == b"\x1b$") {
        let (text, replaced, _) = by(ISO_2022_JP, bytes);
        return (text, replaced, true);
    }
    let (text, replaced, encoding) = decode::undeclared(bytes);
    (text, replaced, encoding != UTF_8)
}

fn is_utf16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16LE || encoding == UTF_16BE
}

/// UTF-16 without a mark is big-endian (RFC 2781), unless the position of zeros shows otherwise.
fn byte_order(bytes: &[u8]) -> &'static Encoding {
    let zeros = |from: usize| {
        bytes
            .iter()
            .skip(from)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    if zeros(1) > zeros(0) {
        UTF_16LE
    } else {
        UTF_16BE
    }
}

fn charset(label: &str) -> Option<Charset> {
    let as_written = label.trim_matches(|one: char| one.is_whitespace() || "\"'".contains(one));
    let label = as_written.to_ascii_lowercase().replace('_', "-");
    let known = |encoding| Some(Charset::Known(encoding));
    match label.as_str() {
        // Often declared without checking; pure ASCII needs no decoding anyway.
        "us-ascii" | "ascii" | "ansi-x3.4-1968" | "ansi-x3.4-1986" | "iso646-us" => return None,
        "utf-7" | "utf7" | "unicode-1-1-utf-7" | "csutf7" | "x-unicode-2-0-utf-7" => {
            return Some(Charset::Utf7);
        }
        "hz-gb-2312" | "hz" => return Some(Charset::Hz),
        "iso-2022-kr" | "csiso2022kr" => return Some(Charset::Iso2022Kr),
        "iso-2022-jp-ms" | "iso-2022-jp-1" | "iso-2022-jp-2" | "cp50220" | "cp50221" => {
            return known(ISO_2022_JP);
        }
        "windows-31j" | "x-ms-cp932" | "x-sjis-jisx0213" => return known(SHIFT_JIS),
        "ujis" | "eucjp" | "euc-jp-ms" => return known(EUC_JP),
        "uhc" | "ms949" | "euckr" | "ks-c-5601" | "ks-c-5601-1987" => return known(EUC_KR),
        "gb-2312" | "gb" | "cn-gb" | "euc-cn" | "x-gb2312" => return known(GBK),
        "big5hkscs" | "cn-big5" | "x-big5" => return known(BIG5),
        "latin-1" | "iso-latin-1" | "ansi" | "windows" => return known(WINDOWS_1252),
        _ => {}
    }
    let found = Encoding::for_label_no_replacement(as_written.as_bytes())
        .or_else(|| Encoding::for_label_no_replacement(label.as_bytes()));
    if let Some(encoding) = found {
        return known(encoding);
    }
    // For example `cp-850`, `IBM437`, `x-cp1250`, `windows-936`, `iso8859-2`.
    let digits = label.trim_start_matches(|one: char| !one.is_ascii_digit());
    if let Some(part) = digits.strip_prefix("8859-") {
        return Encoding::for_label(format!("iso-8859-{part}").as_bytes()).map(Charset::Known);
    }
    let name = label.strip_suffix(digits)?.trim_matches(['-', 'x']);
    let page = digits.parse().ok()?;
    matches!(
        name,
        "cp" | "ibm" | "windows" | "win" | "ms" | "dos" | "csibm" | "cspc" | "ansi" | ""
    )
    .then_some(Charset::Page(page))
}

/// Decodes UTF-7 (RFC 2152): UTF-16 in base64 after `+`, up to the first other character.
fn utf7(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == b'+') {
        text.push_str(&String::from_utf8_lossy(&rest[..at]));
        rest = &rest[at + 1..];
        let is_code = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
        let end = rest
            .iter()
            .position(|byte| !is_code(byte))
            .unwrap_or(rest.len());
        let (code, after) = rest.split_at(end);
        if code.is_empty() {
            text.push('+');
        } else {
            let units: Vec<u16> = super::transfer::base64(code)
                .chunks_exact(2)
                .map(|two| u16::from_be_bytes([two[0], two[1]]))
                .collect();
            text.push_str(&String::from_utf16_lossy(&units));
        }
        rest = after.strip_prefix(b"-").unwrap_or(after);
    }
    text.push_str(&String::from_utf8_lossy(rest));
    text
}

/// Sets the high bit of bytes between two shift sequences: HZ (RFC 1843) and ISO-2022-KR (RFC 1557) are 7-bit forms of
/// 8-bit encodings. Shifts end with their line.
fn shifted(bytes: &[u8], (on, off): (&[u8], &[u8])) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.strip_prefix(b"\x1b$)C").unwrap_or(bytes);
    let mut high = false;
    while let [byte, after @ ..] = rest {
        if let Some(after) = rest.strip_prefix(on) {
            (high, rest) = (true, after);
        } else if let Some(after) = rest.strip_prefix(off) {
            (high, rest) = (false, after);
        } else if let Some(after) = rest.strip_prefix(b"~~").filter(|_| on == b"~{" && !high) {
            out.push(b'~');
            rest = after;
        } else {
            rest = after;
            high &= !matches!(byte, b'\r' | b'\n');
            out.push(if high && *byte > b' ' {
                byte | 0x80
            } else {
                *byte
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes in these tests come from Python's codecs of the same names.
    fn text(bytes: &[u8], label: &str) -> String {
        decoded(bytes, Some(label)).0
    }

    #[test]
    fn labels_of_every_kind() {
        for label in [
            "gb2312",
            "GBK",
            "gb_2312-80",
            "cp936",
            "x-gbk",
            "\"GB18030\"",
        ] {
            assert_eq!(text(b"\xbb\xf5\xce\xef", label), "货物", "{label}");
        }
        assert_eq!(text(b"K\x81ndigung", "cp-850"), "Kündigung");
        assert_eq!(text(b"K\x81ndigung", "IBM437"), "Kündigung");
        assert_eq!(text(b"\xb3", "iso8859-2"), "ł");
        assert_eq!(text(b"\xb3", "ISO_8859-2"), "ł");
        assert_eq!(text(b"\xc8\xad", "ks_c_5601-1987"), "화");
        assert_eq!(text(b"\x94[\x8a\xfa", "cp932"), "納期");
        assert_eq!(
            text(b"Hi +TgBOAA- 1+-1", "unicode-1-1-utf-7"),
            "Hi 一一 1+1"
        );
        assert_eq!(text(b"a~{;uNo~}b~~", "hz-gb-2312"), "a货物b~");
        assert_eq!(text(b"\x1b$)C\x0eH-90\x0f.", "iso-2022-kr"), "화물.");
        assert_eq!(text(b"\0a\0\xe9", "utf-16"), "aé");
        assert_eq!(text(b"a\0\xe9\0", "utf-16"), "aé");
    }

    #[test]
    fn wrong_declarations() {
        assert_eq!(text("é".as_bytes(), "iso-8859-1"), "é");
        assert_eq!(text("货物将于送达".as_bytes(), "gb2312"), "货物将于送达");
        assert_eq!(text("é".as_bytes(), "us-ascii"), "é");
        let latin = b"Die K\xfcndigung gilt ab M\xe4rz, sch\xf6ne Gr\xfc\xdfe.";
        for label in ["utf-8", "us-ascii", "x-unknown", ""] {
            let (text, replaced, guessed) = decoded(latin, Some(label));
            assert_eq!(text, "Die Kündigung gilt ab März, schöne Grüße.", "{label}");
            assert_eq!((replaced, guessed), (0, true), "{label}");
        }
        let broken = [b"caf\xc3\xa9 d\xc3\xa9j\xc3\xa0 ".as_slice(), b"\xff"].concat();
        assert_eq!(
            decoded(&broken, Some("utf-8")),
            ("café déjà \u{fffd}".to_owned(), 1, false)
        );
        assert_eq!(text(b"\x1b$B>&IJ\x1b(B", "us-ascii"), "商品");
        assert_eq!(decoded(b"plain", None), ("plain".to_owned(), 0, false));
    }
}

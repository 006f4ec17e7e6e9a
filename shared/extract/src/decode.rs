//! Turns the bytes of text files and web pages into strings.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How far into a page its declaration of an encoding is looked for.
const DECLARED_WITHIN: usize = 4096;

/// Decodes text that must be UTF-8, or UTF-16 with a byte order mark; `None` if it is neither.
pub fn strict(bytes: &[u8]) -> Option<String> {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        let (text, _, broken) = encoding.decode(bytes);
        return (!broken).then(|| text.into_owned());
    }
    Some(std::str::from_utf8(bytes).ok()?.to_owned())
}

/// Decodes a web page; what cannot be decoded becomes U+FFFD.
///
/// A byte order mark decides, then valid UTF-8 with characters beyond ASCII (a server's header may
/// have overruled a wrong declaration, and no other encoding looks like this by chance), then the
/// declaration, then a guess.
pub fn page(bytes: &[u8]) -> String {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.is_ascii()
    {
        return text.to_owned();
    }
    let encoding = declared(bytes).unwrap_or_else(|| guess(bytes));
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

/// Decodes text of which nothing says in what encoding it is: the text, how many characters became U+FFFD, and the
/// encoding that was taken.
pub fn undeclared(bytes: &[u8]) -> (String, usize, &'static Encoding) {
    let encoding = match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        Err(_) => guess(bytes),
    };
    let (text, encoding, broken) = encoding.decode(bytes);
    let replaced = if broken {
        text.matches('\u{fffd}').count()
    } else {
        0
    };
    (text.into_owned(), replaced, encoding)
}

/// The encoding after `charset=` or `encoding=` in the first part of the page.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes[..bytes.len().min(DECLARED_WITHIN)].to_ascii_lowercase();
    let found = named(&head, b"charset").or_else(|| {
        // An XML declaration only at the start.
        let end = head.windows(2).position(|window| window == b"?>")?;
        head.trim_ascii_start()
            .starts_with(b"<?xml")
            .then(|| named(&head[..end], b"encoding"))?
    })?;
    // A page whose declaration can be read as ASCII is not in UTF-16.
    Some(if found == UTF_16LE || found == UTF_16BE {
        UTF_8
    } else {
        found
    })
}

fn named(head: &[u8], key: &[u8]) -> Option<&'static Encoding> {
    let mut rest = head;
    while let Some(at) = rest.windows(key.len()).position(|window| window == key) {
        rest = &rest[at + key.len()..];
        let Some(value) = rest.trim_ascii_start().strip_prefix(b"=") else {
            continue;
        };
        let value = value.trim_ascii_start();
        let value = value
            .strip_prefix(b"\"")
            .or_else(|| value.strip_prefix(b"'"))
            .unwrap_or(value);
        let end = value
            .iter()
            .position(|byte| !(byte.is_ascii_alphanumeric() || b"-_:.".contains(byte)))
            .unwrap_or(value.len());
        if let Some(encoding) = Encoding::for_label(&value[..end]) {
            return Some(encoding);
        }
    }
    None
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if bytes.is_ascii() {
        return WINDOWS_1252;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    detector.guess(None, Utf8Detection::Allow)
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
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_utf8_or_has_a_mark() {
        assert_eq!(strict("é".as_bytes()).as_deref(), Some("é"));
        assert_eq!(strict(b"\xef\xbb\xbfa").as_deref(), Some("a"));
        assert_eq!(strict(b"\xff\xfe\xe9\0").as_deref(), Some("é"));
        assert_eq!(strict(b"\xe9t\xe9"), None);
        assert_eq!(strict(b"\xff\xfe\x00\xd8"), None);
    }

    #[test]
    fn pages_by_declaration_and_by_guess() {
        let japanese = "<meta charset=Shift_JIS>日本語";
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(japanese);
        assert_eq!(page(&bytes), japanese);
        let xml = b"<?xml version='1.0' encoding='iso-8859-2'?><html>\xb3";
        assert!(page(xml).ends_with('ł'));
        assert_eq!(page(b"<p>caf\xe9 d\xe9j\xe0 vu"), "<p>café déjà vu");
        assert_eq!(
            page("<meta charset=latin1>é".as_bytes()),
            "<meta charset=latin1>é"
        );
        assert_eq!(
            page(b"<meta charset=utf-16>a\xe9"),
            "<meta charset=utf-16>a\u{fffd}"
        );
        let russian = "Съешь же ещё этих мягких французских булок да выпей чаю";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(russian);
        assert_eq!(page(&bytes), russian);
    }
}

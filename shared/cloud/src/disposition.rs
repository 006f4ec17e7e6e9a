//! `Content-Disposition` of a download, for user-supplied file names (RFC 6266).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Longest stem of a file name, in characters: the header is part of a URL.
const MAX_STEM: usize = 100;
/// Longest suffix that counts as a file extension.
const MAX_ENDING: usize = 10;

/// Characters that `filename*` must encode.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// The header for a file to be saved under this name.
pub(crate) fn attachment(file_name: &str) -> String {
    let name = plain(file_name);
    let ascii: String = name
        .chars()
        .map(|c| if c.is_ascii() { c } else { '_' })
        .collect();
    if ascii == name {
        return format!("attachment; filename=\"{name}\"");
    }
    let encoded = utf8_percent_encode(&name, ENCODED);
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{encoded}")
}

/// A name without paths, quotes, control characters and bidi marks.
fn plain(file_name: &str) -> String {
    let fine = |c: char| c.is_alphanumeric() || " -_().,+&@=!#$~[]{}".contains(c);
    let name: String = file_name
        .chars()
        .map(|c| if fine(c) { c } else { '_' })
        .collect();
    let name = name.trim_matches([' ', '.']);
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.chars().count() <= MAX_ENDING => (stem, Some(ending)),
        _ => (name, None),
    };
    let stem: String = stem.chars().take(MAX_STEM).collect();
    match (stem.is_empty(), ending) {
        (true, _) => "download".to_owned(),
        (false, Some(ending)) => format!("{stem}.{ending}"),
        (false, None) => stem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_holds_the_header_is_one() {
        for (name, header) in [
            ("a b.pdf", "attachment; filename=\"a b.pdf\""),
            (
                "\u{dc}bersicht.pdf",
                "attachment; filename=\"_bersicht.pdf\"; filename*=UTF-8''%C3%9Cbersicht.pdf",
            ),
            (
                "a\"; filename=\"evil.exe",
                "attachment; filename=\"a__ filename=_evil.exe\"",
            ),
            ("a\r\nX-Evil: 1", "attachment; filename=\"a__X-Evil_ 1\""),
            (
                "../../etc/passwd",
                "attachment; filename=\"_.._etc_passwd\"",
            ),
            ("C:\\x\u{202e}.exe", "attachment; filename=\"C__x_.exe\""),
            ("..", "attachment; filename=\"download\""),
            ("", "attachment; filename=\"download\""),
        ] {
            assert_eq!(attachment(name), header, "{name:?}");
        }
        let long = format!("{}.pdf", "\u{4f60}".repeat(500));
        assert!(attachment(&long).ends_with("%A0.pdf"));
        assert!(attachment(&long).len() < 1500);
    }
}

//! Replaces control characters that stand for something: separators of fields, colours of terminals, overprinting,
//! punctuation of Windows.
//! The normal form of text drops the others.

use std::borrow::Cow;

use encoding_rs::WINDOWS_1252;

use super::is_c1;

/// How far the end of a terminal's command is searched for, in bytes.
const MAX_COMMAND: usize = 1024;
/// Characters beside which a separator is not needed, and might change a table.
const APART: [char; 4] = ['"', ',', ';', '|'];

/// Returns the text with a blank for NULs and separators (U+0001 to U+0003, U+001C to U+001F) between words, without
/// the escape sequences of terminals (ECMA-48), and with overprinted characters once. C1 controls become the characters
/// that Windows-1252 has in their place, since programs took that for Latin-1; so does the HTML standard with references.
///
/// NULs after each character are dropped, which remain of UTF-16.
pub fn cleaned(text: &str) -> Cow<'_, str> {
    let special = |c: char| is_separator(c) || is_c1(c) || matches!(c, '\u{8}' | '\u{1b}');
    if !text.contains(special) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len());
    let mut rest = text;
    // Where the last NUL of UTF-16 was.
    let mut wide = None;
    while let Some(at) = rest.find(special) {
        let (plain, from) = rest.split_at(at);
        cleaned.push_str(plain);
        if from.starts_with('\u{1b}') {
            rest = &from[escape(from.as_bytes())..];
            continue;
        }
        if let Some(control) = from.chars().next().filter(|c| is_c1(*c)) {
            let byte = u8::try_from(control).unwrap_or_default();
            cleaned.push_str(&WINDOWS_1252.decode_without_bom_handling(&[byte]).0);
            rest = &from[control.len_utf8()..];
            continue;
        }
        let before = cleaned.chars().next_back();
        rest = from.trim_start_matches(is_separator);
        if let Some(after) = from.strip_prefix('\u{8}') {
            rest = after;
            if before.is_some_and(|before| before == '_' || rest.starts_with(before)) {
                cleaned.pop();
            }
            continue;
        }
        let goes_on =
            wide.is_some_and(|wide| wide == cleaned.len() - before.map_or(0, char::len_utf8));
        if is_wide(from) || goes_on && from.len() - rest.len() == 1 {
            wide = Some(cleaned.len());
            continue;
        }
        let in_word = |c: char| !c.is_whitespace() && !APART.contains(&c);
        if before.is_some_and(in_word) && rest.starts_with(in_word) {
            cleaned.push(' ');
        }
    }
    cleaned.push_str(rest);
    Cow::Owned(cleaned)
}

const fn is_separator(character: char) -> bool {
    matches!(character, '\0'..='\u{3}' | '\u{1c}'..='\u{1f}')
}

/// Whether a text begins with NULs after each of several characters.
fn is_wide(text: &str) -> bool {
    let mut characters = text.chars();
    (0..3).all(|_| characters.next() == Some('\0') && characters.next().is_some_and(|c| c != '\0'))
}

/// The length of the escape sequence at the start.
fn escape(bytes: &[u8]) -> usize {
    let command = &bytes[..bytes.len().min(MAX_COMMAND)];
    let length = match command.get(1) {
        Some(b'[') => {
            let end = command[2..]
                .iter()
                .position(|byte| !matches!(byte, 0x20..=0x3f));
            end.filter(|end| matches!(command[2 + end], 0x40..=0x7e))
                .map(|end| end + 3)
        }
        // The title of the window, or a link.
        Some(b']') => command
            .iter()
            .position(|byte| *byte == 7)
            .map(|end| end + 1),
        Some(b'(' | b')') => matches!(command.get(2), Some(b'0' | b'A' | b'B')).then_some(3),
        _ => None,
    };
    length.unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_apart() {
        for (text, expected) in [
            (
                "Name: Meyer\0\0\0City: Ulm\0\0\n",
                "Name: Meyer City: Ulm\n",
            ),
            ("PATH=/bin\0HOME=/root\0", "PATH=/bin HOME=/root"),
            ("2\u{1c}3\u{1d}4\u{1e}5\u{1f}6", "2 3 4 5 6"),
            ("8=FIX.4.4\u{1}9=65\u{1}", "8=FIX.4.4 9=65"),
            ("one \0 two\0\n\0three", "one  two\nthree"),
            ("a\0,\0\"b\0\";c", "a,\"b\";c"),
            ("log: H\0a\0l\0l\0o\0\r\0\n\0end", "log: Hallo\r\nend"),
            ("Grüße\0Ä", "Grüße Ä"),
        ] {
            assert_eq!(cleaned(text), expected, "{text:?}");
        }
        assert!(matches!(cleaned("plain\ttext\u{7}\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn punctuation_of_windows_is_kept() {
        assert_eq!(cleaned("it\u{92}s \u{80}5\u{81}"), "it’s €5\u{81}");
    }

    #[test]
    fn commands_of_terminals_are_left_out() {
        for (text, expected) in [
            ("\u{1b}[31mERROR\u{1b}[0m disk full", "ERROR disk full"),
            ("\u{1b}[1;38;5;208mwarn\u{1b}[K", "warn"),
            ("\u{1b}]0;title\u{7}$ ls\u{1b}(B", "$ ls"),
            (
                "\u{1b}[31\nnot one, \u{1b}]nor this",
                "[31\nnot one, ]nor this",
            ),
            ("N\u{8}NA\u{8}A _\u{8}a\u{8}b", "NA ab"),
            ("\u{8}\u{1b}", ""),
        ] {
            assert_eq!(cleaned(text), expected, "{text:?}");
        }
        let many = "\u{1b}]".repeat(200_000);
        assert_eq!(cleaned(&many).len(), 200_000);
    }
}

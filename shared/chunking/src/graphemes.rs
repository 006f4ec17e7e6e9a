//! Where graphemes end, found without going further back than needed.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// Characters of a grapheme. Unicode's stream-safe format (UAX 15) knows no more than 30 marks in a row;
/// emoji families and Indic clusters stay far below this.
pub(crate) const MAX_GRAPHEME: usize = 64;

/// Whether a position behind a separator is between two graphemes: a mark that combines belongs to what
/// it follows, even to a space.
pub(crate) fn is_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true)
        .is_boundary(text, 0)
        .unwrap_or(true)
}

/// The last end of a grapheme at or before `at`, at least `start`, which is one.
pub(crate) fn floor(text: &str, start: usize, at: usize) -> usize {
    ends(text, start, at)
        .take_while(|end| *end <= at)
        .last()
        .unwrap_or(start)
}

/// The first end of a grapheme at or after `at`, at most `stop`. `start` is one before `at`.
pub(crate) fn ceil(text: &str, start: usize, at: usize, stop: usize) -> usize {
    let safe = safe(text, start, at);
    text[safe..stop]
        .grapheme_indices(true)
        .map(|(begin, _)| safe + begin)
        .find(|begin| *begin >= at)
        .unwrap_or(stop)
}

/// Where the grapheme at `start` ends, or the part of it that is as long as one may be.
pub(crate) fn end(text: &str, start: usize, stop: usize) -> usize {
    let longest = text[start..stop]
        .char_indices()
        .nth(MAX_GRAPHEME)
        .map_or(stop, |(at, _)| start + at);
    let length = text[start..longest]
        .graphemes(true)
        .next()
        .map_or(0, str::len);
    start + length
}

/// Ends of graphemes from a safe place on, up to `at`. Whether one ends at a place depends on what is
/// before it and on the one character behind it.
fn ends(text: &str, start: usize, at: usize) -> impl Iterator<Item = usize> {
    let behind = text[at..].chars().next().map_or(0, char::len_utf8);
    let safe = safe(text, start, at);
    text[safe..at + behind]
        .grapheme_indices(true)
        .map(move |(begin, _)| safe + begin)
}

/// The last place at or before `at` that is between two ASCII characters, where a grapheme ends
/// whatever was before; else `start`.
fn safe(text: &str, start: usize, at: usize) -> usize {
    let bytes = text.as_bytes();
    let plain = |at: usize| {
        bytes
            .get(at)
            .is_some_and(|byte| byte.is_ascii() && *byte != b'\r')
    };
    (start + 1..=at)
        .rev()
        .find(|at| plain(*at) && plain(*at - 1))
        .unwrap_or(start)
}

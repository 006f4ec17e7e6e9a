//! Grapheme boundaries, found without scanning further back than needed.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// Maximum characters of a grapheme. Unicode's stream-safe format (UAX 15) allows at most 30 marks in a
/// row; emoji families and Indic clusters stay far below this.
pub(crate) const MAX_GRAPHEME: usize = 64;

/// Whether a position after a separator is a grapheme boundary: a combining mark belongs to the
/// preceding character, even to a space.
pub(crate) fn is_boundary(text: &str, at: usize) -> bool {
    GraphemeCursor::new(at, text.len(), true)
        .is_boundary(text, 0)
        .unwrap_or(true)
}

/// The last grapheme boundary at or before `at`, not before `start`, which is itself a boundary.
pub(crate) fn floor(text: &str, start: usize, at: usize) -> usize {
    ends(text, start, at)
        .take_while(|end| *end <= at)
        .last()
        .unwrap_or(start)
}

/// The first grapheme boundary at or after `at`, not after `stop`. `start` is a boundary before `at`.
pub(crate) fn ceil(text: &str, start: usize, at: usize, stop: usize) -> usize {
    let safe = safe(text, start, at);
    text[safe..stop]
        .grapheme_indices(true)
        .map(|(begin, _)| safe + begin)
        .find(|begin| *begin >= at)
        .unwrap_or(stop)
}

/// End of the grapheme at `start`, or of its part that has the maximum length.
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

/// Grapheme boundaries from a safe position up to `at`. Whether a position is a boundary depends on
/// everything before it and the one character after it.
fn ends(text: &str, start: usize, at: usize) -> impl Iterator<Item = usize> {
    let behind = text[at..].chars().next().map_or(0, char::len_utf8);
    let safe = safe(text, start, at);
    text[safe..at + behind]
        .grapheme_indices(true)
        .map(move |(begin, _)| safe + begin)
}

/// The last position at or before `at` between two ASCII characters, which is a grapheme boundary
/// regardless of what precedes it; otherwise `start`.
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

//! From what a model wrote to what may be shown of it.

use dynrag_answers::{Marked, markers, sanitize};

/// Longest text of a model that is read, in bytes. No model writes as much within the time that a request has.
pub(crate) const MAX_TEXT: usize = 64 * 1024;
/// Most rounds of cleaning.
const ROUNDS: usize = 8;

/// A model's text as Postgres can store it, and whether its end was cut off.
pub(crate) fn storable(text: &str) -> (String, bool) {
    let text = text.trim();
    let end = text.floor_char_boundary(MAX_TEXT);
    let stored = text[..end].replace('\0', "\u{FFFD}");
    (stored, end < text.len())
}

/// A text with its markers read, and without what would load or link anything, so that a document cannot make a model show
/// it. Taking out a marker may put together a link, and taking out a tag a marker: both are repeated until neither changes
/// anything. `None` if that has no end.
pub(crate) fn showable(text: &str, sources: usize) -> Option<Marked> {
    let mut text = text.trim().to_owned();
    for _ in 0..ROUNDS {
        let marked = markers(sanitize(&text, &[]).trim(), sources);
        if marked.text == text {
            return Some(marked);
        }
        text = marked.text;
    }
    None
}

/// Whether a text loads or links nothing.
pub(crate) fn is_clean(text: &str) -> bool {
    sanitize(text, &[]) == text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_taken_out_puts_a_link_together() {
        for text in [
            "<im[99]g src=\"//evil.example/p\">",
            "![a]【99】(//evil.example/p)",
            "[a][99](//evil.example/p)",
            "<b>\n\n    ![a](//evil.example/p)",
            "    ![a](//evil.example/p)\n\nText [1].",
            "![a[99]](//evil.example/p)",
            "<[99]script src=//evil.example/p>",
            "!<b>[a](//evil.example/p)",
            "[[99]a]: //evil.example/p\n\n[a]",
            "htt[99]ps://evil.example/p",
        ] {
            let shown = showable(text, 3).map(|marked| marked.text);
            let Some(shown) = shown else { continue };
            assert!(is_clean(&shown), "{text:?} gives {shown:?}");
            assert_eq!(markers(&shown, 3).text, shown, "{text:?}");
        }
    }

    #[test]
    fn what_is_clean_stays_as_it_is() {
        for text in [
            "It lasts 2 years [1][2].\n\n- One [1].\n- Two.",
            "`a[0]` is 5 < 6 & 7 [1].",
            "| a | b |\n|---|---|\n| 1 | 2 [1] |",
            "\\[1] is text, [2] is not.",
        ] {
            let shown = showable(text, 2).map(|marked| marked.text);
            assert_eq!(shown.as_deref(), Some(text));
        }
    }

    #[test]
    fn a_text_can_be_stored() {
        assert_eq!(storable(" a\0b "), ("a\u{FFFD}b".to_owned(), false));
        let (text, is_cut) = storable(&"é".repeat(MAX_TEXT));
        assert!(is_cut && text.len() == MAX_TEXT);
    }
}

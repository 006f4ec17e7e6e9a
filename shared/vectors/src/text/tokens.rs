//! Word segmentation, the same for documents and queries.
//!
//! Unicode words (UAX 29), lower-cased; runs of Chinese and Japanese, which have no spaces, as
//! overlapping pairs of characters.

use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_segmentation::UnicodeSegmentation;

/// Longest word kept, in bytes; longer ones are encoded data, not words.
const MAX_WORD: usize = 128;

/// Calls `each` with every token of a text, in order.
pub(crate) fn each_token(text: &str, mut each: impl FnMut(&str)) {
    if !is_nfc(text) {
        let composed: String = text.nfc().collect();
        return each_token(&composed, each);
    }
    let mut buffer = String::new();
    let mut run: Vec<char> = Vec::new();
    let mut run_end = 0;
    for (at, word) in text.unicode_word_indices() {
        if word.chars().all(is_cjk) {
            if at != run_end {
                flush(&mut run, &mut buffer, &mut each);
            }
            run.extend(word.chars());
            run_end = at + word.len();
            continue;
        }
        flush(&mut run, &mut buffer, &mut each);
        if word.len() > MAX_WORD {
            continue;
        }
        buffer.clear();
        if word.is_ascii() {
            buffer.push_str(word);
            buffer.make_ascii_lowercase();
        } else {
            buffer.extend(word.chars().flat_map(char::to_lowercase));
        }
        each(&buffer);
    }
    flush(&mut run, &mut buffer, &mut each);
}

/// Emits a run of characters as pairs, a single one as it is.
fn flush(run: &mut Vec<char>, buffer: &mut String, each: &mut impl FnMut(&str)) {
    for pair in run.windows(2.min(run.len().max(1))) {
        buffer.clear();
        buffer.extend(pair);
        each(buffer);
    }
    run.clear();
}

/// Han, Hiragana and Katakana. Hangul is written with spaces.
fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' // iteration mark, zero
        | '\u{3040}'..='\u{30ff}' // kana
        | '\u{31f0}'..='\u{31ff}' // kana extensions
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' // Han
        | '\u{f900}'..='\u{faff}' // compatibility Han
        | '\u{ff66}'..='\u{ff9f}' // half-width katakana
        | '\u{20000}'..='\u{3ffff}' // Han extensions
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut tokens = Vec::new();
        each_token(text, |token| tokens.push(token.to_owned()));
        tokens
    }

    #[test]
    fn words_are_lower_cased_and_punctuation_is_dropped() {
        assert_eq!(
            tokens("The Straße, 3.14 — don't!"),
            ["the", "straße", "3.14", "don't"]
        );
    }

    #[test]
    fn chinese_is_cut_into_pairs() {
        assert_eq!(tokens("北京大学。在"), ["北京", "京大", "大学", "在"]);
        assert_eq!(tokens("用Rust写"), ["用", "rust", "写"]);
    }

    #[test]
    fn arabic_and_korean_keep_their_words() {
        assert_eq!(tokens("اللغة العربية"), ["اللغة", "العربية"]);
        assert_eq!(tokens("한국어 검색"), ["한국어", "검색"]);
    }

    #[test]
    fn a_decomposed_query_meets_a_composed_text() {
        assert_eq!(tokens("cafe\u{301}"), tokens("café"));
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(tokens(" … \n").is_empty());
    }
}

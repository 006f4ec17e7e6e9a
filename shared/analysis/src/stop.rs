//! Stop words.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::fold::fold;
use crate::language::Language;
use crate::word::lower_case;

/// The stop words of every language, by its number, folded.
static WORDS: LazyLock<Vec<HashSet<String>>> =
    LazyLock::new(|| Language::all().map(words).collect());

fn words(language: Language) -> HashSet<String> {
    if !language.rules().drops_stop_words {
        return HashSet::new();
    }
    let list = stop_words::lookup(language.code()).unwrap_or_default();
    let single = list.iter().filter(|word| !word.contains(' '));
    single
        .map(|word| {
            let (mut lower, mut word_key) = (String::new(), String::new());
            lower_case(word, language.rules(), &mut lower);
            key(&lower, &mut word_key);
            // Thai words are not taken apart, as NFKC does.
            word_key.replace("\u{e4d}\u{e32}", "\u{e33}")
        })
        .filter(|word| !word.is_empty())
        .collect()
}

/// Whether a language has stop words.
pub(crate) fn has_words(language: Language) -> bool {
    language.rules().drops_stop_words
}

/// Appends what a word in lower case is looked up as.
pub(crate) fn key(lower: &str, key: &mut String) {
    fold(lower, key);
}

/// Whether a word is a stop word, given its key.
pub(crate) fn contains(language: Language, key: &str) -> bool {
    WORDS
        .get(language.number())
        .is_some_and(|words| words.contains(key))
}

//! Terms of words that were analysed before: most words of a text are a few thousand frequent ones.

use std::cell::Cell;

use crate::language::Language;
use crate::word::Terms;

/// How many words are remembered; each of them takes about 200 bytes.
const WORDS: usize = 4096;

thread_local! {
    /// The cache of a thread, while nobody uses it.
    static IDLE: Cell<Option<Box<Cache>>> = const { Cell::new(None) };
}

/// Terms by word and language. Each word has one place, where the latest replaces the one before.
pub(crate) struct Cache {
    words: Vec<Entry>,
    term: Terms,
}

#[derive(Default)]
struct Entry {
    word: String,
    language: Language,
    terms: Terms,
}

impl Cache {
    /// Takes the cache of this thread, or a new one.
    pub(crate) fn take() -> Box<Self> {
        IDLE.take().unwrap_or_else(|| {
            let words = std::iter::repeat_with(Entry::default).take(WORDS).collect();
            Box::new(Self {
                words,
                term: Terms::default(),
            })
        })
    }

    /// Leaves the cache to whatever this thread analyses next.
    pub(crate) fn give_back(self: Box<Self>) {
        IDLE.set(Some(self));
    }

    /// The terms of a word.
    pub(crate) fn word(&mut self, word: &str, language: Language) -> &Terms {
        let entry = &mut self.words[place(word, language)];
        if entry.word != word || entry.language != language {
            entry.word.clear();
            entry.word.push_str(word);
            entry.language = language;
            entry.terms.set_word(word, language);
        }
        &entry.terms
    }

    /// The term that a text is.
    pub(crate) fn term(&mut self, term: &str, language: Language) -> &Terms {
        self.term.set(term, language);
        &self.term
    }
}

/// The place of a word: FNV-1a.
fn place(word: &str, language: Language) -> usize {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ u64::try_from(language.number()).unwrap_or(0);
    for byte in word.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
    }
    // The low bits are the well mixed ones of 32.
    usize::try_from((hash ^ (hash >> 32)) % WORDS as u64).unwrap_or(0)
}

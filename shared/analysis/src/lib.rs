#![doc = include_str!("../README.md")]

mod cache;
mod class;
mod fold;
mod identifier;
mod language;
mod pair;
mod query;
mod run;
mod scan;
mod stop;
#[cfg(test)]
mod tests;
mod word;

use std::ops::{ControlFlow, Range};

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};

use cache::Cache;
pub use language::Language;
use pair::Pairs;
pub use query::{Group, MAX_GROUPS, Query};
pub use scan::MAX_WORD;
use scan::{Scanner, Unit};
use word::Terms;

/// Cuts texts into terms, the same for documents and queries.
///
/// Cheap to make and to copy: its data is compiled in.
#[derive(Clone, Copy, Debug)]
pub struct Analyzer {
    segmenter: WordSegmenterBorrowed<'static>,
}

/// A term of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What is indexed and matched.
    pub term: &'a str,
    /// The place of its word, from 0, in words (in signs for Chinese, Japanese and Korean). It never
    /// falls. Terms that stand for the same word have the same position.
    pub position: u32,
    /// Where the span of the text that the term stands for begins, in bytes.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// A [`Token`] that owns its term.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedToken {
    /// What is indexed and matched.
    pub term: String,
    /// The place of its word.
    pub position: u32,
    /// The span of the text that it stands for, in bytes.
    pub span: Range<usize>,
}

impl Default for Analyzer {
    fn default() -> Self {
        Self::new()
    }
}

impl Analyzer {
    /// Returns an analyser for all languages.
    pub fn new() -> Self {
        Self {
            segmenter: WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()),
        }
    }

    /// Calls `visit` with every term of a document in a language; returns its length: how many positions
    /// have a term that is no stop word.
    ///
    /// Allocates per text, not per term.
    pub fn each(&self, text: &str, language: Language, mut visit: impl FnMut(Token<'_>)) -> u32 {
        let mut cache = Cache::take();
        let mut pairs = Pairs::default();
        let (mut length, mut last) = (0, None);
        let flow = self.scan(text, |unit| {
            let terms = unit.terms(language, &mut cache);
            if !terms.is_empty() && !terms.is_stop() && last != Some(unit.position) {
                last = Some(unit.position);
                length += 1;
            }
            if language.rules().marks_matter
                && let Some(pair) = pairs.join(text, &unit, terms)
            {
                visit(Token {
                    term: pair.term,
                    position: pair.position,
                    start: pair.span.start,
                    end: pair.span.end,
                });
            }
            for term in terms.iter() {
                visit(Token {
                    term,
                    position: unit.position,
                    start: unit.span.start,
                    end: unit.span.end,
                });
            }
            ControlFlow::Continue(())
        });
        cache.give_back();
        debug_assert!(flow.is_continue());
        length
    }

    /// Returns the terms of a document in a language.
    pub fn analyze(&self, text: &str, language: Language) -> Vec<OwnedToken> {
        let mut tokens = Vec::new();
        self.each(text, language, |token| {
            tokens.push(OwnedToken {
                term: token.term.to_owned(),
                position: token.position,
                span: token.start..token.end,
            });
        });
        tokens
    }

    /// Analyses a query for every language that the searched documents are in.
    ///
    /// The language of the query itself does not matter: five words are too few to tell it. Costs grow
    /// with the languages, of which there are at most [`Language::COUNT`], and are bounded by
    /// [`MAX_GROUPS`] for the query.
    pub fn query(&self, text: &str, languages: &[Language]) -> Query {
        query::analyze(self, text, languages)
    }

    fn scan(&self, text: &str, sink: impl FnMut(Unit<'_>) -> ControlFlow<()>) -> ControlFlow<()> {
        Scanner::new(self.segmenter, text, sink).scan()
    }
}

impl Unit<'_> {
    fn terms<'c>(&self, language: Language, cache: &'c mut Cache) -> &'c Terms {
        if self.is_word {
            cache.word(self.text, language)
        } else {
            cache.term(self.text, language)
        }
    }
}

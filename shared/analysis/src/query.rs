//! Queries: groups of alternative terms.

use std::collections::HashSet;
use std::ops::{ControlFlow, Range};

use unicode_normalization::UnicodeNormalization;

use crate::Analyzer;
use crate::cache::Cache;
use crate::language::Language;
use crate::pair::Pairs;
use crate::scan::Unit;
use crate::word::{FOLDED, is_tagged};

/// Most groups of a query: a longer one is a document, and each costs. What follows is ignored.
///
/// A group has at most three terms for each language.
pub const MAX_GROUPS: usize = 128;
/// Most words that are read of a query, stop words and repetitions included.
const MAX_WORDS: usize = 4 * MAX_GROUPS;

/// An analysed query.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Its words, in order, each once. Empty if the query has no word.
    pub groups: Vec<Group>,
}

/// One word of a query: the terms of which any may stand for it in a document.
///
/// A document's score for the group is that of a single term. Its count in the document is the
/// greatest of the alternatives' counts, since two of them may stand for the same word; the documents
/// that have it are those that have any of them (terms of different languages never share a document).
/// Adding up scores of alternatives would make a word that differs between languages count more than one
/// that does not.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The alternatives, at least one, without duplicates.
    pub terms: Vec<String>,
    /// What the group's score is multiplied by: 1 for a word, the number of its parts for an
    /// identifier as a whole. So a document that has the whole scores at least twice what it would
    /// have for all parts, at the same counts and length.
    pub weight: f32,
    /// The place of the word in the query; the parts of an identifier begin at the place of the whole.
    pub position: u32,
    /// Where it is in the query, in bytes.
    pub span: Range<usize>,
}

pub(crate) fn analyze(analyzer: &Analyzer, text: &str, languages: &[Language]) -> Query {
    let mut distinct: Vec<Language> = Vec::new();
    for language in languages {
        if !distinct.contains(language) {
            distinct.push(*language);
        }
    }
    if distinct.is_empty() {
        distinct.push(Language::OTHER);
    }
    let marked = distinct
        .iter()
        .any(|language| language.rules().marks_matter)
        && has_marks(text);
    let mut words: Vec<Word> = Vec::new();
    // Languages in which the query has more than stop words.
    let mut telling = vec![false; distinct.len()];
    let mut telling_words = 0;
    let mut pairs = Pairs::default();
    let mut cache = Cache::take();
    let flow = analyzer.scan(text, |unit| {
        let mut word = Word::new(&unit);
        let mut tells = false;
        for (place, language) in distinct.iter().enumerate() {
            let terms = unit.terms(*language, &mut cache);
            tells |= !terms.is_stop();
            if language.rules().marks_matter
                && let Some(pair) = pairs.join(text, &unit, terms)
            {
                let mut word = Word::new(&unit);
                word.group.position = pair.position;
                word.group.span = pair.span;
                word.terms.push((place, false, pair.term.to_owned()));
                words.push(word);
                telling_words += 1;
            }
            if let Some(telling) = telling.get_mut(place) {
                *telling |= !terms.is_stop();
            }
            for term in terms.iter().filter(|term| !term.starts_with(FOLDED)) {
                word.terms.push((place, terms.is_stop(), term.clone()));
                // Only words of the language are there without their marks, not numbers.
                let has_marks_apart = unit.is_word && language.rules().marks_matter;
                if has_marks_apart && !marked && is_tagged(term, *language) {
                    word.terms.push((place, false, format!("{FOLDED}{term}")));
                }
            }
        }
        telling_words += usize::from(tells);
        words.push(word);
        if telling_words < MAX_GROUPS && words.len() < MAX_WORDS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    cache.give_back();
    debug_assert!(flow.is_continue() || telling_words >= MAX_GROUPS || words.len() >= MAX_WORDS);
    let mut seen = HashSet::new();
    let groups = words
        .into_iter()
        .filter_map(|word| word.group(&telling, &mut seen))
        .take(MAX_GROUPS)
        .collect();
    Query { groups }
}

/// A word of the query with its terms in every language.
struct Word {
    /// The language's place, whether the term is a stop word there, and the term.
    terms: Vec<(usize, bool, String)>,
    group: Group,
}

impl Word {
    fn new(unit: &Unit<'_>) -> Self {
        Self {
            terms: Vec::new(),
            group: Group {
                terms: Vec::new(),
                weight: f32::from(unit.parts),
                position: unit.position,
                span: unit.span.clone(),
            },
        }
    }

    /// Its group: without stop words, except in a language in which the query has nothing else, such as
    /// "to be or not to be"; and without terms of words before it, so that two forms of a word count once
    /// in a language that has one stem for both.
    fn group(mut self, telling: &[bool], seen: &mut HashSet<String>) -> Option<Group> {
        for (place, is_stop, term) in self.terms {
            let needed = !is_stop || telling.get(place) == Some(&false);
            // What stands for a word without its marks is nothing of its own.
            let base = term.strip_prefix(FOLDED);
            let apart = base.is_some_and(|base| !self.group.terms.iter().any(|own| own == base));
            if needed && !apart && seen.insert(term.clone()) {
                self.group.terms.push(term);
            }
        }
        (!self.group.terms.is_empty()).then_some(self.group)
    }
}

/// Whether Latin letters have marks.
fn has_marks(text: &str) -> bool {
    !text.is_ascii()
        && text
            .nfd()
            .any(|c| matches!(c, 'đ' | 'Đ' | '\u{300}'..='\u{36f}'))
}

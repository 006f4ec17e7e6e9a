//! Answers a question with sentences of the passages found for it, word by word.

use std::collections::HashMap;
use std::ops::Range;

use dynrag_analysis::{Analyzer, Language};

use crate::asked::{Asked, Found, Wanted};
use crate::sentences::{in_chars, split};
use crate::words::guess;

/// A passage that retrieval found.
#[derive(Clone, Copy, Debug)]
pub struct Passage<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its score, on any scale that is the same for all passages; the higher, the better.
    pub score: f32,
    /// BCP 47; guessed from the text if not given.
    pub language: Option<&'a str>,
}

/// A sentence of a passage.
#[derive(Clone, Debug, PartialEq)]
pub struct Quote {
    /// The passage's place in the list given, from 0.
    pub passage: usize,
    /// The sentence, in characters of the passage.
    pub span: Range<usize>,
    /// How well it answers, on a scale of its own: comparable between the quotes of one question.
    pub score: f32,
    /// The share of the question's content words that it and its neighbours have, 0 to 1.
    pub coverage: f32,
}

/// The cosine of a question and each sentence of each passage, in the order of [`crate::sentences`]; `None` of one that was not
/// compared, which counts as the least similar.
pub type Similarities<'a> = &'a [Vec<Option<f32>>];

/// A sentence that may answer a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The passage's place in the list given, from 0.
    pub passage: usize,
    /// The sentence's place in the passage, from 0.
    pub sentence: usize,
    /// The sentence, in characters of the passage.
    pub span: Range<usize>,
}

/// Returns the sentences that are worth comparing with a question, by words alone, best first: at most `most`. None if
/// [`extract`] would find none.
pub fn candidates(
    question: &str,
    passages: &[Passage<'_>],
    most: usize,
    least: f32,
) -> Vec<Candidate> {
    let rows = rows(question, passages, None);
    let near = rows.iter().map(|row| row.coverage).fold(0.0f32, f32::max);
    if near < least {
        return Vec::new();
    }
    let mut scored: Vec<(f32, Candidate)> = rows
        .into_iter()
        .map(|row| {
            let candidate = Candidate {
                passage: row.passage,
                sentence: row.sentence,
                span: row.span,
            };
            (score(&row.features, &WORDS_ALONE), candidate)
        })
        .collect();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let best = scored.into_iter().take(most);
    best.map(|(_, candidate)| candidate).collect()
}

/// Least share of the question's content words that the passages must have near each other.
pub const LEAST_COVERAGE: f32 = 0.4;

/// How many features a sentence is ranked by.
pub const FEATURES: usize = 21;

/// What each feature counts without similarities: fitted on every second question of XQuAD in English, Spanish,
/// Arabic and Chinese by the example `answers` and `bench/answers/fit.py`.
const WORDS_ALONE: [f32; FEATURES] = [
    7.079, 4.049, 0.865, 3.299, 2.133, -6.314, -0.637, -0.147, 3.388, 1.288, -0.994, 0.075, 3.446,
    2.185, -0.490, -0.058, 0.0, 0.0, 0.0, 0.0, 0.0,
];
/// The same with similarities, in English, Spanish and Arabic, with vectors of multilingual-e5-small. They are on a scale that does not
/// depend on the model.
const WITH_VECTORS: [f32; FEATURES] = [
    4.220, 3.072, 1.022, 3.005, 1.609, -4.924, -0.421, -0.442, 1.183, 1.186, -0.358, 0.718, 1.768,
    2.245, 1.193, -0.069, 0.094, 0.214, 0.283, 1.435, 1.186,
];

/// Returns the sentences that answer a question best, best first: at most `most`, none if no place of the passages
/// has the share `least` of its content words ([`LEAST_COVERAGE`] unless measured otherwise).
///
/// Without similarities, words decide alone.
pub fn extract(
    question: &str,
    passages: &[Passage<'_>],
    similarities: Option<Similarities<'_>>,
    most: usize,
    least: f32,
) -> Vec<Quote> {
    let mut quotes = rank(question, passages, similarities);
    let near = quotes
        .iter()
        .map(|quote| quote.coverage)
        .fold(0.0f32, f32::max);
    if near < least {
        return Vec::new();
    }
    quotes.truncate(most);
    quotes
}

/// The greatest share of a question's content words that a place of the passages has: what [`LEAST_COVERAGE`] is
/// compared with.
pub fn coverage(question: &str, passages: &[Passage<'_>]) -> f32 {
    rows(question, passages, None)
        .iter()
        .map(|row| row.coverage)
        .fold(0.0, f32::max)
}

/// All sentences with their scores, best first.
fn rank(
    question: &str,
    passages: &[Passage<'_>],
    similarities: Option<Similarities<'_>>,
) -> Vec<Quote> {
    let weights = if similarities.is_some() {
        WITH_VECTORS
    } else {
        WORDS_ALONE
    };
    let mut quotes: Vec<Quote> = rows(question, passages, similarities)
        .into_iter()
        .map(|row| Quote {
            passage: row.passage,
            span: row.span,
            score: score(&row.features, &weights),
            coverage: row.coverage,
        })
        .collect();
    quotes.sort_by(|one, other| other.score.total_cmp(&one.score));
    quotes
}

fn score(features: &[f32; FEATURES], weights: &[f32; FEATURES]) -> f32 {
    let parts = features.iter().zip(weights);
    parts.map(|(feature, weight)| feature * weight).sum()
}

/// Similarities on a scale that is the same for all models: how many standard deviations from the mean of those compared.
struct Standard {
    similarities: Vec<Vec<f32>>,
    /// Of sentences that were not compared.
    least: f32,
}

impl Standard {
    fn new(all: Similarities<'_>) -> Self {
        let compared = || all.iter().flatten().copied().flatten();
        let count = compared().count().max(1) as f32;
        let mean = compared().sum::<f32>() / count;
        let variance = compared().map(|one| (one - mean).powi(2)).sum::<f32>() / count;
        let deviation = variance.sqrt().max(1e-4);
        let least = (compared().fold(mean, f32::min) - mean) / deviation;
        let scaled =
            |one: &Option<f32>| one.map_or(least, |similarity| (similarity - mean) / deviation);
        Self {
            similarities: all
                .iter()
                .map(|of| of.iter().map(scaled).collect())
                .collect(),
            least,
        }
    }

    fn of(&self, passage: usize, sentence: usize) -> f32 {
        let of = self.similarities.get(passage);
        of.and_then(|of| of.get(sentence))
            .copied()
            .unwrap_or(self.least)
    }

    fn best_of(&self, passage: usize) -> f32 {
        let of = self.similarities.get(passage);
        of.and_then(|of| of.iter().copied().reduce(f32::max))
            .unwrap_or(self.least)
    }
}

/// A sentence as it is ranked.
struct Read {
    passage: usize,
    bytes: Range<usize>,
    found: Found,
}

/// A sentence with what it is ranked by.
struct Row {
    passage: usize,
    sentence: usize,
    span: Range<usize>,
    features: [f32; FEATURES],
    coverage: f32,
}

/// The features of every sentence, for fitting: the passage, the span in characters and what it is ranked by.
#[doc(hidden)]
pub fn features(
    question: &str,
    passages: &[Passage<'_>],
    similarities: Option<Similarities<'_>>,
) -> Vec<(usize, Range<usize>, [f32; FEATURES])> {
    rows(question, passages, similarities)
        .into_iter()
        .map(|row| (row.passage, row.span, row.features))
        .collect()
}

fn rows(
    question: &str,
    passages: &[Passage<'_>],
    similarities: Option<Similarities<'_>>,
) -> Vec<Row> {
    let analyzer = Analyzer::new();
    let languages: Vec<Language> = passages
        .iter()
        .map(|passage| match Language::of(passage.language) {
            Language::OTHER => guess(passage.text).unwrap_or_default(),
            known => known,
        })
        .collect();
    let asked = Asked::new(&analyzer, question, &languages);
    let mut all: Vec<Read> = Vec::new();
    for (number, (passage, language)) in passages.iter().zip(&languages).enumerate() {
        for (bytes, _) in split(passage.text, *language) {
            let found = asked.find(&analyzer, &passage.text[bytes.clone()], *language);
            all.push(Read {
                passage: number,
                bytes,
                found,
            });
        }
    }
    let weights = weights(&asked, &all);
    let similarities = similarities.map(Standard::new);
    let best = passages
        .iter()
        .map(|passage| passage.score)
        .fold(f32::MIN, f32::max);
    let least = passages
        .iter()
        .map(|passage| passage.score)
        .fold(f32::MAX, f32::min);
    let spread = (best - least).max(f32::EPSILON);
    let mut number_in_passage: HashMap<usize, usize> = HashMap::new();
    let mut rows = Vec::with_capacity(all.len());
    for (at, read) in all.iter().enumerate() {
        let place = number_in_passage.entry(read.passage).or_default();
        let sentence = *place;
        *place += 1;
        let neighbour = |other: Option<usize>| {
            other
                .and_then(|other| all.get(other))
                .filter(|other| other.passage == read.passage)
        };
        let (before, after) = (neighbour(at.checked_sub(1)), neighbour(Some(at + 1)));
        let own = &read.found;
        let sum = |test: &dyn Fn(usize) -> f32| {
            (0..weights.len())
                .map(|group| weights[group] * test(group))
                .sum::<f32>()
        };
        let has =
            |read: &Read, group: usize| f32::from(u8::from(read.found.matched.contains(&group)));
        let covered = sum(&|group| has(read, group));
        let fuzzy = sum(&|group| {
            if own.matched.contains(&group) {
                0.0
            } else {
                own.near.get(&group).copied().unwrap_or(0.0)
            }
        });
        let from = |other: Option<&Read>| {
            other.map_or(0.0, |other| {
                sum(&|group| {
                    if own.matched.contains(&group) {
                        0.0
                    } else {
                        has(other, group)
                    }
                })
            })
        };
        let (from_before, from_after) = (from(before), from(after));
        let words = own.words.max(1) as f32;
        let similar = |sentence: Option<usize>| match (&similarities, sentence) {
            (Some(all), Some(sentence)) => all.of(read.passage, sentence),
            _ => 0.0,
        };
        let (similarity, similar_before) =
            (similar(Some(sentence)), similar(sentence.checked_sub(1)));
        let best_similar = similarities
            .as_ref()
            .map_or(0.0, |all| all.best_of(read.passage));
        let rank = passages
            .get(read.passage)
            .map_or(0.0, |passage| (passage.score - least) / spread);
        let names = sum(&|group| {
            if asked.is_name(group) {
                has(read, group)
            } else {
                0.0
            }
        });
        let all_names = sum(&|group| f32::from(u8::from(asked.is_name(group))));
        let row = [
            covered,
            fuzzy,
            own.wanted,
            from_before,
            from_after,
            covered / words.sqrt(),
            (own.fresh as f32).ln_1p(),
            f32::from(u8::from(sentence == 0)),
            rank,
            own.close,
            if asked.wanted() == Wanted::Place {
                own.wanted
            } else {
                0.0
            },
            f32::from(u8::from(all_names > 0.0 && names < f32::EPSILON)),
            own.matched.len() as f32 / asked.groups().max(1) as f32,
            f32::from(u8::from(before.is_none() && after.is_none())),
            covered * covered,
            sentence as f32,
            if before.is_some() {
                similar_before - similarity
            } else {
                0.0
            },
            if after.is_some() {
                similar(Some(sentence + 1)) - similarity
            } else {
                0.0
            },
            if own.pronoun && before.is_some() {
                similar_before - similarity
            } else {
                0.0
            },
            best_similar,
            similarity,
        ];
        let text = passages
            .get(read.passage)
            .map_or("", |passage| passage.text);
        let around = |group: &usize| {
            let near = own.near.get(group).copied().unwrap_or(0.0);
            let has = |read: &Read| read.found.matched.contains(group);
            if has(read) || before.is_some_and(has) || after.is_some_and(has) {
                1.0
            } else {
                near
            }
        };
        let all_words: f32 = (0..asked.groups()).map(|group| asked.weight(group)).sum();
        let known: f32 = (0..asked.groups())
            .map(|group| asked.weight(group) * around(&group))
            .sum();
        rows.push(Row {
            passage: read.passage,
            sentence,
            span: in_chars(text, &read.bytes),
            features: row,
            coverage: known / all_words.max(f32::EPSILON),
        });
    }
    rows
}

/// What each word of the question counts: rare words of the passages more; all add up to 1. Words that are nowhere count nothing.
fn weights(asked: &Asked, all: &[Read]) -> Vec<f32> {
    let count = all.len() as f32;
    let mut weights: Vec<f32> = (0..asked.groups())
        .map(|group| {
            let have = all
                .iter()
                .filter(|read| read.found.matched.contains(&group))
                .count() as f32;
            // A word that no passage has tells none from the other.
            if have < 1.0 && !all.iter().any(|read| read.found.near.contains_key(&group)) {
                return 0.0;
            }
            ((count + 1.0) / (have + 0.5)).ln().max(0.1) * asked.weight(group)
        })
        .collect();
    let sum: f32 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum.max(f32::EPSILON);
    }
    weights
}

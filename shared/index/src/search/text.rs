//! The text leg: BM25 over groups of alternative terms.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use dynrag_analysis::{Analyzer, Language};

use super::{
    Spot, Spread, TERMS, View,
    select::{Scored, first},
};
use crate::{
    Result,
    cache::Wanted,
    segment::Part,
    terms::{self, decode, postings},
};

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// A word of the query: its terms' hashes, and its weight.
#[derive(Debug)]
struct Word {
    terms: Vec<u64>,
    weight: f32,
}

#[derive(Debug)]
pub(super) struct TextLeg {
    words: Vec<Word>,
    /// The blocks that hold terms: for each segment and place its number among what is wanted.
    blocks: BTreeMap<(usize, Part), usize>,
    /// For each segment.
    scores: Vec<Scores>,
    ideal: f32,
}

/// BM25 of a segment's rows.
#[derive(Debug, Default)]
struct Scores {
    /// By row; 0 without a word of the query. Empty if no row has one.
    all: Vec<f32>,
    /// The rows that have one.
    rows: Vec<u32>,
}

impl Scores {
    fn add(&mut self, row: u32, score: f32) {
        if let Some(sum) = self.all.get_mut(row as usize) {
            if *sum == 0.0 && score > 0.0 {
                self.rows.push(row);
            }
            *sum += score;
        }
    }

    fn of(&self, row: u32) -> f32 {
        self.all.get(row as usize).copied().unwrap_or_default()
    }
}

impl TextLeg {
    /// Analyses a query for the languages of all live rows.
    pub(super) fn new(views: &[View], text: &str) -> Self {
        let live = || {
            views
                .iter()
                .enumerate()
                .filter(|(_, view)| view.live.count() > 0)
        };
        let languages: BTreeSet<Language> = live().flat_map(|(_, view)| view.languages()).collect();
        let languages: Vec<Language> = languages.into_iter().collect();
        let query = Analyzer::new().query(text, &languages);
        let words: Vec<Word> = query
            .groups
            .iter()
            .map(|group| Word {
                terms: group.terms.iter().map(|term| terms::hash(term)).collect(),
                weight: group.weight,
            })
            .collect();
        let mut blocks = BTreeMap::new();
        for (number, view) in live() {
            for term in words.iter().flat_map(|word| &word.terms) {
                let part = Part::from(view.segment().terms.place(*term));
                let next = blocks.len();
                blocks.entry((number, part)).or_insert(next);
            }
        }
        Self {
            words,
            blocks,
            scores: Vec::new(),
            ideal: 0.0,
        }
    }

    /// The blocks to read.
    pub(super) fn wanted(&self, views: &[View]) -> Vec<Wanted> {
        let mut wanted: Vec<(usize, Wanted)> = self
            .blocks
            .iter()
            .filter_map(|((view, part), number)| {
                let wanted = Wanted {
                    opened: views.get(*view)?.opened.clone(),
                    part: *part,
                    rank: 0,
                    budget: TERMS,
                };
                Some((*number, wanted))
            })
            .collect();
        wanted.sort_by_key(|(number, _)| *number);
        wanted.into_iter().map(|(_, wanted)| wanted).collect()
    }

    /// Scores all live rows that have a word of the query. Statistics are those of all live rows.
    pub(super) fn score(&mut self, views: &[View], blocks: &[Option<Bytes>]) -> Result<()> {
        let (mut rows, mut words) = (0u64, 0u64);
        for (of_view, words_of_view) in views.iter().map(View::statistics) {
            rows += of_view;
            words += words_of_view;
        }
        let average = (words as f32 / rows.max(1) as f32).max(1.0);
        let mut scores: Vec<Scores> = views.iter().map(|_| Scores::default()).collect();
        let mut counts: Vec<Vec<(u32, u32)>> = vec![Vec::new(); views.len()];
        for word in &self.words {
            for (number, (view, counts)) in views.iter().zip(&mut counts).enumerate() {
                counts.clear();
                self.count(number, view, word, blocks, counts)?;
                if !view.live.is_all() {
                    counts.retain(|(row, _)| view.live.has(*row));
                }
            }
            let frequency = counts.iter().map(Vec::len).sum::<usize>() as f32;
            let idf = (1.0 + (rows as f32 - frequency + 0.5) / (frequency + 0.5)).ln();
            let weight = word.weight * idf;
            self.ideal += weight;
            for ((counts, view), scores) in counts.iter().zip(views).zip(&mut scores) {
                let lengths = &view.segment().columns.words;
                if scores.all.is_empty() && !counts.is_empty() {
                    scores.all = vec![0.0; lengths.len()];
                }
                for (row, count) in counts {
                    let length = lengths.get(*row as usize).copied().unwrap_or_default();
                    let norm = 1.0 - B + B * length as f32 / average;
                    let count = *count as f32;
                    scores.add(*row, weight * count * (K1 + 1.0) / (count + K1 * norm));
                }
            }
        }
        self.scores = scores;
        Ok(())
    }

    /// The rows of a segment that have a word, with the greatest count of its terms.
    fn count(
        &self,
        number: usize,
        view: &View,
        word: &Word,
        blocks: &[Option<Bytes>],
        counts: &mut Vec<(u32, u32)>,
    ) -> Result<()> {
        let segment = view.segment();
        if view.live.count() == 0 {
            return Ok(());
        }
        let mut lists = 0;
        for term in &word.terms {
            let place = segment.terms.place(*term);
            let block = self
                .blocks
                .get(&(number, place.into()))
                .and_then(|block| blocks.get(*block));
            let Some(Some(block)) = block else { continue };
            let postings = segment.blame(postings(place, block, *term))?;
            segment.blame(decode(postings, segment.rows(), counts))?;
            lists += usize::from(!postings.is_empty());
        }
        if lists > 1 {
            counts.sort_unstable_by_key(|(row, count)| (*row, std::cmp::Reverse(*count)));
            counts.dedup_by_key(|(row, _)| *row);
        }
        Ok(())
    }

    /// A row's score.
    pub(super) fn of(&self, (view, row): Spot) -> f32 {
        self.scores.get(view).map_or(0.0, |scores| scores.of(row))
    }

    /// The score of an average row that has every word once.
    pub(super) fn ideal(&self) -> f32 {
        self.ideal
    }

    /// The rows that may be found and have a word.
    fn matching(&self, views: &[View]) -> impl Iterator<Item = Scored> {
        let scores = views.iter().zip(&self.scores).enumerate();
        scores.flat_map(|(number, (view, scores))| {
            let rows = scores.rows.iter().filter(|row| view.admitted.has(**row));
            rows.map(move |row| Scored {
                score: scores.of(*row),
                error: 0.0,
                spot: (number, *row),
            })
        })
    }

    /// How the scores of all rows that may be found are spread.
    pub(super) fn spread(&self, views: &[View]) -> Spread {
        let mut spread =
            Spread::of_rows(views.iter().map(|view| view.admitted.count() as u64).sum());
        self.matching(views)
            .for_each(|scored| spread.add_score(scored.score));
        spread
    }

    /// The `depth` rows with the highest scores above 0, best first.
    pub(super) fn best(
        &self,
        views: &[View],
        depth: usize,
        per_document: Option<usize>,
    ) -> Vec<Scored> {
        first(views, || self.matching(views), depth, per_document)
    }
}

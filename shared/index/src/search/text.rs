//! The text leg: BM25 over groups of alternative terms.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use dynrag_analysis::{Analyzer, Language};

use super::{Place, Scored, UNLIMITED, View, keep_first, order};
use crate::{
    Result,
    cache::Wanted,
    segment::Part,
    terms::{self, decode, postings},
};

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// A word of the query: its terms' hashes, and its weight.
struct Word {
    terms: Vec<u64>,
    weight: f32,
}

pub(super) struct TextLeg {
    words: Vec<Word>,
    /// The blocks that hold terms: for each segment and place its number among what is wanted.
    blocks: BTreeMap<(usize, Part), usize>,
    /// Scores of each segment's rows.
    scores: Vec<Vec<f32>>,
}

impl TextLeg {
    /// Analyses a query for the languages of all segments.
    pub(super) fn new(views: &[View], text: &str) -> Self {
        let languages: BTreeSet<Language> = views
            .iter()
            .flat_map(|view| view.segment().analysed.iter().copied())
            .collect();
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
        for (number, view) in views
            .iter()
            .enumerate()
            .filter(|(_, view)| view.segment().rows() > 0)
        {
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
                    budget: UNLIMITED,
                };
                Some((*number, wanted))
            })
            .collect();
        wanted.sort_by_key(|(number, _)| *number);
        wanted.into_iter().map(|(_, wanted)| wanted).collect()
    }

    /// Scores all rows that have a word of the query. Statistics are those of all segments.
    pub(super) fn score(&mut self, views: &[View], blocks: &[Option<Bytes>]) -> Result<()> {
        let rows: u64 = views
            .iter()
            .map(|view| u64::from(view.segment().rows()))
            .sum();
        let words: u64 = views.iter().map(|view| view.segment().meta.words).sum();
        let average = (words as f32 / rows.max(1) as f32).max(1.0);
        self.scores = views
            .iter()
            .map(|view| vec![0.0; view.admitted.len()])
            .collect();
        let norms: Vec<Vec<f32>> = views
            .iter()
            .map(|view| {
                let lengths = view.segment().columns.words.iter();
                lengths
                    .map(|length| K1 * (1.0 - B + B * *length as f32 / average))
                    .collect()
            })
            .collect();
        let mut counts: Vec<Vec<(u32, u32)>> = vec![Vec::new(); views.len()];
        for word in &self.words {
            for (number, (view, counts)) in views.iter().zip(&mut counts).enumerate() {
                counts.clear();
                self.count(number, view, word, blocks, counts)?;
            }
            let frequency = counts.iter().map(Vec::len).sum::<usize>() as f32;
            let idf = (1.0 + (rows as f32 - frequency + 0.5) / (frequency + 0.5)).ln();
            let weight = word.weight * idf;
            for ((counts, norms), scores) in counts.iter().zip(&norms).zip(&mut self.scores) {
                for (row, count) in counts {
                    let row = *row as usize;
                    if let (Some(score), Some(norm)) = (scores.get_mut(row), norms.get(row)) {
                        let count = *count as f32;
                        *score += weight * count / (count + norm);
                    }
                }
            }
        }
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
        if segment.rows() == 0 {
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
    pub(super) fn of(&self, (view, row): Place) -> f32 {
        let scores = self.scores.get(view);
        scores
            .and_then(|scores| scores.get(row as usize))
            .copied()
            .unwrap_or_default()
    }

    /// The `depth` rows with the highest scores above 0, best first.
    pub(super) fn best(&self, views: &[View], depth: usize) -> Vec<Scored> {
        let mut best: Vec<Scored> = Vec::new();
        // What is below the worst of enough others is not kept; what is equal is, for the order of equals.
        let (most, mut least) = (depth.saturating_mul(4).saturating_add(1_024), 0.0);
        for (number, (view, scores)) in views.iter().zip(&self.scores).enumerate() {
            for ((row, score), admitted) in (0u32..).zip(scores).zip(&view.admitted) {
                if *score > 0.0 && *score >= least && *admitted {
                    best.push(Scored {
                        score: *score,
                        place: (number, row),
                    });
                    if best.len() >= most {
                        keep_first(&mut best, depth, |a, b| order(views, a, b));
                        least = best.last().map_or(0.0, |worst| worst.score);
                    }
                }
            }
        }
        keep_first(&mut best, depth, |a, b| order(views, a, b));
        best
    }
}

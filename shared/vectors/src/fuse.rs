//! Fusion of the two retrievers by their scores.
//!
//! The scores of each are scaled: 1 is its best chunk, 0 the mean of all chunks that were searched. The fused score is the
//! weighted mean of the two, for every chunk that is among the best of either; both scores are computed for all of them.
//!
//! A retriever that knows nothing must cost nothing: an English model embeds Arabic at random, and words of one language
//! are not in texts of another. So the weights depend on the query, by what the scores say themselves:
//!
//! - **Coverage** is the best BM25 score in relation to that of an average chunk that has every word of the query. Without
//!   coverage the words know nothing.
//! - **Agreement** is the mean cosine of the ten best chunks by words, in standard deviations above the mean of all. Texts
//!   that share rare words are alike, which a model that understands them sees. Where the words know and the model
//!   disagrees, it does not know the language.
//!
//! `bench/quality/fusion.py` measures this beside reciprocal rank fusion; docs/PERFORMANCE.md has the figures.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use dynrag_domain::search::{Fusion, Mode, Ranks, Scores};
use dynrag_index::Spread;

/// Weight of the vectors, unless a query gives another.
const ALPHA: f32 = 0.6;
/// Coverage from which the words are trusted, and at which they are trusted wholly.
const COVERAGE: (f32, f32) = (0.1, 0.35);
/// Agreement from which the vectors are trusted, and at which they are trusted wholly.
const AGREEMENT: (f32, f32) = (0.75, 2.25);
/// Best chunks by words that agreement looks at.
const AGREEING: usize = 10;

/// Results of each retriever that are fused. More than any page, so that all pages of a search are of one order.
pub(crate) const DEPTH: usize = 1_000;

/// Results of each retriever to keep.
pub(crate) fn depth(mode: Mode, top_k: usize) -> usize {
    match mode {
        Mode::Hybrid => top_k.max(DEPTH),
        Mode::Vector | Mode::Text => top_k,
    }
}

/// The result of a retriever.
pub(crate) struct Leg<K> {
    /// Best first; ties go to the smaller key.
    pub(crate) ranked: Vec<(K, f32)>,
    pub(crate) spread: Spread,
}

/// The results of the retrievers that were used.
pub(crate) struct Legs<K> {
    pub(crate) vector: Option<Leg<K>>,
    pub(crate) text: Option<Leg<K>>,
    /// The BM25 score of an average chunk that has every word of the query.
    pub(crate) ideal: f32,
}

/// A key that was found, with its score as [`dynrag_domain::search::Hit::score`] documents it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Found<K> {
    pub(crate) key: K,
    pub(crate) score: f32,
    pub(crate) ranks: Ranks,
    pub(crate) scores: Scores,
}

/// Where a rise from `low` to `high` is at a value, from 0 to 1.
fn rise(value: f32, (low, high): (f32, f32)) -> f32 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

impl<K: Copy + Ord + Hash> Legs<K> {
    /// How the retrievers are weighted for this query. With `alpha` as given: nothing else is looked at then.
    fn weigh(&self, alpha: Option<f32>, cosine: &impl Fn(K) -> f32) -> Fusion {
        let (Some(vector), Some(text)) = (&self.vector, &self.text) else {
            let vector_weight = f32::from(self.vector.is_some());
            return Fusion {
                vector_weight,
                text_weight: 1.0 - vector_weight,
                ..Fusion::default()
            };
        };
        let best = text.ranked.first().map_or(0.0, |(_, score)| *score);
        let coverage = if self.ideal > 0.0 {
            best / self.ideal
        } else {
            0.0
        };
        let agreeing = || text.ranked.iter().take(AGREEING);
        let weight: f32 = agreeing().map(|(_, score)| score).sum();
        let deviation = vector.spread.deviation();
        let agreement = if weight > 0.0 && deviation > f32::EPSILON {
            let mean = vector.spread.mean();
            let above = |key: K| (cosine(key) - mean) / deviation;
            agreeing()
                .map(|(key, score)| score * above(*key))
                .sum::<f32>()
                / weight
        } else {
            0.0
        };
        let (vector, text) = match alpha {
            Some(alpha) => (alpha, 1.0 - alpha),
            None => {
                let words = rise(coverage, COVERAGE);
                let model = 1.0 - words * (1.0 - rise(agreement, AGREEMENT));
                let (vector, text) = (ALPHA * model, (1.0 - ALPHA) * words);
                // Not both are 0: without words the model is trusted.
                (vector / (vector + text), text / (vector + text))
            }
        };
        Fusion {
            vector_weight: vector,
            text_weight: text,
            coverage: Some(coverage),
            agreement: Some(agreement),
        }
    }

    /// Fuses the rankings, best first; equal scores go to the smaller key. `cosine` and `bm25` tell the scores of keys
    /// that only the other retriever ranks.
    pub(crate) fn fuse(
        &self,
        mode: Mode,
        alpha: Option<f32>,
        min_score: Option<f32>,
        cosine: impl Fn(K) -> f32,
        bm25: impl Fn(K) -> f32,
    ) -> (Vec<Found<K>>, Option<Fusion>) {
        let mut ranks: HashMap<K, Ranks> = HashMap::new();
        let mut rank = |leg: &Option<Leg<K>>, of: fn(&mut Ranks) -> &mut Option<u32>| {
            let ranked = leg.iter().flat_map(|leg| &leg.ranked);
            for (rank, (key, _)) in (1u32..).zip(ranked) {
                // A key that is there twice keeps its better rank.
                of(ranks.entry(*key).or_default()).get_or_insert(rank);
            }
        };
        rank(&self.vector, |ranks| &mut ranks.vector);
        rank(&self.text, |ranks| &mut ranks.text);

        let fusion = (mode == Mode::Hybrid).then(|| self.weigh(alpha, &cosine));
        let score = |scores: &Scores| match (&fusion, mode) {
            (Some(fusion), _) => {
                let scaled = |leg: &Option<Leg<K>>, score: Option<f32>| {
                    let leg = leg.as_ref().zip(score);
                    leg.map_or(0.0, |(leg, score)| leg.spread.scale(score))
                };
                fusion.vector_weight * scaled(&self.vector, scores.vector)
                    + fusion.text_weight * scaled(&self.text, scores.text)
            }
            (None, Mode::Text) => scores.text.unwrap_or(0.0),
            (None, _) => scores.vector.unwrap_or(0.0),
        };
        let mut found: Vec<Found<K>> = ranks
            .into_iter()
            .map(|(key, ranks)| {
                let scores = Scores {
                    vector: self.vector.as_ref().map(|_| cosine(key)),
                    text: self.text.as_ref().map(|_| bm25(key)),
                };
                let score = score(&scores);
                Found {
                    key,
                    score,
                    ranks,
                    scores,
                }
            })
            .filter(|found| min_score.is_none_or(|least| found.score >= least))
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
        (found, fusion)
    }
}

/// Factor by which the retrievers' depth grows if chunks have parents: that many children of one
/// parent may match.
pub(crate) const CHILDREN: usize = 4;

/// Of what was found the best child of each parent, all that have none, and at most so many of a document.
pub(crate) fn select<K, P: Hash + Eq, D: Hash + Eq>(
    found: Vec<Found<K>>,
    parent: impl Fn(&K) -> Option<P>,
    document: impl Fn(&K) -> D,
    max_per_document: Option<usize>,
    top_k: usize,
) -> Vec<Found<K>> {
    let (mut parents, mut documents) = (HashSet::new(), HashMap::new());
    found
        .into_iter()
        .filter(|found| parent(&found.key).is_none_or(|parent| parents.insert(parent)))
        .filter(|found| {
            max_per_document.is_none_or(|most| {
                let taken = documents.entry(document(&found.key)).or_insert(0);
                *taken += 1;
                *taken <= most
            })
        })
        .take(top_k)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A leg over all rows: their scores by key.
    fn leg(scores: &[f32]) -> Leg<usize> {
        let mut spread = Spread::default();
        scores.iter().for_each(|score| spread.add_row(*score));
        let mut ranked: Vec<_> = scores.iter().copied().enumerate().collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        Leg { ranked, spread }
    }

    fn hybrid(
        vector: &[f32],
        text: &[f32],
        ideal: f32,
        alpha: Option<f32>,
    ) -> (Vec<usize>, Fusion) {
        let mut by_words = leg(text);
        by_words.ranked.retain(|(_, score)| *score > 0.0);
        let legs = Legs {
            vector: Some(leg(vector)),
            text: Some(by_words),
            ideal,
        };
        let (found, fusion) = legs.fuse(
            Mode::Hybrid,
            alpha,
            None,
            |key| vector[key],
            |key| text[key],
        );
        let keys = found.iter().map(|found| found.key).collect();
        (keys, fusion.unwrap())
    }

    /// Forty chunks, of which the last three are better than the others.
    fn scores(last: [f32; 3]) -> Vec<f32> {
        let others = (0..37).map(|n| (n % 7) as f32 / 100.0);
        others.chain(last).collect()
    }

    #[test]
    fn a_chunk_that_both_know_comes_first() {
        let vector = scores([0.8, 0.7, 0.1]);
        let text = [vec![0.0; 37], vec![0.0, 6.0, 6.1]].concat();
        let (found, fusion) = hybrid(&vector, &text, 8.0, None);
        assert_eq!(found[0], 38, "{fusion:?}");
        assert!(fusion.agreement.unwrap() > 1.0);
        assert!(fusion.coverage.unwrap() > 0.7);
    }

    #[test]
    fn a_model_that_knows_nothing_of_the_language_changes_nothing() {
        // Far from what the words find, and sure of it.
        let vector = scores([0.01, 0.0, 0.02]);
        let text = [vec![0.0; 37], vec![4.0, 6.0, 5.0]].concat();
        let (found, fusion) = hybrid(&vector, &text, 8.0, None);
        assert_eq!(found[..3], [38, 39, 37], "{fusion:?}");
        assert!(fusion.vector_weight < 0.01, "{fusion:?}");
    }

    #[test]
    fn words_that_are_in_no_text_change_nothing() {
        let vector = scores([0.5, 0.9, 0.7]);
        // A year that the question names.
        let mut text = vec![0.0; 40];
        text[0] = 0.9;
        let (found, fusion) = hybrid(&vector, &text, 30.0, None);
        assert_eq!(found[..3], [38, 39, 37], "{fusion:?}");
        assert!(fusion.text_weight < 0.01, "{fusion:?}");
        let (found, _) = hybrid(&vector, &[0.0; 40], 30.0, None);
        assert_eq!(found[..3], [38, 39, 37]);
    }

    #[test]
    fn a_given_alpha_is_taken_as_it_is() {
        let vector = scores([0.9, 0.5, 0.1]);
        let text = [vec![0.0; 37], vec![0.1, 3.0, 6.0]].concat();
        assert_eq!(hybrid(&vector, &text, 8.0, Some(1.0)).0[0], 37);
        assert_eq!(hybrid(&vector, &text, 8.0, Some(0.0)).0[0], 39);
    }

    #[test]
    fn one_or_no_chunk_is_no_division_by_zero() {
        let (found, fusion) = hybrid(&[0.3], &[2.0], 4.0, None);
        assert_eq!(found, [0]);
        assert!((fusion.vector_weight + fusion.text_weight - 1.0).abs() < 1e-6);
        assert!(hybrid(&[], &[], 0.0, None).0.is_empty());
        assert_eq!(hybrid(&[0.0], &[0.0], 0.0, None).0, [0]);
    }

    #[test]
    fn one_leg_keeps_its_own_score_and_the_threshold_holds() {
        let legs = Legs {
            vector: Some(leg(&[0.9, 0.5])),
            text: None,
            ideal: 0.0,
        };
        let cosine = |key: usize| [0.9, 0.5][key];
        let (found, fusion) = legs.fuse(Mode::Vector, None, Some(0.6), cosine, |_| 0.0);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].score, found[0].scores.text), (0.9, None));
        assert_eq!(fusion, None);
    }

    #[test]
    fn a_parent_is_found_once_and_a_document_as_often_as_it_may() {
        let found: Vec<Found<i32>> = (1..=6)
            .map(|key| Found {
                key,
                score: 1.0 / key as f32,
                ranks: Ranks::default(),
                scores: Scores::default(),
            })
            .collect();
        let keys = |most, top_k| {
            let parent = |key: &i32| (*key <= 2).then_some("p");
            let document = |key: &i32| key % 2;
            let found = select(found.clone(), parent, document, most, top_k);
            found.iter().map(|f| f.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(None, 10), [1, 3, 4, 5, 6]);
        assert_eq!(keys(None, 2), [1, 3]);
        assert_eq!(keys(Some(1), 10), [1, 4]);
    }
}

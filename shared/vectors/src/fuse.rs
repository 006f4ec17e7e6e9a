//! Reciprocal rank fusion of the two retrievers.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
};

use dynrag_domain::search::{Mode, Ranks};

/// The constant of reciprocal rank fusion: how little the very first ranks count more than the next.
const K: f32 = 60.0;

/// Number of results of each retriever that are fused.
pub(crate) fn depth(mode: Mode, top_k: usize) -> usize {
    match mode {
        Mode::Hybrid => top_k.saturating_mul(4).max(50),
        Mode::Vector | Mode::Text => top_k,
    }
}

/// A key that was found, with its score as [`dynrag_domain::search::Hit::score`] documents it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Found<T> {
    pub(crate) key: T,
    pub(crate) score: f32,
    pub(crate) ranks: Ranks,
}

/// Fuses the rankings of the retrievers. `vector` and `text` are best first; ties go to the smaller
/// key. A key that occurs twice in a ranking counts once.
pub(crate) fn fuse<T: Copy + Ord + Hash>(
    mode: Mode,
    vector: &[(T, f32)],
    text: &[(T, f32)],
    min_score: Option<f32>,
) -> Vec<Found<T>> {
    let mut found: HashMap<T, Found<T>> = HashMap::new();
    let mut add = |leg: &[(T, f32)], rank_of: fn(&mut Ranks) -> &mut Option<u32>| {
        for (rank, (key, score)) in (1u32..).zip(leg) {
            let entry = found.entry(*key).or_insert(Found {
                key: *key,
                score: 0.0,
                ranks: Ranks::default(),
            });
            let slot = rank_of(&mut entry.ranks);
            if slot.is_some() {
                continue;
            }
            *slot = Some(rank);
            entry.score += match mode {
                Mode::Hybrid => 1.0 / (K + rank as f32),
                Mode::Vector | Mode::Text => *score,
            };
        }
    };
    add(vector, |ranks| &mut ranks.vector);
    add(text, |ranks| &mut ranks.text);

    let mut found: Vec<_> = found
        .into_values()
        .filter(|found| min_score.is_none_or(|least| found.score >= least))
        .collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.key.cmp(&b.key)));
    found
}

/// Factor by which the retrievers' depth grows if chunks have parents: that many children of one
/// parent may match.
pub(crate) const CHILDREN: usize = 4;

/// Of what was found the best child of each parent, and all that have none, at most `top_k`.
pub(crate) fn best_children<T, P: Hash + Eq>(
    found: Vec<Found<T>>,
    parent: impl Fn(&T) -> Option<P>,
    top_k: usize,
) -> Vec<Found<T>> {
    let mut seen = HashSet::new();
    found
        .into_iter()
        .filter(|found| parent(&found.key).is_none_or(|parent| seen.insert(parent)))
        .take(top_k)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_legs_find_comes_first() {
        let fused = fuse(
            Mode::Hybrid,
            &[(1, 0.9), (2, 0.8)],
            &[(2, 7.0), (3, 5.0)],
            None,
        );
        assert_eq!(fused.iter().map(|f| f.key).collect::<Vec<_>>(), [2, 1, 3]);
        assert_eq!(
            fused[0].ranks,
            Ranks {
                vector: Some(2),
                text: Some(1)
            }
        );
    }

    #[test]
    fn a_parent_is_found_once_by_its_best_child() {
        let found = fuse(
            Mode::Vector,
            &[(1, 0.9), (2, 0.8), (3, 0.7), (4, 0.6)],
            &[],
            None,
        );
        let parent = |key: &i32| (*key <= 2).then_some("p");
        let keys = |top_k| {
            let best = best_children(found.clone(), parent, top_k);
            best.iter().map(|f| f.key).collect::<Vec<_>>()
        };
        assert_eq!(keys(10), [1, 3, 4]);
        assert_eq!(keys(2), [1, 3]);
    }

    #[test]
    fn one_leg_keeps_its_own_score_and_the_threshold_holds() {
        let fused = fuse(Mode::Vector, &[(1, 0.9), (2, 0.5)], &[], Some(0.6));
        assert_eq!(fused.len(), 1);
        assert_eq!(fused[0].score, 0.9);
    }
}

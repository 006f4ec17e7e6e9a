//! Arithmetic of the vector retriever, and top-k selection.

use std::{
    cmp::{Ordering, Reverse},
    collections::{BinaryHeap, HashMap},
    hash::Hash,
};

/// Independent sums in [`dot`]: enough for two AVX2 registers, so that one's additions do not wait
/// for the other's.
const LANES: usize = 16;

/// Dot product of two vectors of the same length. Written over fixed-size arrays, which the compiler
/// turns into vector instructions.
pub(crate) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_tail) = a.as_chunks::<LANES>();
    let (b, b_tail) = b.as_chunks::<LANES>();
    let mut sums = [0f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let tail: f32 = a_tail.iter().zip(b_tail).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + tail
}

/// Scales a vector to length 1, so that a dot product is a cosine. The zero vector stays as it is
/// and has cosine 0 with every vector.
pub(crate) fn normalise(vector: &mut [f32]) {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 && length.is_finite() {
        for value in vector {
            *value /= length;
        }
    }
}

/// A key with its score. Greater is better: the higher score, then the smaller key.
#[derive(Clone, Copy, Debug)]
struct Scored<K> {
    score: f32,
    key: K,
}

impl<K: Ord> Ord for Scored<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score
            .total_cmp(&other.score)
            .then_with(|| other.key.cmp(&self.key))
    }
}

impl<K: Ord> PartialOrd for Scored<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<K: Ord> PartialEq for Scored<K> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<K: Ord> Eq for Scored<K> {}

/// The best `depth` entries pushed; ties go to the smaller key, so that the result does not depend
/// on the order of pushing.
pub(crate) struct TopK<K> {
    depth: usize,
    worst_first: BinaryHeap<Reverse<Scored<K>>>,
}

impl<K: Ord + Copy> TopK<K> {
    pub(crate) fn new(depth: usize) -> Self {
        Self {
            depth,
            worst_first: BinaryHeap::new(),
        }
    }

    pub(crate) fn push(&mut self, score: f32, key: K) {
        let new = Scored { score, key };
        if self.worst_first.len() < self.depth {
            self.worst_first.push(Reverse(new));
        } else if let Some(mut worst) = self.worst_first.peek_mut()
            && new > worst.0
        {
            *worst = Reverse(new);
        }
    }

    /// The kept keys with their scores, best first.
    pub(crate) fn into_ranked(self) -> Vec<(K, f32)> {
        self.worst_first
            .into_sorted_vec()
            .into_iter()
            .map(|Reverse(scored)| (scored.key, scored.score))
            .collect()
    }
}

/// The best entries, of each group at most so many.
pub(crate) struct Best<K, G> {
    all: TopK<K>,
    /// Where groups are bounded.
    groups: Option<(usize, HashMap<G, TopK<K>>)>,
}

impl<K: Ord + Copy, G: Eq + Hash> Best<K, G> {
    pub(crate) fn new(depth: usize, of_group: Option<usize>) -> Self {
        Self {
            all: TopK::new(depth),
            groups: of_group.map(|most| (most, HashMap::new())),
        }
    }

    pub(crate) fn push(&mut self, score: f32, key: K, group: G) {
        match &mut self.groups {
            None => self.all.push(score, key),
            Some((most, groups)) => {
                let group = groups.entry(group).or_insert_with(|| TopK::new(*most));
                group.push(score, key);
            }
        }
    }

    /// The kept keys with their scores, best first.
    pub(crate) fn into_ranked(self) -> Vec<(K, f32)> {
        let mut all = self.all;
        for (_, group) in self.groups.into_iter().flat_map(|(_, groups)| groups) {
            for (key, score) in group.into_ranked() {
                all.push(score, key);
            }
        }
        all.into_ranked()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_product_counts_every_element() {
        for length in [0, 1, 15, 16, 17, 384, 1537] {
            let a: Vec<f32> = (0..length).map(|i| i as f32 % 7.0).collect();
            let b: Vec<f32> = (0..length).map(|i| i as f32 % 5.0).collect();
            let plain: f32 = a.iter().zip(&b).map(|(x, y)| x * y).sum();
            assert_eq!(dot(&a, &b), plain, "{length}");
        }
    }

    #[test]
    fn a_group_takes_no_more_than_its_share() {
        let mut best = Best::new(3, Some(2));
        for (score, key, group) in [(9.0, 1, 'a'), (8.0, 2, 'a'), (7.0, 3, 'a'), (1.0, 4, 'b')] {
            best.push(score, key, group);
        }
        assert_eq!(best.into_ranked(), [(1, 9.0), (2, 8.0), (4, 1.0)]);
    }

    #[test]
    fn equal_scores_go_to_the_smaller_key_in_any_order() {
        for order in [[1, 2, 3, 4], [4, 3, 2, 1], [3, 1, 4, 2]] {
            let mut top = TopK::new(2);
            for key in order {
                top.push(1.0, key);
            }
            assert_eq!(top.into_ranked(), [(1, 1.0), (2, 1.0)]);
        }
    }
}

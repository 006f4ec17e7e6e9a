//! Maximal marginal relevance: hits that differ from each other.

use crate::{fuse::Found, kernel::dot};

/// Best candidates that are considered; the others follow in their order.
pub(crate) const CONSIDERED: usize = 100;

/// Orders candidates so that each is relevant and unlike those before it. `lambda` is how much relevance counts: 1 changes
/// nothing. `vectors` has those of the first candidates, of length 1.
pub(crate) fn diversify<K>(found: Vec<Found<K>>, vectors: &[&[f32]], lambda: f32) -> Vec<Found<K>> {
    let considered = found.len().min(vectors.len());
    let scores = || found.iter().take(considered).map(|found| found.score);
    let (low, high) = scores().fold((f32::MAX, f32::MIN), |(low, high), score| {
        (low.min(score), high.max(score))
    });
    // The scale of scores depends on the mode, that of likeness does not.
    let range = (high - low).max(f32::EPSILON);
    let relevance: Vec<f32> = scores().map(|score| (score - low) / range).collect();
    let mut likeness = vec![0f32; considered];
    let mut left: Vec<usize> = (0..considered).collect();
    let mut order = Vec::with_capacity(considered);
    while !left.is_empty() {
        let value =
            |candidate: usize| lambda * relevance[candidate] - (1.0 - lambda) * likeness[candidate];
        let mut best = 0;
        for place in 1..left.len() {
            // Of equals the first, which is the more relevant one.
            if value(left[place]) > value(left[best]) {
                best = place;
            }
        }
        let chosen = left.remove(best);
        for other in &left {
            let like = dot(vectors[chosen], vectors[*other]);
            likeness[*other] = likeness[*other].max(like);
        }
        order.push(chosen);
    }
    let mut rest: Vec<Option<Found<K>>> = found.into_iter().map(Some).collect();
    let mut ordered: Vec<Found<K>> = order
        .into_iter()
        .filter_map(|place| rest.get_mut(place)?.take())
        .collect();
    ordered.extend(rest.into_iter().flatten());
    ordered
}

#[cfg(test)]
mod tests {
    use dynrag_domain::search::{Ranks, Scores};

    use super::*;

    #[test]
    fn what_was_shown_before_makes_room() {
        let found = |key: usize, score: f32| Found {
            key,
            score,
            ranks: Ranks::default(),
            scores: Scores::default(),
        };
        let found = || vec![found(0, 0.9), found(1, 0.89), found(2, 0.5), found(3, 0.1)];
        let vectors: [&[f32]; 3] = [&[1.0, 0.0], &[1.0, 0.0], &[0.0, 1.0]];
        let keys = |lambda| -> Vec<usize> {
            let ordered = diversify(found(), &vectors, lambda);
            ordered.iter().map(|found| found.key).collect()
        };
        assert_eq!(keys(0.5), [0, 2, 1, 3]);
        assert_eq!(keys(1.0), [0, 1, 2, 3]);
        assert!(diversify(Vec::<Found<usize>>::new(), &[], 0.5).is_empty());
    }
}

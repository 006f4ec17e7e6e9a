//! The first of many rows, in order.

use std::{cmp::Ordering, collections::HashMap};

use dynrag_domain::ids::DocumentId;

use super::{Spot, View};
use crate::row::Key;

/// A row with what ranks it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scored {
    pub(super) score: f32,
    /// How far off the score may be.
    pub(super) error: f32,
    pub(super) spot: Spot,
}

fn key(views: &[View], (view, row): Spot) -> Option<Key> {
    views.get(view)?.segment().key(row)
}

/// The higher score first, then the smaller key.
fn order(views: &[View], a: &Scored, b: &Scored) -> Ordering {
    b.score
        .total_cmp(&a.score)
        .then_with(|| key(views, a.spot).cmp(&key(views, b.spot)))
}

/// Returns the first `count` rows in order, of which at most `per_document` are of a document.
pub(super) fn first<I: Iterator<Item = Scored>>(
    views: &[View],
    rows: impl Fn() -> I,
    count: usize,
    per_document: Option<usize>,
) -> Vec<Scored> {
    // More are considered where documents have had their share.
    let mut considered = count;
    loop {
        let best = best(views, rows(), considered);
        let is_all = best.len() < considered;
        let Some(most) = per_document else {
            return best;
        };
        let mut taken: HashMap<DocumentId, usize> = HashMap::new();
        let mut has_room = |scored: &Scored| {
            let key = key(views, scored.spot);
            key.is_some_and(|(document, ..)| {
                let taken = taken.entry(document).or_default();
                *taken += 1;
                *taken <= most
            })
        };
        let mut best = best;
        best.retain(|scored| has_room(scored));
        best.truncate(count);
        if is_all || best.len() == count {
            return best;
        }
        considered = considered.saturating_mul(4);
    }
}

/// The first `count` rows in order.
fn best(views: &[View], rows: impl Iterator<Item = Scored>, count: usize) -> Vec<Scored> {
    let mut best: Vec<Scored> = Vec::new();
    if count == 0 {
        return best;
    }
    // What is below the worst of enough others is not kept; what is equal is, for the order of equals.
    let most = count.saturating_mul(4).saturating_add(1_024);
    let mut least = f32::NEG_INFINITY;
    for scored in rows {
        if scored.score < least {
            continue;
        }
        best.push(scored);
        if best.len() >= most {
            best.select_nth_unstable_by(count, |a, b| order(views, a, b));
            best.truncate(count);
            let scores = best.iter().map(|scored| scored.score);
            least = scores.fold(f32::INFINITY, f32::min);
        }
    }
    best.sort_unstable_by(|a, b| order(views, a, b));
    best.truncate(count);
    best
}

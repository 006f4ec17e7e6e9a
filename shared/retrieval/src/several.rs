//! Fusion of the results of several queries.

use std::collections::HashMap;

use dynrag_domain::search::Hit;

/// The constant of reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
const K: f32 = 60.0;

/// Fuses rankings by reciprocal rank, scaled so that a chunk that is first in all of them has 1. A single ranking stays as
/// it is. Of a chunk in several rankings the better hit is kept.
pub(crate) fn fuse(mut rankings: Vec<Vec<Hit>>) -> Vec<Hit> {
    if rankings.len() < 2 {
        return rankings.pop().unwrap_or_default();
    }
    let most = rankings.len() as f32 / (K + 1.0);
    let mut fused: HashMap<String, (f32, u32, Hit)> = HashMap::new();
    for ranking in rankings {
        for (rank, hit) in (1u32..).zip(ranking) {
            let share = 1.0 / (K + rank as f32) / most;
            match fused.get_mut(&hit.chunk_id) {
                None => {
                    fused.insert(hit.chunk_id.clone(), (share, rank, hit));
                }
                Some((score, best, kept)) => {
                    *score += share;
                    if rank < *best {
                        (*best, *kept) = (rank, hit);
                    }
                }
            }
        }
    }
    let mut hits: Vec<Hit> = fused
        .into_values()
        .map(|(score, _, hit)| Hit { score, ..hit })
        .collect();
    hits.sort_by(|a, b| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then_with(|| a.chunk_id.cmp(&b.chunk_id))
    });
    hits
}

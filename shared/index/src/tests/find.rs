//! A whole search: ranks, reads by reciprocal ranks, and ranks what was read by its exact cosine.

use std::collections::{BTreeMap, HashMap};

use super::*;
use crate::Place;

/// A row that either leg ranks.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Found {
    pub(super) record: Record,
    pub(super) cosine: Option<f32>,
    pub(super) bm25: Option<f32>,
    /// Ranks from 1.
    pub(super) rank_vector: Option<u32>,
    pub(super) rank_text: Option<u32>,
    pub(super) vector: Vec<f32>,
}

pub(crate) async fn find<R: Ranges>(
    cache: &Cache,
    ranges: &R,
    customer: CustomerId,
    segments: &[SegmentRef],
    query: &Query<'_>,
    admit: &dyn Admit,
    at: At,
) -> Result<Vec<Found>> {
    let ranking = rank(cache, ranges, customer, segments, query, admit, at).await?;
    let by_vector = ranking.by_vector(query.depth, None);
    let by_text = ranking.by_text(query.depth, None);
    let mut sums: BTreeMap<Place, f32> = BTreeMap::new();
    for leg in [&by_vector, &by_text] {
        for (rank, (place, _)) in leg.iter().enumerate() {
            *sums.entry(*place).or_default() += 1.0 / (60.0 + rank as f32);
        }
    }
    let mut places: Vec<Place> = sums.keys().copied().collect();
    places.sort_by(|a, b| sums[b].total_cmp(&sums[a]));
    let read = ranking.read(cache, ranges, customer, &places).await?;
    let read: HashMap<Place, crate::Candidate> = places
        .into_iter()
        .zip(read)
        .filter_map(|(place, candidate)| Some((place, candidate?)))
        .collect();

    // Rows that were not read keep their places by their estimates.
    let mut cosines: HashMap<Place, f32> = by_vector.into_iter().collect();
    for (place, candidate) in &read {
        cosines.extend(candidate.cosine.map(|cosine| (*place, cosine)));
    }
    let mut nearest: Vec<(Place, f32)> = cosines.into_iter().collect();
    nearest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let ranks = |ranked: &[(Place, f32)]| -> HashMap<Place, u32> {
        let ranked = ranked.iter().take(query.depth).zip(1..);
        ranked.map(|((place, _), rank)| (*place, rank)).collect()
    };
    let (by_vector, by_text) = (ranks(&nearest), ranks(&by_text));
    let mut found: Vec<(Place, Found)> = read
        .into_iter()
        .map(|(place, candidate)| {
            let found = Found {
                record: candidate.record,
                cosine: candidate.cosine,
                bm25: query.text.map(|_| ranking.bm25(place)),
                rank_vector: by_vector.get(&place).copied(),
                rank_text: by_text.get(&place).copied(),
                vector: candidate.vector,
            };
            (place, found)
        })
        .filter(|(_, found)| found.rank_vector.is_some() || found.rank_text.is_some())
        .collect();
    let best = |found: &Found| {
        let ranks = [found.rank_vector, found.rank_text];
        ranks.into_iter().flatten().min()
    };
    found.sort_by_key(|(place, found)| (best(found), *place));
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

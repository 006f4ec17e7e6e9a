//! A whole search: ranks, chooses by estimated scores, reads, and ranks what was read by its exact cosine.

use dynrag_domain::ids::{CustomerId, DocumentId};
use dynrag_index::{Admit, At, Cache, Place, Query, Ranges, Result, SegmentRef, rank};

/// Rows that a hybrid search for ten reads: twice as many and some, since their cosines are estimated.
pub const READ: usize = 36;

/// A table to search.
pub struct Table<'a, R> {
    pub cache: &'a Cache,
    pub ranges: &'a R,
    pub customer: CustomerId,
    pub segments: &'a [SegmentRef],
}

impl<R: Ranges> Table<'_, R> {
    /// Finds the best rows, the best first. Reads at most `most`.
    pub async fn find(
        &self,
        query: &Query<'_>,
        admit: &dyn Admit,
        most: usize,
    ) -> Result<Vec<(DocumentId, u32)>> {
        let Self {
            cache,
            ranges,
            customer,
            segments,
        } = self;
        let ranking = rank(cache, *ranges, *customer, segments, query, admit, At::Now).await?;
        let mut places: Vec<Place> = [
            ranking.by_vector(query.depth, None),
            ranking.by_text(query.depth, None),
        ]
        .into_iter()
        .flatten()
        .map(|(place, _)| place)
        .collect();
        places.sort();
        places.dedup();
        let spreads = ranking.cosines().zip(ranking.scores());
        // Half of each scaled score, or the cosine alone.
        let score = |place: Place, cosine: f32| match &spreads {
            Some((cosines, scores)) => {
                0.5 * cosines.scale(cosine) + 0.5 * scores.scale(ranking.bm25(place))
            }
            None => cosine,
        };
        let mut best: Vec<(f32, Place)> = places
            .into_iter()
            .map(|place| (score(place, ranking.cosine(place)), place))
            .collect();
        best.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        best.truncate(most);
        let places: Vec<Place> = best.into_iter().map(|(_, place)| place).collect();
        let read = ranking.read(cache, *ranges, *customer, &places).await?;
        let mut found: Vec<(f32, Place)> = places
            .into_iter()
            .zip(read)
            .filter_map(|(place, candidate)| Some((score(place, candidate?.cosine?), place)))
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let keys = found.into_iter();
        Ok(keys
            .map(|(_, place)| (place.document, place.index))
            .collect())
    }
}

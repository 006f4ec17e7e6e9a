//! The ranks of rows, and the reading of those that are chosen.

use dynrag_domain::{
    VersionNumber,
    ids::{CustomerId, DocumentId},
};

use super::{ROWS, Spot, Spread, View, select::Scored, text::TextLeg, vector::VectorLeg};
use crate::{Budget, Cache, Ranges, Record, Result, cache::Wanted, segment::Part};

/// A row that may be found. Ordered by document, version and index; no two rows of a ranking have all three in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Place {
    /// The document.
    pub document: DocumentId,
    /// The document's version.
    pub version: VersionNumber,
    /// Position in the document, from 0.
    pub index: u32,
    segment: u32,
    row: u32,
}

impl Place {
    fn spot(self) -> Spot {
        (self.segment as usize, self.row)
    }
}

/// A row that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// The row.
    pub record: Record,
    /// Its cosine with the query's vector, if the query has one. Computed from the stored vector.
    pub cosine: Option<f32>,
    /// Its vector, of length 1.
    pub vector: Vec<f32>,
}

/// What a search knows of all rows that may be found before it reads any of them.
///
/// Scores are cheap to ask for: nothing is read, and nothing is kept for rows of which nothing is known.
#[derive(Debug)]
pub struct Ranking {
    views: Vec<View>,
    vector: Option<VectorLeg>,
    text: Option<TextLeg>,
    budgets: [Budget; 3],
}

impl Ranking {
    pub(super) fn new(
        views: Vec<View>,
        vector: Option<VectorLeg>,
        text: Option<TextLeg>,
        budgets: [Budget; 3],
    ) -> Self {
        Self {
            views,
            vector,
            text,
            budgets,
        }
    }

    /// Returns the rows that may be among the `depth` nearest, with their cosines as [`Ranking::cosine`] tells them, the best
    /// first. Those are more than `depth` where cosines are estimated: up to 4 `depth` + 32.
    ///
    /// At most `per_document` rows of a document are considered, those with the best estimates. Equal cosines are in the
    /// order of the places. Empty if the query has no vector.
    pub fn by_vector(&self, depth: usize, per_document: Option<usize>) -> Vec<(Place, f32)> {
        let best = |leg: &VectorLeg| leg.best(&self.views, depth, per_document);
        self.places(self.vector.as_ref().map(best).unwrap_or_default())
    }

    /// Returns the `depth` rows with the highest BM25 above 0, the best first, of which at most `per_document` are of a
    /// document.
    ///
    /// Equal scores are in the order of the places. Empty if the query has no words.
    pub fn by_text(&self, depth: usize, per_document: Option<usize>) -> Vec<(Place, f32)> {
        let best = |leg: &TextLeg| leg.best(&self.views, depth, per_document);
        self.places(self.text.as_ref().map(best).unwrap_or_default())
    }

    fn places(&self, scored: Vec<Scored>) -> Vec<(Place, f32)> {
        let place = |scored: Scored| {
            let (segment, row) = scored.spot;
            let (document, version, index) = self.views.get(segment)?.segment().key(row)?;
            let place = Place {
                document,
                version,
                index,
                segment: u32::try_from(segment).ok()?,
                row,
            };
            Some((place, scored.score))
        };
        scored.into_iter().filter_map(place).collect()
    }

    /// Returns the cosine of a row with the query's vector; 0 without one.
    ///
    /// It is exact in flat segments and in exhaustive searches. Otherwise it is estimated from the row's code if its list
    /// was read, and else the mean cosine of its list.
    pub fn cosine(&self, place: Place) -> f32 {
        let of = |leg: &VectorLeg| leg.of(&self.views, place.spot());
        self.vector.as_ref().map_or(0.0, of)
    }

    /// Returns the BM25 score of a row (k₁ 1.2, b .75, with the factor k₁ + 1); 0 if it has no word of the query.
    pub fn bm25(&self, place: Place) -> f32 {
        self.text.as_ref().map_or(0.0, |leg| leg.of(place.spot()))
    }

    /// Returns how the cosines of all rows that may be found are spread; `None` without a vector.
    ///
    /// Rows are counted by [`Ranking::cosine`]; the variance within a list that was not read is (1 − |c|²) / d, where c is
    /// the mean of its vectors and d their dimension. The best is the best of the estimates.
    pub fn cosines(&self) -> Option<Spread> {
        self.vector.as_ref().map(|leg| leg.spread(&self.views))
    }

    /// Returns how the BM25 scores of all rows that may be found are spread; `None` without words.
    pub fn scores(&self) -> Option<Spread> {
        self.text.as_ref().map(|leg| leg.spread(&self.views))
    }

    /// Returns the BM25 score of a row of average length that has every word of the query once; 0 without words.
    pub fn ideal(&self) -> f32 {
        self.text.as_ref().map_or(0.0, TextLeg::ideal)
    }

    /// Returns the index of a row's parent, if it has one.
    pub fn parent(&self, place: Place) -> Option<u32> {
        let segment = self.views.get(place.segment as usize)?.segment();
        let parent = segment.columns.parent.get(place.row as usize)?;
        parent.checked_sub(1)
    }

    /// Reads rows, in one round; the most important come first in `places`. Returns one for each place: `None` where the
    /// query's limit for rows left it out, or where the place is of another ranking.
    ///
    /// # Errors
    /// [`crate::Error::Missing`], [`crate::Error::Damaged`] and [`crate::Error::Newer`] for a segment that is to be
    /// rebuilt; [`crate::Error::Unavailable`].
    pub async fn read<R: Ranges>(
        &self,
        cache: &Cache,
        ranges: &R,
        customer: CustomerId,
        places: &[Place],
    ) -> Result<Vec<Option<Candidate>>> {
        let view = |place: &Place| {
            let view = self.views.get(place.segment as usize)?;
            let key = (place.document, place.version, place.index);
            (view.segment().key(place.row) == Some(key)).then_some(view)
        };
        let known: Vec<(usize, Place, &View)> = places
            .iter()
            .enumerate()
            .filter_map(|(number, place)| Some((number, *place, view(place)?)))
            .collect();
        let wanted: Vec<Wanted> = (0u32..)
            .zip(&known)
            .map(|(rank, (_, place, view))| Wanted {
                opened: view.opened.clone(),
                part: Part::Row(place.row),
                rank,
                budget: ROWS,
            })
            .collect();
        let blocks = cache
            .parts(ranges, customer, &wanted, &self.budgets)
            .await?;
        let mut candidates: Vec<Option<Candidate>> = places.iter().map(|_| None).collect();
        for ((number, place, view), block) in known.into_iter().zip(blocks) {
            let (Some(candidate), Some(block)) = (candidates.get_mut(number), block) else {
                continue;
            };
            let segment = view.segment();
            *candidate = Some(Candidate {
                record: segment.record(place.row, &block)?,
                cosine: self
                    .vector
                    .as_ref()
                    .map(|leg| segment.cosine(&leg.query, &block)),
                vector: segment.read_vector(&block),
            });
        }
        Ok(candidates)
    }
}

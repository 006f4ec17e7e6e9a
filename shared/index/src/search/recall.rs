//! Recall, measured on a table's own vectors.

use bytes::Bytes;
use dynrag_domain::ids::CustomerId;

use super::{Everything, Place, Query, Spot, View, exact, rank};
use crate::{
    At, Budget, Cache, Ranges, Result, SegmentRef, cache::Wanted, row::Key, segment::Part,
};

/// Of so many nearest rows the part that is found is counted.
const NEAREST: usize = 10;

/// How many of the ten nearest rows searches by vector find.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Recall {
    /// Rows whose vectors were asked for.
    pub queries: usize,
    /// Their nearest rows, beside themselves: ten for each, or as many as there are.
    pub nearest: usize,
    /// Those of them that were found.
    pub found: usize,
}

impl Recall {
    /// Returns the part that was found; `None` if there was nothing to find.
    pub fn share(&self) -> Option<f32> {
        (self.nearest > 0).then(|| self.found as f32 / self.nearest as f32)
    }
}

/// A query: a row's own vector, and the nearest rows by comparison of every vector, the best first.
struct Sample {
    key: Option<Key>,
    vector: Vec<f32>,
    nearest: Vec<(f32, Key)>,
}

impl Sample {
    fn push(&mut self, cosine: f32, key: Key) {
        let is_far = |(worst, _): &(f32, Key)| *worst >= cosine;
        if Some(key) == self.key
            || self.nearest.len() == NEAREST && self.nearest.last().is_some_and(is_far)
        {
            return;
        }
        let place = self.nearest.partition_point(|(other, _)| *other >= cosine);
        self.nearest.insert(place, (cosine, key));
        self.nearest.truncate(NEAREST);
    }
}

/// Measures recall with the vectors of `queries` rows, evenly spread over all that are not superseded. Reads all rows once,
/// 32 MiB at a time.
///
/// # Errors
/// As [`rank`] and [`super::Ranking::read`].
pub async fn recall<R: Ranges>(
    cache: &Cache,
    ranges: &R,
    customer: CustomerId,
    segments: &[SegmentRef],
    queries: usize,
) -> Result<Recall> {
    let opened = cache.open(ranges, customer, segments).await?;
    let views = View::all(opened, &Everything, At::Now);
    let mut samples = samples(cache, ranges, customer, &views, queries).await?;
    exact::each_row(&views, ranges, customer, |view, row, block| {
        if let Some(key) = view.segment().key(row) {
            for sample in &mut samples {
                sample.push(view.segment().cosine(&sample.vector, block), key);
            }
        }
    })
    .await?;
    let mut recall = Recall {
        queries: samples.len(),
        ..Recall::default()
    };
    for sample in samples {
        let query = Query {
            vector: Some(&sample.vector),
            depth: NEAREST + 1,
            ..Query::default()
        };
        let ranking = rank(
            cache,
            ranges,
            customer,
            segments,
            &query,
            &Everything,
            At::Now,
        )
        .await?;
        let places = ranking.by_vector(NEAREST + 1, None);
        let places: Vec<Place> = places.into_iter().map(|(place, _)| place).collect();
        let read = ranking.read(cache, ranges, customer, &places).await?;
        let mut found: Vec<(f32, Key)> = read
            .into_iter()
            .flatten()
            .map(|row| {
                let record = row.record;
                let key = (record.document, record.version, record.index);
                (row.cosine.unwrap_or_default(), key)
            })
            .filter(|(_, key)| Some(*key) != sample.key)
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.truncate(NEAREST);
        // Rows as near as the last one are as good.
        let last = sample
            .nearest
            .last()
            .map_or(f32::INFINITY, |(cosine, _)| *cosine);
        recall.nearest += sample.nearest.len();
        recall.found += found.iter().filter(|(cosine, _)| *cosine >= last).count();
    }
    Ok(recall)
}

async fn samples<R: Ranges>(
    cache: &Cache,
    ranges: &R,
    customer: CustomerId,
    views: &[View],
    queries: usize,
) -> Result<Vec<Sample>> {
    let total: usize = views.iter().map(|view| view.admitted.count()).sum();
    let queries = queries.min(total);
    let mut next = (0..queries).map(|query| query * total / queries).peekable();
    let (mut passed, mut spots) = (0, Vec::<Spot>::new());
    for (number, view) in views.iter().enumerate() {
        for row in (0..view.segment().rows()).filter(|row| view.admitted.has(*row)) {
            if next.next_if_eq(&passed).is_some() {
                spots.push((number, row));
            }
            passed += 1;
        }
    }
    let wanted: Vec<Wanted> = spots
        .iter()
        .filter_map(|(view, row)| {
            Some(Wanted {
                opened: views.get(*view)?.opened.clone(),
                part: Part::Row(*row),
                rank: 0,
                budget: 0,
            })
        })
        .collect();
    let blocks = cache
        .parts(ranges, customer, &wanted, &[Budget::UNLIMITED])
        .await?;
    let sample = |((view, row), block): (Spot, Option<Bytes>)| {
        let segment = views.get(view)?.segment();
        Some(Sample {
            key: segment.key(row),
            vector: segment.read_vector(&block?),
            nearest: Vec::new(),
        })
    };
    Ok(spots.into_iter().zip(blocks).filter_map(sample).collect())
}

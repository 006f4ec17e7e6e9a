//! Searches segments: in rounds of prefixes, of lists and terms, and of rows.

mod exact;
mod text;
mod vector;
mod view;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, HashSet},
};

use bytes::Bytes;
use dynrag_domain::ids::{CustomerId, DocumentId};

use crate::{
    At, Budget, Cache, Error, Ranges, Record, Result, SegmentRef, cache::Wanted, row::Key,
    segment::Part, vectors::normalise,
};
use text::TextLeg;
use vector::VectorLeg;
use view::View;

/// Places of budgets in a round.
const UNLIMITED: usize = 0;
const LISTS: usize = 1;
const ROWS: usize = 2;

/// A query.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Its vector, as long as the segments'; of any length but 0.
    pub vector: Option<&'a [f32]>,
    /// Its words.
    pub text: Option<&'a str>,
    /// How many rows each leg ranks.
    pub depth: usize,
    /// Every vector is compared, so that nothing is missed; reads all rows.
    pub exhaustive: bool,
    /// Candidates get their vectors, such as for maximal marginal relevance.
    pub vectors: bool,
    /// What may be read; [`Limits::of`] the rows if it is not given.
    pub limits: Option<Limits>,
}

impl Default for Query<'_> {
    fn default() -> Self {
        Self {
            vector: None,
            text: None,
            depth: 100,
            exhaustive: false,
            vectors: false,
            limits: None,
        }
    }
}

/// What a search may read beside prefixes and terms. What is least likely to matter is left out first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// For lists of codes.
    pub lists: Budget,
    /// For rows.
    pub rows: Budget,
}

const MIB: u64 = 1024 * 1024;

impl Limits {
    /// The limits for a table of this many rows. Rows that share words (`text`) or that a filter leaves over (`filtered`)
    /// are not neighbours as those with near vectors are, so that they may take more requests.
    pub fn of(rows: u64, text: bool, filtered: bool) -> Self {
        let budget = |requests, mib| Budget {
            requests,
            bytes: mib * MIB,
        };
        let (mut lists, mut rows) = match rows {
            0..=16_384 => (budget(2, 8), budget(5, 8)),
            16_385..=262_144 => (budget(3, 8), budget(4, 8)),
            _ => (budget(12, 24), budget(6, 12)),
        };
        if filtered {
            lists = budget(4 * lists.requests, 4 * lists.bytes / MIB);
        }
        if text || filtered {
            rows.requests *= 4;
        }
        Self { lists, rows }
    }
}

/// Decides which documents and chunks may be found, before anything is ranked.
pub trait Admit: Sync {
    /// Whether chunks of a document may be found.
    fn document(&self, id: DocumentId) -> bool;

    /// Whether [`Admit::chunk`] depends on the chunk; if not, only documents are asked about.
    fn depends_on_chunks(&self) -> bool {
        true
    }

    /// Whether a chunk of an admitted document may be found.
    fn chunk(&self, page: Option<u32>, language: Option<&str>, document: DocumentId) -> bool;
}

/// Admits everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Everything;

impl Admit for Everything {
    fn document(&self, _: DocumentId) -> bool {
        true
    }

    fn depends_on_chunks(&self) -> bool {
        false
    }

    fn chunk(&self, _: Option<u32>, _: Option<&str>, _: DocumentId) -> bool {
        true
    }
}

/// A row that a leg ranks.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// The row.
    pub record: Record,
    /// Cosine with the query's vector, if it has one; of the other leg's rows too.
    pub cosine: Option<f32>,
    /// BM25 (k₁ 1.2, b .75, without the factor k₁ + 1), if the query has words; of the other leg's rows too.
    pub bm25: Option<f32>,
    /// Rank by cosine, from 1.
    pub rank_vector: Option<u32>,
    /// Rank by BM25, from 1.
    pub rank_text: Option<u32>,
    /// The vector, of length 1, if the query asks for it.
    pub vector: Option<Vec<f32>>,
}

/// A row: the place of its segment, and its number there.
type Place = (usize, u32);

/// A row with what ranks it.
#[derive(Clone, Copy, Debug)]
struct Scored {
    score: f32,
    place: Place,
}

/// The higher score first, then the smaller key.
fn order(views: &[View], a: &Scored, b: &Scored) -> Ordering {
    b.score
        .total_cmp(&a.score)
        .then_with(|| key(views, a.place).cmp(&key(views, b.place)))
}

fn key(views: &[View], (view, row): Place) -> Option<Key> {
    views.get(view)?.segment().key(row)
}

/// Keeps the first `count` of what `compare` orders, in order.
fn keep_first<T>(items: &mut Vec<T>, count: usize, compare: impl Fn(&T, &T) -> Ordering) {
    if count < items.len() {
        items.select_nth_unstable_by(count, &compare);
        items.truncate(count);
    }
    items.sort_unstable_by(compare);
}

/// Finds the best rows of segments by vector and by words.
///
/// `segments` are those of a version of the table, in their order. Returns the rows that either leg ranks, the best rank
/// first, each row once. Equal scores are in the order of document, version and index.
///
/// A search takes three rounds of [`Ranges::read`] at most if nothing is in memory.
///
/// # Errors
/// [`Error::Dimension`] if the vector is of another length; [`Error::Invalid`] if it has no direction;
/// [`Error::Missing`], [`Error::Damaged`] and [`Error::Newer`] for a segment that is to be rebuilt;
/// [`Error::Unavailable`].
pub async fn search<R: Ranges>(
    cache: &Cache,
    ranges: &R,
    customer: CustomerId,
    segments: &[SegmentRef],
    query: &Query<'_>,
    admit: &dyn Admit,
    at: At,
) -> Result<Vec<Candidate>> {
    let vector = query.vector.map(direction).transpose()?;
    let opened = cache.open(ranges, customer, segments).await?;
    let views = View::all(opened, admit, at);
    if let Some(vector) = &vector {
        fits(&views, vector.len())?;
    }
    let rows: u64 = views
        .iter()
        .map(|view| u64::from(view.segment().rows()))
        .sum();
    let admitted: u64 = views.iter().map(|view| view.count as u64).sum();
    let filtered = admitted < rows - rows / 8;
    let limits = query
        .limits
        .unwrap_or_else(|| Limits::of(rows, query.text.is_some(), filtered));
    let budgets = [Budget::UNLIMITED, limits.lists, limits.rows];

    let mut text = query.text.map(|text| TextLeg::new(&views, text));
    let mut leg = vector
        .as_deref()
        .map(|vector| VectorLeg::new(&views, vector, query.depth, query.exhaustive));
    let mut wanted: Vec<Wanted> = leg
        .as_ref()
        .map(|leg| leg.wanted(&views))
        .unwrap_or_default();
    let lists = wanted.len();
    wanted.extend(text.iter().flat_map(|text| text.wanted(&views)));
    let mut parts = cache.parts(ranges, customer, &wanted, &budgets).await?;
    let blocks = parts.split_off(lists);
    if let Some(leg) = &mut leg {
        leg.estimate(&views, &parts)?;
        if query.exhaustive {
            leg.compare_all(&views, ranges, customer).await?;
        }
    }
    if let Some(text) = &mut text {
        text.score(&views, &blocks)?;
    }
    drop((wanted, parts, blocks));

    let by_text = text
        .as_ref()
        .map(|text| text.best(&views, query.depth))
        .unwrap_or_default();
    let by_vector = leg
        .map(|leg| leg.best(&views, query.depth))
        .unwrap_or_default();
    let ranks = priorities(&by_vector, &by_text);
    let rows = rows_of(&views, &ranks);
    let blocks = cache.parts(ranges, customer, &rows, &budgets).await?;
    let read = ranks
        .keys()
        .zip(blocks)
        .filter_map(|(place, block)| Some((*place, block?)));
    let found = Found {
        rows: read.collect(),
        by_vector,
        by_text,
        text,
    };
    finish(&views, query, vector.as_deref(), &found)
}

/// What the legs rank, and the rows that were read of it.
struct Found {
    rows: BTreeMap<Place, Bytes>,
    by_vector: Vec<Scored>,
    by_text: Vec<Scored>,
    text: Option<TextLeg>,
}

/// A query's vector with length 1.
fn direction(vector: &[f32]) -> Result<Vec<f32>> {
    let mut vector = vector.to_vec();
    if normalise(&mut vector) {
        Ok(vector)
    } else {
        Err(Error::Invalid("the query's vector is zero or not finite"))
    }
}

fn fits(views: &[View], given: usize) -> Result<()> {
    let other = views
        .iter()
        .map(|view| view.segment())
        .find(|segment| segment.rows() > 0 && segment.dimension() != given);
    other.map_or(Ok(()), |segment| {
        Err(Error::Dimension {
            stored: segment.dimension(),
            given,
        })
    })
}

/// Rows with the order in which they are left out: by reciprocal ranks of both legs, as whatever fuses them will too.
fn priorities(by_vector: &[Scored], by_text: &[Scored]) -> BTreeMap<Place, u32> {
    const CONSTANT: f32 = 60.0;
    let mut sums: BTreeMap<Place, f32> = BTreeMap::new();
    for leg in [by_vector, by_text] {
        for (rank, scored) in leg.iter().enumerate() {
            *sums.entry(scored.place).or_default() += 1.0 / (CONSTANT + rank as f32);
        }
    }
    let mut sorted: Vec<(Place, f32)> = sums.into_iter().collect();
    sorted.sort_by(|a, b| b.1.total_cmp(&a.1));
    sorted
        .into_iter()
        .zip(0u32..)
        .map(|((place, _), rank)| (place, rank))
        .collect()
}

fn rows_of(views: &[View], ranks: &BTreeMap<Place, u32>) -> Vec<Wanted> {
    let wanted = |(place, rank): (&Place, &u32)| {
        let view = views.get(place.0)?;
        Some(Wanted {
            opened: view.opened.clone(),
            part: Part::Row(place.1),
            rank: *rank,
            budget: ROWS,
        })
    };
    ranks.iter().filter_map(wanted).collect()
}

/// Compares the rows that were read and makes candidates of those that a leg ranks.
fn finish(
    views: &[View],
    query: &Query<'_>,
    vector: Option<&[f32]>,
    found: &Found,
) -> Result<Vec<Candidate>> {
    // Rows that were not read keep their places by their estimates, so that ranks do not depend on what is left out.
    let left_out = found
        .by_vector
        .iter()
        .filter(|scored| !found.rows.contains_key(&scored.place));
    let mut cosines: Vec<Scored> = left_out.copied().collect();
    if let Some(vector) = vector {
        for (place, block) in &found.rows {
            let Some(view) = views.get(place.0) else {
                continue;
            };
            cosines.push(Scored {
                score: view.segment().cosine(vector, block),
                place: *place,
            });
        }
    }
    cosines.sort_unstable_by(|a, b| order(views, a, b));
    let cosine_of: BTreeMap<Place, (u32, f32)> = (1u32..)
        .zip(&cosines)
        .map(|(rank, scored)| (scored.place, (rank, scored.score)))
        .collect();
    let rank_of: BTreeMap<Place, u32> = (1u32..)
        .zip(&found.by_text)
        .map(|(rank, scored)| (scored.place, rank))
        .collect();
    let depth = u32::try_from(query.depth).unwrap_or(u32::MAX);
    let mut candidates = Vec::new();
    for (place, block) in &found.rows {
        let Some(view) = views.get(place.0) else {
            continue;
        };
        let cosine = cosine_of.get(place);
        let rank_vector = cosine.map(|(rank, _)| *rank).filter(|rank| *rank <= depth);
        let rank_text = rank_of.get(place).copied();
        if rank_vector.is_none() && rank_text.is_none() {
            continue;
        }
        candidates.push(Candidate {
            record: view.segment().record(place.1, block)?,
            cosine: cosine.map(|(_, cosine)| *cosine),
            bm25: found.text.as_ref().map(|text| text.of(*place)),
            rank_vector,
            rank_text,
            vector: query.vectors.then(|| view.segment().read_vector(block)),
        });
    }
    let key = |candidate: &Candidate| {
        let record = &candidate.record;
        (record.document, record.version, record.index)
    };
    let rank = |candidate: &Candidate| {
        let ranks = [candidate.rank_vector, candidate.rank_text];
        ranks.into_iter().flatten().min()
    };
    candidates.sort_by_key(|candidate| (rank(candidate), key(candidate)));
    // A chunk that was published twice by mistake is found once.
    let mut seen = HashSet::new();
    candidates.retain(|candidate| seen.insert(key(candidate)));
    Ok(candidates)
}

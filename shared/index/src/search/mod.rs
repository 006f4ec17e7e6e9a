//! Searches segments: ranks rows in rounds of prefixes, and of lists and terms; reads rows in one more.

mod exact;
mod ranking;
mod recall;
mod select;
mod spread;
mod text;
mod vector;
mod view;

use dynrag_domain::ids::{CustomerId, DocumentId};

pub use self::{
    ranking::{Candidate, Place, Ranking},
    recall::{Recall, recall},
    spread::Spread,
};
use crate::{
    At, Budget, Cache, Error, Ranges, Result, SegmentRef, cache::Wanted, vectors::normalise,
};
use text::TextLeg;
use vector::VectorLeg;
use view::View;

/// Places of budgets in a round.
const TERMS: usize = 0;
const LISTS: usize = 1;
const ROWS: usize = 2;

/// A query.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Its vector, as long as the segments'; of any length but 0.
    pub vector: Option<&'a [f32]>,
    /// Its words.
    pub text: Option<&'a str>,
    /// How many rows shall be found: so many lists are read that they may be.
    pub depth: usize,
    /// Every vector is compared, so that nothing is missed; reads all rows.
    pub exhaustive: bool,
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
            limits: None,
        }
    }
}

/// What a search may read beside prefixes. What is least likely to matter is left out first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// For terms, none of which is left out: more requests are made rather than more bytes read.
    pub terms: Budget,
    /// For lists of codes.
    pub lists: Budget,
    /// For rows.
    pub rows: Budget,
}

const MIB: u64 = 1024 * 1024;

impl Limits {
    /// Returns the limits for a table of this many rows.
    ///
    /// With words (`text`) rows lie apart, so that more requests are for rows and fewer for lists: a search for ten takes at
    /// most 6, 8 and 20 requests of a single segment of 10,000, 100,000 and a million rows. Rows that a filter leaves over
    /// (`filtered`) lie apart too, and take up to four times as many.
    pub fn of(rows: u64, text: bool, filtered: bool) -> Self {
        let budget = |requests, mib| Budget {
            requests,
            bytes: mib * MIB,
        };
        let (terms, mut lists, mut rows) = match (rows, text) {
            (0..=16_384, _) => (budget(2, 8), budget(2, 8), budget(5, 8)),
            (16_385..=262_144, false) => (budget(2, 16), budget(3, 8), budget(4, 8)),
            (16_385..=262_144, true) => (budget(2, 16), budget(1, 8), budget(4, 24)),
            (262_145..=2_097_152, false) => (budget(4, 48), budget(12, 24), budget(6, 12)),
            (262_145..=2_097_152, true) => (budget(4, 48), budget(6, 24), budget(9, 24)),
            (_, false) => (budget(4, 48), budget(24, 32), budget(6, 12)),
            (_, true) => (budget(4, 48), budget(12, 32), budget(9, 24)),
        };
        if filtered {
            lists = budget(4 * lists.requests, 4 * lists.bytes / MIB);
            rows.requests *= 4;
        }
        Self { terms, lists, rows }
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

/// A row of a search: the number of its segment, and its number there.
type Spot = (usize, u32);

/// Ranks the rows of segments by vector and by words. No row is read.
///
/// `segments` are those of a version of the table, in their order. Takes two rounds of [`Ranges::read`] at most if nothing
/// is in memory; [`Ranking::read`] takes one more.
///
/// # Errors
/// [`Error::Dimension`] if the vector is of another length; [`Error::Invalid`] if it has no direction;
/// [`Error::Missing`], [`Error::Damaged`] and [`Error::Newer`] for a segment that is to be rebuilt;
/// [`Error::Unavailable`].
pub async fn rank<R: Ranges>(
    cache: &Cache,
    ranges: &R,
    customer: CustomerId,
    segments: &[SegmentRef],
    query: &Query<'_>,
    admit: &dyn Admit,
    at: At,
) -> Result<Ranking> {
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
    let admitted: u64 = views.iter().map(|view| view.admitted.count() as u64).sum();
    let filtered = admitted < rows - rows / 8;
    let limits = query
        .limits
        .unwrap_or_else(|| Limits::of(rows, query.text.is_some(), filtered));
    let budgets = [limits.terms, limits.lists, limits.rows];

    let mut text = query.text.map(|text| TextLeg::new(&views, text));
    let mut leg =
        vector.map(|vector| VectorLeg::new(&views, vector, query.depth, query.exhaustive));
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
    Ok(Ranking::new(views, leg, text, budgets))
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
        .filter(|view| view.live.count() > 0)
        .map(|view| view.segment())
        .find(|segment| segment.dimension() != given);
    other.map_or(Ok(()), |segment| {
        Err(Error::Dimension {
            stored: segment.dimension(),
            given,
        })
    })
}

//! The read step: a query against exactly the recorded version.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    ids::{CustomerId, DocumentId},
    search::{
        Fusion, Hit, Mode,
        filter::{ChunkFields, ChunkFilter},
    },
    segments::SegmentRef,
};

use crate::{
    Error, Recorded, Result, Vectors,
    indexed::Indexed,
    kernel::normalise,
    rows::{LIVE, live_at},
    scan, text,
};

/// A query.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    /// The query's vector, as long as the table's. Needed by `vector`.
    pub vector: Option<&'a [f32]>,
    /// The query's words. Needed by `text`.
    pub text: Option<&'a str>,
    /// The retrievers to use. `hybrid` with only one of the two given uses only that one.
    pub mode: Mode,
    /// Weight of the vectors in `hybrid`, from 0 to 1; `None` to decide by what the retrievers know.
    pub alpha: Option<f32>,
    /// Most hits to return.
    pub top_k: usize,
    /// Most hits of a document.
    pub max_per_document: Option<usize>,
    /// Only these documents.
    pub document_ids: Option<&'a [DocumentId]>,
    /// Never these: documents being deleted, which `admit()` names.
    pub exclude: &'a [DocumentId],
    /// Only chunks that meet this.
    pub chunks: Option<ChunkCondition<'a>>,
    /// What was published at this time, instead of what is now.
    pub as_of: Option<DateTime<Utc>>,
    /// Least [`Hit::score`], on the scale of the mode.
    pub min_score: Option<f32>,
    /// How much relevance counts beside novelty, from 0 to 1, if hits shall differ from each other (maximal marginal
    /// relevance: Carbonell and Goldstein, SIGIR 1998).
    pub mmr: Option<f32>,
    /// Chunks to give on each side of a hit.
    pub neighbors: usize,
    /// Whether to tell which parts of a hit match the query's words.
    pub highlight: bool,
}

/// A condition on chunks.
#[derive(Clone, Copy, Debug)]
pub struct ChunkCondition<'a> {
    /// The condition.
    pub filter: &'a ChunkFilter,
    /// The documents of the sets it refers to.
    pub sets: &'a [HashSet<DocumentId>],
}

/// The result of a query.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// How `hybrid` weighted the retrievers.
    pub fusion: Option<Fusion>,
}

/// A query made ready for either way of searching.
pub(crate) struct Prepared<'a> {
    /// The vector, of length 1; `None` if the vector retriever is not used.
    pub(crate) vector: Option<Vec<f32>>,
    /// The words; `None` if the text retriever is not used.
    pub(crate) text: Option<&'a str>,
    /// The rows that can be found, as a filter.
    pub(crate) live: String,
    pub(crate) given: &'a Query<'a>,
    only: Option<HashSet<DocumentId>>,
    exclude: HashSet<DocumentId>,
}

impl<'a> Prepared<'a> {
    fn new(query: &'a Query<'a>) -> Result<Self> {
        let vector = query.vector.filter(|_| query.mode != Mode::Text);
        let text = query.text.filter(|_| query.mode != Mode::Vector);
        if vector.is_none() && text.is_none() {
            return Err(Error::fault(
                "a search has neither the vector nor the text its mode needs",
            ));
        }
        let vector = vector.map(|vector| {
            let mut vector = vector.to_vec();
            normalise(&mut vector);
            vector
        });
        Ok(Self {
            vector,
            text,
            live: query.as_of.map_or_else(|| LIVE.to_owned(), live_at),
            given: query,
            only: query.document_ids.map(|ids| ids.iter().copied().collect()),
            exclude: query.exclude.iter().copied().collect(),
        })
    }

    /// Whether chunks of a document may be found.
    pub(crate) fn admits(&self, document: DocumentId) -> bool {
        !self.exclude.contains(&document)
            && self
                .only
                .as_ref()
                .is_none_or(|only| only.contains(&document))
    }

    /// Whether a chunk of an admitted document may be found.
    pub(crate) fn admits_chunk(&self, document: DocumentId, chunk: &impl ChunkFields) -> bool {
        self.given.chunks.is_none_or(|condition| {
            let in_set = |set: usize| {
                let set = condition.sets.get(set);
                set.is_some_and(|set| set.contains(&document))
            };
            condition.filter.matches(chunk, &in_set)
        })
    }

    /// Checks the vector's length against the table's.
    pub(crate) fn fits(&self, dimension: usize) -> Result<()> {
        match &self.vector {
            Some(vector) if vector.len() != dimension => Err(Error::ModelChanged {
                stored: format!("{dimension} dimensions"),
                given: format!("{} dimensions", vector.len()),
            }),
            _ => Ok(()),
        }
    }

    /// Tells which parts of hits match, if asked for.
    fn highlight(&self, mut found: Found) -> Found {
        if let (true, Some(text)) = (self.given.highlight, self.given.text) {
            let query = text::words::query_in_all(text);
            for hit in &mut found.hits {
                let spans = text::words::matches(&hit.text, hit.language.as_deref(), &query);
                hit.highlights = Some(spans);
            }
        }
        found
    }
}

impl Vectors {
    /// Finds the best chunks of the recorded version, best first; equal scores in the order of
    /// document, version and index.
    ///
    /// `segments` are those of a complete list; they are searched in three rounds of requests at most, four with
    /// neighbors or parents. Without them the whole table is read. A repeated search asks the object store nothing,
    /// provided that there is memory for what it reads.
    ///
    /// # Errors
    /// [`Error::VersionGone`] and [`Error::Segment`]: read what is recorded again and repeat.
    /// [`Error::ModelChanged`] where the vector is of another length; unavailable where the object
    /// store does not answer.
    pub async fn search(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        segments: Option<&[SegmentRef]>,
        query: &Query<'_>,
    ) -> Result<Found> {
        let query = Prepared::new(query)?;
        let Some(version) = recorded.filter(|version| version.lance().is_some()) else {
            return Ok(Found::default());
        };
        if query.given.top_k == 0 {
            return Ok(Found::default());
        }
        let needed = segments.map(|segments| needed(segments, query.given.as_of.is_some()));
        let found = match needed.filter(|segments| self.has_room(segments)) {
            Some(segments) => {
                let indexed = Indexed {
                    objects: self.objects().await?,
                    cache: &self.cache,
                    customer,
                    segments: &segments,
                };
                indexed.search(&query).await?
            }
            None => {
                let dataset = self.dataset(customer, version).await?;
                scan::search(&dataset, &query, self.scan_bytes).await?
            }
        };
        Ok(query.highlight(found))
    }

    /// Whether there is memory for what is read first of segments, which a search holds all at once, beside what the cache
    /// has of others until it makes room.
    fn has_room(&self, segments: &[SegmentRef]) -> bool {
        let first: u64 = segments.iter().map(|segment| segment.first).sum();
        usize::try_from(first).is_ok_and(|first| first <= self.segment_bytes / 2)
    }
}

/// The segments that a search needs, of the past or of the present.
fn needed(segments: &[SegmentRef], past: bool) -> Vec<SegmentRef> {
    let needed = segments
        .iter()
        .filter(|segment| past || !segment.is_history());
    needed.copied().collect()
}

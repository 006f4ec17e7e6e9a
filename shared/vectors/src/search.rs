//! The read step: a query against exactly the recorded version.

use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use dynrag_domain::{
    ids::{CustomerId, DocumentId},
    search::{
        Fusion, Hit, Mode,
        filter::{ChunkFields, ChunkFilter},
    },
    tables::TableVersion,
};

use crate::{
    Error, Recorded, Result, Vectors,
    cache::Loaded,
    kernel::normalise,
    memory::Snapshot,
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
    /// A repeated search under the same recorded version asks the object store nothing, provided
    /// that the table fits into memory. A search of the past reads the table.
    ///
    /// # Errors
    /// [`Error::VersionGone`]: read the recorded version again and repeat.
    /// [`Error::ModelChanged`] where the vector is of another length; unavailable where the object
    /// store does not answer.
    pub async fn search(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        query: &Query<'_>,
    ) -> Result<Found> {
        let query = Prepared::new(query)?;
        let Some(version) = recorded.filter(|version| version.lance().is_some()) else {
            return Ok(Found::default());
        };
        if query.given.top_k == 0 {
            return Ok(Found::default());
        }
        let loaded = match query.given.as_of {
            None => self.snapshot(customer, version).await?,
            Some(_) => Loaded::TooLarge,
        };
        let found = match loaded {
            Loaded::Snapshot(snapshot) => snapshot.search(&query)?,
            Loaded::TooLarge => {
                let dataset = self.dataset(customer, version).await?;
                scan::search(&dataset, &query, self.scan_bytes).await?
            }
        };
        Ok(query.highlight(found))
    }

    /// The table in memory, loaded at most once for all concurrent callers.
    async fn snapshot(&self, customer: CustomerId, version: TableVersion) -> Result<Loaded> {
        self.snapshots
            .get(customer, version, async |most| {
                let dataset = self.dataset(customer, version).await?;
                let snapshot = Snapshot::load(&dataset, most, self.scan_bytes).await?;
                Ok(snapshot.map_or(Loaded::TooLarge, |snapshot| {
                    Loaded::Snapshot(Arc::new(snapshot))
                }))
            })
            .await
    }
}

//! The read step: a query against exactly the recorded version.

use std::{collections::HashSet, sync::Arc};

use dynrag_domain::{
    ids::{CustomerId, DocumentId},
    search::{Hit, Mode},
    tables::TableVersion,
};

use crate::{
    Error, Recorded, Result, Vectors, cache::Loaded, kernel::normalise, memory::Snapshot, scan,
};

/// A query.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// The query's vector, as long as the table's. Needed by `vector`.
    pub vector: Option<&'a [f32]>,
    /// The query's words. Needed by `text`.
    pub text: Option<&'a str>,
    /// The retrievers to use. `hybrid` with only one of the two given uses only that one.
    pub mode: Mode,
    /// Most hits to return.
    pub top_k: usize,
    /// Only these documents.
    pub document_ids: Option<&'a [DocumentId]>,
    /// Never these: documents being deleted, which `admit()` names.
    pub exclude: &'a [DocumentId],
    /// Least [`Hit::score`], on the scale of the mode.
    pub min_score: Option<f32>,
}

/// A query made ready for either way of searching.
pub(crate) struct Prepared<'a> {
    /// The vector, of length 1; `None` if the vector retriever is not used.
    pub(crate) vector: Option<Vec<f32>>,
    /// The words; `None` if the text retriever is not used.
    pub(crate) text: Option<&'a str>,
    pub(crate) mode: Mode,
    pub(crate) top_k: usize,
    pub(crate) min_score: Option<f32>,
    only: Option<HashSet<DocumentId>>,
    exclude: HashSet<DocumentId>,
}

impl<'a> Prepared<'a> {
    fn new(query: &Query<'a>) -> Result<Self> {
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
            mode: query.mode,
            top_k: query.top_k,
            min_score: query.min_score,
            only: query.document_ids.map(|ids| ids.iter().copied().collect()),
            exclude: query.exclude.iter().copied().collect(),
        })
    }

    /// Whether a document may be found.
    pub(crate) fn admits(&self, document: DocumentId) -> bool {
        !self.exclude.contains(&document)
            && self
                .only
                .as_ref()
                .is_none_or(|only| only.contains(&document))
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
}

impl Vectors {
    /// Finds the best chunks of the recorded version, best first; equal scores in the order of
    /// document, version and index.
    ///
    /// A repeated search under the same recorded version asks the object store nothing, provided
    /// that the table fits into memory.
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
    ) -> Result<Vec<Hit>> {
        let query = Prepared::new(query)?;
        let Some(version) = recorded.filter(|version| version.lance().is_some()) else {
            return Ok(Vec::new());
        };
        if query.top_k == 0 {
            return Ok(Vec::new());
        }
        match self.snapshot(customer, version).await? {
            Loaded::Snapshot(snapshot) => snapshot.search(&query),
            Loaded::TooLarge => {
                let dataset = self.dataset(customer, version).await?;
                scan::search(&dataset, &query, self.scan_bytes).await
            }
        }
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

//! Retrieval of chunks of a customer's published documents. Every search goes through [`Retriever`], so that bounds,
//! budgets and the version that is read are the same for all.
//!
//! A search reads exactly the table version that Postgres recorded when its caller was admitted. If that version was
//! pruned meanwhile, or replaced by another model's, the current version is read instead.

mod query_vectors;

use std::{borrow::Cow, collections::HashSet, fmt};

use dynrag_app::App;
use dynrag_config::VectorsConfig;
use dynrag_domain::{
    CollectionId, DocumentId, Error, Result, VersionNumber, collections,
    search::{Hit, Mode},
};
use dynrag_store::{admission::Admission, publication::Present};
use dynrag_vectors::{Location, Query, StoredChunk, Vectors};
use tokio::sync::OnceCell;

use query_vectors::QueryVectors;

/// Share of a function's memory for search tables: five eighths.
const TABLES: (u64, u64) = (5, 8);

/// A checked question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The query text.
    pub text: &'a str,
    /// Most chunks to return.
    pub top_k: usize,
    /// Vector search, full-text search, or both.
    pub mode: Mode,
    /// Only these documents.
    pub document_ids: Option<&'a [DocumentId]>,
    /// Only documents that are in this collection at present.
    pub collection_id: Option<CollectionId>,
    /// Minimum score, on the mode's scale.
    pub min_score: Option<f32>,
}

/// The result of a question.
#[derive(Debug)]
pub struct Found {
    /// The best chunks, best first, with the origins of their documents.
    pub hits: Vec<Hit>,
    /// Tokens that the provider charged for the question; 0 if its vector was cached.
    pub embedding_tokens: u64,
}

/// The tables of all customers, and the vectors of recent queries. Created once per process and opened at first use.
#[derive(Default)]
pub struct Retriever {
    vectors: OnceCell<Vectors>,
    query_vectors: QueryVectors,
}

impl fmt::Debug for Retriever {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retriever").finish_non_exhaustive()
    }
}

impl Retriever {
    async fn vectors(&self) -> Result<&Vectors> {
        self.vectors
            .get_or_try_init(async || {
                let config = VectorsConfig::from_env().map_err(Error::internal_fault)?;
                let location = Location::S3 {
                    bucket: config.bucket,
                    endpoint: config.endpoint,
                    region: config.region,
                };
                let memory = config.memory_bytes / TABLES.1 * TABLES.0;
                let memory = usize::try_from(memory).unwrap_or(usize::MAX);
                Ok(Vectors::new(location, memory))
            })
            .await
    }

    /// Returns the best chunks for a question, among those that the caller may see.
    ///
    /// # Errors
    /// `invalid_fields` for an unknown collection; `budget_exceeded` and similar codes if the question's vector cannot
    /// be paid for; `embedding_unavailable`; `unavailable`.
    pub async fn search(
        &self,
        app: &App,
        caller: &Admission,
        question: &Question<'_>,
    ) -> Result<Found> {
        let customer = caller.tenant();
        let within = within(caller, question).await?;
        let mut present = Present {
            recorded: caller.chunks_version,
            model: caller.config.embedding_model.clone(),
        };
        let mut exclude = Cow::Borrowed(caller.deleting.as_slice());
        let mut embedding_tokens = 0;
        let hits = loop {
            if present.recorded.is_none() || within.as_ref().is_some_and(Vec::is_empty) {
                // No vector needs to be paid for.
                break Vec::new();
            }
            let vector = match question.mode {
                Mode::Text => None,
                _ => {
                    caller.check_budget()?;
                    let asked =
                        self.query_vectors
                            .get(app, customer, &present.model, question.text);
                    let (vector, tokens) = asked.await?;
                    embedding_tokens += tokens;
                    Some(vector)
                }
            };
            let query = Query {
                vector: vector.as_deref(),
                text: Some(question.text),
                mode: question.mode,
                top_k: question.top_k,
                document_ids: within.as_deref(),
                exclude: &exclude,
                min_score: question.min_score,
            };
            let vectors = self.vectors().await?;
            match vectors
                .search(customer.customer_id(), present.recorded, &query)
                .await
            {
                Err(dynrag_vectors::Error::VersionGone) => {
                    let now = caller.store().present_index(customer).await?;
                    if now == present {
                        return Err(Error::unavailable("the recorded version is gone"));
                    }
                    present = now;
                }
                Err(other) => return Err(other.into()),
                Ok(hits) => {
                    let found = hits.len();
                    let hits = cited(caller, hits).await?;
                    if hits.len() == found || matches!(exclude, Cow::Owned(_)) {
                        break hits;
                    }
                    // Deleted documents that can be undeleted are still in the table: search again without them.
                    exclude = Cow::Owned(caller.store().deleted_documents(customer).await?);
                }
            }
        };
        Ok(Found {
            hits,
            embedding_tokens,
        })
    }

    /// Returns chunks of a document's version, in order, from an index on. The caller has checked access to the
    /// document.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn chunks(
        &self,
        caller: &Admission,
        of: (DocumentId, VersionNumber),
        from: u32,
        most: u32,
    ) -> Result<Vec<StoredChunk>> {
        let (vectors, customer) = (self.vectors().await?, caller.tenant());
        let recorded = caller.chunks_version;
        match vectors
            .chunks(customer.customer_id(), recorded, of, from, most)
            .await
        {
            Err(dynrag_vectors::Error::VersionGone) => {
                let recorded = caller.store().recorded_version(customer).await?;
                Ok(vectors
                    .chunks(customer.customer_id(), recorded, of, from, most)
                    .await?)
            }
            other => Ok(other?),
        }
    }
}

/// Adds the origins of documents to hits. Hits of deleted documents are left out.
async fn cited(caller: &Admission, hits: Vec<Hit>) -> Result<Vec<Hit>> {
    let mut documents: Vec<DocumentId> = hits.iter().map(|hit| hit.document_id).collect();
    documents.sort_unstable();
    documents.dedup();
    if documents.is_empty() {
        return Ok(hits);
    }
    let store = caller.store();
    let origins = store.document_origins(caller.tenant(), &documents).await?;
    let cited = hits.into_iter().filter_map(|hit| {
        let origin = origins.get(&hit.document_id)?.clone();
        Some(Hit { origin, ..hit })
    });
    Ok(cited.collect())
}

/// Returns the documents to search; `None` means all.
async fn within(caller: &Admission, question: &Question<'_>) -> Result<Option<Vec<DocumentId>>> {
    let store = caller.store();
    let documents = match question.collection_id {
        Some(collection) => store
            .collection_documents(caller.tenant(), collection)
            .await?
            .ok_or_else(collections::unknown)?,
        // Row-level security does not cover the vectors: the documents of a bound key are listed.
        None => match store.bound_documents(caller.tenant()).await? {
            Some(documents) => documents,
            None => return Ok(question.document_ids.map(<[DocumentId]>::to_vec)),
        },
    };
    Ok(Some(match question.document_ids {
        None => documents,
        Some(wanted) => {
            let wanted: HashSet<&DocumentId> = wanted.iter().collect();
            let both = documents.into_iter().filter(|id| wanted.contains(id));
            both.collect()
        }
    }))
}

//! Retrieval of chunks of a customer's published documents. Every search goes through [`Retriever`], so that bounds,
//! budgets and the version that is read are the same for all.
//!
//! A search reads exactly the table version that Postgres recorded when its caller was admitted. If that version was
//! pruned meanwhile, or replaced by another model's, the current version is read instead.

mod query_vectors;
mod reranking;
mod rewriting;
mod searched;
mod several;
mod within;

use std::{borrow::Cow, fmt, sync::Arc};

use dynrag_app::{App, embeddings::embed};
use dynrag_config::VectorsConfig;
use dynrag_domain::{
    CollectionId, DocumentId, Error, Result, VersionNumber,
    search::{AsOf, Fusion, Hit, Mode, SearchWarning, filter::Filter},
};
use dynrag_llm::InputType;
use dynrag_store::{admission::Admission, ledger::Purpose};
use dynrag_vectors::{Location, Query, StoredChunk, Unreadable, Vectors};
use futures::future::{try_join, try_join_all};
use tokio::{sync::OnceCell, time::Instant};

use query_vectors::QueryVectors;

pub use reranking::Reranking;
pub use rewriting::Rewriting;

/// Share of a function's memory for search tables: five eighths.
const TABLES: (u64, u64) = (5, 8);

/// A checked question.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The query texts, at least one. The results of several are fused by reciprocal rank.
    pub texts: Vec<&'a str>,
    /// Most chunks to return.
    pub top_k: usize,
    /// Chunks to skip: those of the pages before.
    pub offset: usize,
    /// Vector search, full-text search, or both.
    pub mode: Mode,
    /// Weight of the vectors in `hybrid`, from 0 to 1; `None` for that of the collection, or to decide by what both kinds
    /// of search know.
    pub alpha: Option<f32>,
    /// Only these documents.
    pub document_ids: Option<&'a [DocumentId]>,
    /// Only documents that are in this collection at present.
    pub collection_id: Option<CollectionId>,
    /// Only chunks that meet this, and whose documents meet it at present.
    pub filter: Option<Filter>,
    /// What was published at this moment, instead of what is now.
    pub as_of: Option<AsOf>,
    /// The model whose vectors are searched, instead of the present one; excludes `as_of`.
    pub model: Option<&'a str>,
    /// Minimum score, on the mode's scale.
    pub min_score: Option<f32>,
    /// Most chunks of a document.
    pub max_per_document: Option<usize>,
    /// How much relevance counts beside novelty, from 0 to 1, if results shall differ from each other.
    pub mmr: Option<f32>,
    /// How many chunks the customer's reranker orders, if it shall; at least `top_k` are. Excludes `offset`.
    pub candidates: Option<usize>,
    /// Whether the customer's chat model puts the first text in other ways, which are searched as well.
    pub rewrite: bool,
    /// Whether the customer's chat model writes a passage that would answer the first text, whose vector is searched for.
    pub hypothetical: bool,
    /// Chunks to return on each side of a result.
    pub neighbors: usize,
    /// Whether to tell which parts of a result match the query's words.
    pub highlight: bool,
}

impl Question<'_> {
    /// Chunks to find: those up to the end of the page, or all that are reranked.
    fn depth(&self) -> usize {
        (self.offset + self.top_k).max(self.candidates.unwrap_or(0))
    }
}

/// The result of a question.
#[derive(Debug)]
pub struct Found {
    /// The best chunks, best first, with the origins of their documents.
    pub hits: Vec<Hit>,
    /// How each text weighted the kinds of search, for `hybrid`.
    pub fusion: Vec<Fusion>,
    /// Tokens that the provider charged for the question; 0 if its vector was cached.
    pub embedding_tokens: u64,
    /// What reranking cost, or why it did not happen.
    pub reranking: Reranking,
    /// What a chat model made of the query, and what that cost.
    pub rewriting: Rewriting,
}

impl Found {
    /// What went otherwise than asked for.
    pub fn warnings(&self) -> impl Iterator<Item = &SearchWarning> {
        let warnings = [&self.rewriting.warning, &self.reranking.warning];
        warnings.into_iter().flatten()
    }
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
    /// Returns how similar texts are to a query, as cosines of their vectors by the customer's model, and the tokens that were
    /// charged. The vector of a query that was searched before is not asked for again.
    ///
    /// # Errors
    /// As for [`embed`]; `embedding_unavailable` also if the time is up.
    pub async fn similarities(
        &self,
        app: &App,
        caller: &Admission,
        query: &str,
        texts: &[&str],
        until: Instant,
    ) -> Result<(Vec<f32>, u64)> {
        let model = caller.config.embedding_model.as_str();
        let of_query = self
            .query_vectors
            .get(app, caller, model, (InputType::Query, query));
        let asked = (model, InputType::Passage, Purpose::Comparing);
        // Boxed: the types of nested futures would otherwise exceed the compiler's depth.
        let of_texts = Box::pin(embed(app, caller, asked, texts, until));
        let ((query, tokens), embedded) = try_join(Box::pin(of_query), of_texts).await?;
        let cosines = embedded.vectors.iter().map(|vector| cosine(&query, vector));
        Ok((cosines.collect(), tokens + embedded.prompt_tokens))
    }

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
    /// `invalid_fields` for an unknown collection, version or model, or without a reranker where one is asked for;
    /// `model_not_ready` (conflict) while the model's vectors are being built; `budget_exceeded` and similar codes if the question's vector cannot be paid for; `embedding_unavailable`; `unavailable`.
    pub async fn search(
        &self,
        app: &App,
        caller: &Admission,
        question: &Question<'_>,
    ) -> Result<Found> {
        let reranker = reranking::wanted(app, caller, question).await?;
        let within = within::within(caller, question).await?;
        let mut present = searched::admitted(caller, question).await?;
        let rewriting = match within.is_empty() || present.recorded.is_none() {
            true => Rewriting::default(),
            false => rewriting::rewrite(app, caller, question).await?,
        };
        let rewritten = rewriting.queries.iter().map(String::as_str);
        let texts: Vec<&str> = question.texts.iter().copied().chain(rewritten).collect();
        let mut exclude = Cow::Borrowed(caller.deleting.as_slice());
        let mut embedding_tokens = 0;
        // The segment that could not be read: the table is searched in its list's place.
        let mut unreadable: Option<Unreadable> = None;
        loop {
            if present.recorded.is_none() || within.is_empty() {
                // No vector needs to be paid for.
                return Ok(Found {
                    hits: Vec::new(),
                    fusion: Vec::new(),
                    embedding_tokens,
                    reranking: Reranking::default(),
                    rewriting,
                });
            }
            let passage = rewriting.passage.as_deref();
            let embedded = texts.iter().enumerate().map(|(place, text)| {
                let passage = passage.filter(|_| place == 0);
                self.vector(app, caller, &present.model, question, (text, passage))
            });
            let embedded = try_join_all(embedded).await?;
            embedding_tokens += embedded.iter().map(|(_, tokens)| tokens).sum::<u64>();
            let mut rankings = Vec::with_capacity(texts.len());
            let mut gone = None;
            for (text, (vector, _)) in texts.iter().zip(&embedded) {
                let query = Query {
                    alpha: question.alpha.or(within.alpha),
                    document_ids: within.documents.as_deref(),
                    exclude: &exclude,
                    chunks: within.chunks(),
                    as_of: within.as_of,
                    ..asked(question, text, vector.as_deref())
                };
                let vectors = self.vectors().await?;
                let customer = caller.tenant().customer_id();
                let segments = match unreadable {
                    None => present.segments.complete(present.recorded),
                    Some(_) => None,
                };
                if present.segments.complete(present.recorded).is_none() {
                    ask_for_maintenance(caller).await;
                }
                match vectors
                    .search(customer, present.recorded, segments, &query)
                    .await
                {
                    Err(dynrag_vectors::Error::VersionGone) => {
                        gone = Some(None);
                        break;
                    }
                    Err(dynrag_vectors::Error::Segment(segment)) => {
                        gone = Some(Some(segment));
                        break;
                    }
                    other => rankings.push(other?),
                }
            }
            if let Some(segment) = gone {
                let now = searched::now(caller, question).await?;
                match segment {
                    None if now == present => {
                        return Err(Error::unavailable("the recorded version is gone"));
                    }
                    Some(segment) if now == present => {
                        lose(caller, &segment).await;
                        unreadable = Some(segment);
                    }
                    _ => present = now,
                }
                continue;
            }
            let fusion = rankings.iter().filter_map(|found| found.fusion).collect();
            let hits = several::fuse(rankings.into_iter().map(|found| found.hits).collect());
            let found = hits.len();
            let hits = cited(caller, hits).await?;
            if hits.len() < found && !matches!(exclude, Cow::Owned(_)) {
                // Deleted documents that can be undeleted are still in the table: search again without them.
                exclude = Cow::Owned(caller.store().deleted_documents(caller.tenant()).await?);
                continue;
            }
            let (hits, reranking) = match &reranker {
                Some(access) => {
                    let mut hits = hits;
                    // Several texts find more together.
                    hits.truncate(question.depth());
                    let query = question.texts.first().copied().unwrap_or_default();
                    reranking::rerank(app, caller, access, query, hits).await?
                }
                None => (hits, Reranking::default()),
            };
            let page = hits.into_iter().skip(question.offset);
            return Ok(Found {
                hits: page.take(question.top_k).collect(),
                fusion,
                embedding_tokens,
                reranking,
                rewriting,
            });
        }
    }

    /// The vector of a text, and of a passage with it, unless the mode needs none, and the tokens charged for it now.
    async fn vector(
        &self,
        app: &App,
        caller: &Admission,
        model: &str,
        question: &Question<'_>,
        (text, passage): (&str, Option<&str>),
    ) -> Result<(Option<Arc<[f32]>>, u64)> {
        if question.mode == Mode::Text {
            return Ok((None, 0));
        }
        caller.check_budget()?;
        let get = |input, text| self.query_vectors.get(app, caller, model, (input, text));
        let of_text = get(InputType::Query, text);
        let Some(passage) = passage else {
            let (vector, tokens) = of_text.await?;
            return Ok((Some(vector), tokens));
        };
        let of_passage = get(InputType::Passage, passage);
        let ((vector, tokens), (of_passage, more)) = try_join(of_text, of_passage).await?;
        Ok((Some(between(&vector, &of_passage)), tokens + more))
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

/// The direction between two vectors. Without a length in common it is the first.
fn between(first: &Arc<[f32]>, second: &[f32]) -> Arc<[f32]> {
    let length = |vector: &[f32]| vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    let (a, b) = (length(first), length(second));
    let sum: Vec<f32> = first
        .iter()
        .zip(second)
        .map(|(x, y)| x / a + y / b)
        .collect();
    match first.len() == second.len() && length(&sum) > f32::EPSILON {
        true => sum.into(),
        false => first.clone(),
    }
}

/// Has the list completed that holds only a part of the table: a release that knows of no lists may have written the rest.
async fn ask_for_maintenance(caller: &Admission) {
    let customer = caller.tenant();
    if let Err(error) = caller.store().request_maintenance(customer).await {
        tracing::warn!(customer_id = %customer, code = error.code(), cause = error.internal(), "maintenance was not requested");
    }
}

/// Has the list completed that names a segment which cannot be read, unless a later release wrote it.
async fn lose(caller: &Admission, segment: &Unreadable) {
    let customer = caller.tenant();
    tracing::error!(customer_id = %customer, segment = %segment.name, cause = segment.cause, "a segment cannot be read; the table is searched");
    if segment.is_lost
        && let Err(error) = caller.store().lose_segment(customer, segment.name).await
    {
        tracing::error!(customer_id = %customer, code = error.code(), cause = error.internal(), "the next search reports it again");
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

/// The query of one of a question's texts, over everything.
fn asked<'a>(question: &Question<'a>, text: &'a str, vector: Option<&'a [f32]>) -> Query<'a> {
    Query {
        vector,
        text: Some(text),
        mode: question.mode,
        alpha: question.alpha,
        top_k: question.depth(),
        max_per_document: question.max_per_document,
        document_ids: None,
        exclude: &[],
        chunks: None,
        as_of: None,
        min_score: question.min_score,
        mmr: question.mmr,
        neighbors: question.neighbors,
        highlight: question.highlight,
    }
}

/// The cosine of two vectors; 0 if one is nothing but zeros.
fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let length = (dot(one, one) * dot(other, other)).sqrt();
    if length > 0.0 {
        dot(one, other) / length
    } else {
        0.0
    }
}

//! `POST /api/search/documents`: the documents that fit a query best, each with its best chunk.

use std::{sync::Arc, time::Instant};

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, With, scopes::Search};
use dynrag_domain::{
    DocumentId, VersionNumber,
    metadata::Metadata,
    search::{Hit, Origin, Ranks, Scores, SearchWarning},
};
use dynrag_retrieval::Retriever;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{page, request::SearchRequest, search::Usage};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentSearchResults)]
pub(crate) struct Found {
    results: Vec<DocumentHit>,
    /// Send it as `cursor`, with the same request otherwise, for the next page; null if there is none.
    #[schema(required)]
    next_cursor: Option<String>,
    usage: Usage,
    /// What went otherwise than asked for, without being an error.
    warnings: Vec<SearchWarning>,
    took_ms: u64,
}

/// A document that was found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DocumentHit {
    document_id: DocumentId,
    title: String,
    version: VersionNumber,
    /// The score of its best chunk, as in a search of chunks.
    score: f32,
    ranks: Ranks,
    scores: Scores,
    /// The reranker's score of its best chunk, if it was reranked.
    #[serde(skip_serializing_if = "Option::is_none")]
    rerank_score: Option<f32>,
    #[schema(value_type = Object)]
    metadata: Metadata,
    #[serde(flatten)]
    origin: Origin,
    best_chunk: BestChunk,
}

/// The chunk by which a document was found.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BestChunk {
    /// `document:version:index`.
    chunk_id: String,
    page: Option<u32>,
    heading_path: Vec<String>,
    /// Start and end in characters of the extracted text.
    char_span: (u32, u32),
    text: String,
    /// Spans of `text` that match words of the query, in characters, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    highlights: Option<Vec<(u32, u32)>>,
}

impl From<Hit> for DocumentHit {
    fn from(hit: Hit) -> Self {
        Self {
            document_id: hit.document_id,
            title: hit.title,
            version: hit.version,
            score: hit.score,
            ranks: hit.ranks,
            scores: hit.scores,
            rerank_score: hit.rerank_score,
            metadata: hit.metadata,
            origin: hit.origin,
            best_chunk: BestChunk {
                chunk_id: hit.chunk_id,
                page: hit.page,
                heading_path: hit.heading_path,
                char_span: hit.char_span,
                text: hit.text,
                highlights: hit.highlights,
            },
        }
    }
}

/// Searches chunks, of each document the best one.
pub(crate) async fn documents(
    caller: Caller<Search>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    Json(body): Json<SearchRequest>,
) -> Answer<Json<Found>> {
    let started = Instant::now();
    let question = body.question_of_documents()?;
    let found = retriever.search(&app, &caller, &question).await?;
    let usage = Usage::of(&[&found]);
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        customer_id = %caller.customer_id, results = found.hits.len(), embedding_tokens = found.embedding_tokens,
        rerank_calls = found.reranking.calls, took_ms, "searched documents"
    );
    Ok(Json(Found {
        next_cursor: page::next(&body, &question, found.hits.len())?,
        warnings: found.warnings().cloned().collect(),
        results: found.hits.into_iter().map(DocumentHit::from).collect(),
        usage,
        took_ms,
    }))
}

//! `POST /search`: the best matching chunks for a query.

use std::{sync::Arc, time::Instant};

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, With, scopes::Search};
use dynrag_domain::{
    CollectionId, DocumentId, Error, FieldError, Result,
    search::{Hit, MAX_QUERY, MAX_TOP_K, Mode},
};
use dynrag_retrieval::{Question, Retriever};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most document ids in a search request.
const MAX_DOCUMENTS: usize = 1_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct SearchRequest {
    #[schema(min_length = 1, max_length = 8000)]
    query: String,
    #[serde(default = "default_top_k")]
    #[schema(default = 5, minimum = 1, maximum = 100)]
    top_k: u32,
    #[serde(default)]
    #[schema(default = "hybrid")]
    mode: Mode,
    #[schema(max_items = 1000)]
    document_ids: Option<Vec<DocumentId>>,
    /// Search only documents that are in this collection at present.
    collection_id: Option<CollectionId>,
    min_score: Option<f32>,
}

fn default_top_k() -> u32 {
    5
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchResults)]
pub(crate) struct Found {
    results: Vec<Hit>,
    usage: Usage,
    took_ms: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchUsage)]
struct Usage {
    /// Tokens that the provider charged for the query; 0 if its vector was cached or not needed.
    embedding_tokens: u64,
}

/// Searches exactly the documents that were published when the caller was admitted.
pub(crate) async fn search(
    caller: Caller<Search>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    Json(body): Json<SearchRequest>,
) -> Answer<Json<Found>> {
    let started = Instant::now();
    let question = Question {
        text: validate(&body)?,
        top_k: body.top_k as usize,
        mode: body.mode,
        document_ids: body.document_ids.as_deref(),
        collection_id: body.collection_id,
        min_score: body.min_score,
    };
    let found = retriever.search(&app, &caller, &question).await?;
    let (results, embedding_tokens) = (found.hits, found.embedding_tokens);
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(customer_id = %caller.customer_id, results = results.len(), embedding_tokens, took_ms, "searched");
    Ok(Json(Found {
        results,
        usage: Usage { embedding_tokens },
        took_ms,
    }))
}

fn validate(body: &SearchRequest) -> Result<&str> {
    let mut fields = Vec::new();
    let mut bad = |pointer: &str, detail: String| {
        fields.push(FieldError {
            pointer: pointer.to_owned(),
            detail,
        });
    };
    let text = body.query.trim();
    if text.is_empty() || text.chars().count() > MAX_QUERY {
        bad("/query", format!("from 1 to {MAX_QUERY} characters"));
    }
    if !(1..=MAX_TOP_K).contains(&body.top_k) {
        bad("/topK", format!("from 1 to {MAX_TOP_K}"));
    }
    if body
        .document_ids
        .as_ref()
        .is_some_and(|ids| ids.len() > MAX_DOCUMENTS)
    {
        bad("/documentIds", format!("at most {MAX_DOCUMENTS}"));
    }
    if body.min_score.is_some_and(|score| !score.is_finite()) {
        bad("/minScore", "a number".to_owned());
    }
    if fields.is_empty() {
        Ok(text)
    } else {
        Err(Error::fields_invalid(fields))
    }
}

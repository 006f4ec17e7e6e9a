//! `POST /search`: the best matching chunks for a query.

use std::{sync::Arc, time::Instant};

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, With, scopes::Search};
use dynrag_domain::{
    money::Usd,
    search::{Fusion, Hit, SearchWarning},
};
use dynrag_retrieval::Retriever;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{page, request::SearchRequest};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchResults)]
pub(crate) struct Found {
    results: Vec<Hit>,
    /// Send it as `cursor`, with the same request otherwise, for the next page; null if there is none.
    #[schema(required)]
    next_cursor: Option<String>,
    usage: Usage,
    /// What went otherwise than asked for, without being an error.
    warnings: Vec<SearchWarning>,
    took_ms: u64,
    /// How the results were found, if `explain` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<Explanation>,
}

#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SearchUsage)]
pub(crate) struct Usage {
    /// Tokens that the provider charged for the query; 0 if its vector was cached or not needed.
    embedding_tokens: u64,
    /// Requests to your reranker.
    rerank_calls: u32,
    /// Their cost, by the price that you gave.
    rerank_cost_usd: Usd,
    /// Requests to chat models.
    chat_calls: u32,
    /// Their tokens.
    chat_tokens: u64,
    /// Their cost, by the prices that you gave.
    chat_cost_usd: Usd,
}

impl Usage {
    /// What searches used.
    pub(crate) fn of(searches: &[&dynrag_retrieval::Found]) -> Self {
        let searches = || searches.iter();
        Self {
            embedding_tokens: searches().map(|found| found.embedding_tokens).sum(),
            rerank_calls: searches().map(|found| found.reranking.calls).sum(),
            rerank_cost_usd: Usd::from_nanos(
                searches().map(|found| found.reranking.cost.nanos()).sum(),
            ),
            chat_calls: searches().map(|found| found.rewriting.calls).sum(),
            chat_tokens: searches().map(|found| found.rewriting.tokens).sum(),
            chat_cost_usd: Usd::from_nanos(
                searches().map(|found| found.rewriting.cost.nanos()).sum(),
            ),
        }
    }
}

/// How results were found.
#[derive(Serialize, ToSchema)]
#[schema(as = SearchExplanation)]
struct Explanation {
    /// How vector and full-text search were weighted for `query` and each of `queries`, in mode `hybrid`.
    fusion: Vec<Fusion>,
    /// Other ways in which `query` was put, with `rewrite`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rewritten: Vec<String>,
    /// The passage that was searched for, with `hypothetical`.
    #[serde(skip_serializing_if = "Option::is_none")]
    passage: Option<String>,
}

/// Searches exactly the documents that were published when the caller was admitted.
pub(crate) async fn search(
    caller: Caller<Search>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    Json(body): Json<SearchRequest>,
) -> Answer<Json<Found>> {
    let started = Instant::now();
    let question = body.question()?;
    let found = retriever.search(&app, &caller, &question).await?;
    let usage = Usage::of(&[&found]);
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        customer_id = %caller.customer_id, results = found.hits.len(), embedding_tokens = found.embedding_tokens,
        rerank_calls = found.reranking.calls, took_ms, "searched"
    );
    Ok(Json(Found {
        next_cursor: page::next(&body, &question, found.hits.len())?,
        warnings: found.warnings().cloned().collect(),
        results: found.hits,
        usage,
        took_ms,
        explain: body.explains().then_some(Explanation {
            fusion: found.fusion,
            rewritten: found.rewriting.queries,
            passage: found.rewriting.passage,
        }),
    }))
}

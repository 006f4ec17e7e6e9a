//! `POST /search`: the best chunks for a query.

use std::{borrow::Cow, collections::HashSet, time::Instant};

use axum::extract::State;
use dynrag_api::{Answer, Caller, Json, scopes::Search};
use dynrag_domain::{
    CollectionId, DocumentId, Error, FieldError, Result, collections,
    search::{Hit, MAX_QUERY, MAX_TOP_K, Mode},
};
use dynrag_store::publication::Present;
use dynrag_vectors::Query;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::state::SearchState;

/// Most documents a search can be narrowed to.
const MAX_DOCUMENTS: usize = 1_000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = SearchRequest)]
pub(crate) struct Body {
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
    /// Only documents that belong to this collection now.
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
    /// Tokens the provider charged for the query; none where its vector was remembered.
    embedding_tokens: u64,
}

/// Searches exactly what was published when the caller was admitted.
pub(crate) async fn search(
    caller: Caller<Search>,
    State(state): State<SearchState>,
    Json(body): Json<Body>,
) -> Answer<Json<Found>> {
    let started = Instant::now();
    let text = validate(&body)?;
    let within = within(&caller, &body).await?;
    let mut present = Present {
        recorded: caller.chunks_version,
        model: caller.config.embedding_model.clone(),
    };
    let mut embedding_tokens = 0;
    let mut exclude = Cow::Borrowed(caller.deleting.as_slice());
    let results = loop {
        let nothing = present.recorded.is_none() || within.as_ref().is_some_and(Vec::is_empty);
        let vector = match body.mode {
            // No need to pay for a vector.
            _ if nothing => None,
            Mode::Text => None,
            _ => {
                caller.check_budget()?;
                let vectors = &state.query_vectors;
                let (vector, tokens) = vectors
                    .get(&state, caller.customer_id, &present.model, text)
                    .await?;
                embedding_tokens += tokens;
                Some(vector)
            }
        };
        let query = Query {
            vector: vector.as_deref(),
            text: Some(text),
            mode: body.mode,
            top_k: body.top_k as usize,
            document_ids: within.as_deref(),
            exclude: &exclude,
            min_score: body.min_score,
        };
        if nothing {
            break Vec::new();
        }
        let vectors = state.vectors().await?;
        match vectors
            .search(caller.customer_id, present.recorded, &query)
            .await
        {
            // Pruned between `admit()` and here, or replaced by another model's: what is published now is as good.
            Err(dynrag_vectors::Error::VersionGone) => {
                let store = caller.store();
                let now = store.present_index(caller.customer_id).await?;
                if now == present {
                    return Err(Error::unavailable("the recorded version is gone").into());
                }
                present = now;
            }
            Err(other) => return Err(Error::from(other).into()),
            Ok(hits) => {
                let found = hits.len();
                let hits = cited(&caller, hits).await?;
                if hits.len() == found || matches!(exclude, Cow::Owned(_)) {
                    break hits;
                }
                // Deleted documents that can be undeleted are in the table still: now without them.
                exclude = Cow::Owned(caller.store().deleted_documents(caller.customer_id).await?);
            }
        }
    };
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(customer_id = %caller.customer_id, results = results.len(), embedding_tokens, took_ms, "searched");
    Ok(Json(Found {
        results,
        usage: Usage { embedding_tokens },
        took_ms,
    }))
}

/// Says where the documents of hits come from. A hit of a deleted document is left out.
async fn cited(caller: &Caller<Search>, hits: Vec<Hit>) -> Result<Vec<Hit>> {
    let mut documents: Vec<DocumentId> = hits.iter().map(|hit| hit.document_id).collect();
    documents.sort_unstable();
    documents.dedup();
    if documents.is_empty() {
        return Ok(hits);
    }
    let store = caller.store();
    let origins = store
        .document_origins(caller.customer_id, &documents)
        .await?;
    let cited = hits.into_iter().filter_map(|hit| {
        let origin = origins.get(&hit.document_id)?.clone();
        Some(Hit { origin, ..hit })
    });
    Ok(cited.collect())
}

/// The documents that are searched; all where nothing is said.
async fn within(caller: &Caller<Search>, body: &Body) -> Result<Option<Vec<DocumentId>>> {
    let store = caller.store();
    let documents = match body.collection_id {
        Some(collection) => store
            .collection_documents(caller.customer_id, collection)
            .await?
            .ok_or_else(collections::unknown)?,
        // Row-level security does not reach the vectors: a bound key is told which documents it searches.
        None => match store.bound_documents(caller.customer_id).await? {
            Some(documents) => documents,
            None => return Ok(body.document_ids.clone()),
        },
    };
    Ok(Some(match &body.document_ids {
        None => documents,
        Some(wanted) => {
            let wanted: HashSet<&DocumentId> = wanted.iter().collect();
            let both = documents.into_iter().filter(|id| wanted.contains(id));
            both.collect()
        }
    }))
}

fn validate(body: &Body) -> Result<&str> {
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

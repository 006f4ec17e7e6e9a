//! `POST /api/search/diff`: what changes between the results of two searches.

use std::{collections::HashMap, sync::Arc, time::Instant};

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, With, scopes::Search};
use dynrag_domain::{
    DocumentId, Error, Result,
    search::{Hit, SearchWarning},
};
use dynrag_retrieval::{Question, Retriever};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{request::SearchRequest, search::Usage};

/// Two searches, such as the same query at two times, or in two modes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DiffRequest {
    before: SearchRequest,
    after: SearchRequest,
}

/// How the results of `after` differ from those of `before`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SearchDiff {
    /// Chunks that only `after` finds, best first.
    added: Vec<RankedHit>,
    /// Chunks that only `before` finds, best first.
    removed: Vec<RankedHit>,
    /// Chunks that both find, at different ranks, in the order of `after`.
    moved: Vec<MovedHit>,
    /// Number of chunks that both find at the same rank.
    unchanged: usize,
    usage: Usage,
    /// What went otherwise than asked for in either search, without being an error.
    warnings: Vec<SearchWarning>,
    took_ms: u64,
}

#[derive(Serialize, ToSchema)]
struct RankedHit {
    /// Rank in its results, from 1.
    rank: usize,
    #[serde(flatten)]
    hit: Hit,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MovedHit {
    chunk_id: String,
    document_id: DocumentId,
    title: String,
    /// Rank in the results of `before`, from 1.
    before: usize,
    /// Rank in the results of `after`, from 1.
    after: usize,
}

/// Searches twice and compares.
pub(crate) async fn diff(
    caller: Caller<Search>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    Json(body): Json<DiffRequest>,
) -> Answer<Json<SearchDiff>> {
    let started = Instant::now();
    let (before, after) = body.questions()?;
    // Side by side, so that both end in time.
    let (before, after) = tokio::join!(
        retriever.search(&app, &caller, &before),
        retriever.search(&app, &caller, &after)
    );
    let before = before.map_err(|error| error.within("/before"))?;
    let after = after.map_err(|error| error.within("/after"))?;
    let usage = Usage::of(&[&before, &after]);
    let warnings = before.warnings().chain(after.warnings());
    let warnings: Vec<SearchWarning> = warnings.cloned().collect();
    let mut diff = compare(before.hits, after.hits);
    diff.usage = usage;
    diff.warnings = warnings;
    diff.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(
        customer_id = %caller.customer_id, added = diff.added.len(), removed = diff.removed.len(), moved = diff.moved.len(),
        took_ms = diff.took_ms, "compared searches"
    );
    Ok(Json(diff))
}

impl DiffRequest {
    /// The checked questions.
    fn questions(&self) -> Result<(Question<'_>, Question<'_>)> {
        let (before, after) = (self.before.question(), self.after.question());
        let mut fields = Vec::new();
        for (name, question) in [("/before", &before), ("/after", &after)] {
            if let Err(error) = question {
                fields.extend_from_slice(error.clone().within(name).fields());
            }
        }
        if fields.is_empty() {
            Ok((before?, after?))
        } else {
            Err(Error::fields_invalid(fields))
        }
    }
}

/// Compares two results by their chunks.
fn compare(before: Vec<Hit>, after: Vec<Hit>) -> SearchDiff {
    let ranks: HashMap<String, usize> = before
        .iter()
        .zip(1..)
        .map(|(hit, rank)| (hit.chunk_id.clone(), rank))
        .collect();
    let mut diff = SearchDiff {
        added: Vec::new(),
        removed: Vec::new(),
        moved: Vec::new(),
        unchanged: 0,
        usage: Usage::default(),
        warnings: Vec::new(),
        took_ms: 0,
    };
    let mut found = Vec::with_capacity(after.len());
    for (hit, rank) in after.into_iter().zip(1..) {
        found.push(hit.chunk_id.clone());
        match ranks.get(&hit.chunk_id) {
            None => diff.added.push(RankedHit { rank, hit }),
            Some(before) if *before == rank => diff.unchanged += 1,
            Some(before) => diff.moved.push(MovedHit {
                chunk_id: hit.chunk_id,
                document_id: hit.document_id,
                title: hit.title,
                before: *before,
                after: rank,
            }),
        }
    }
    for (hit, rank) in before.into_iter().zip(1..) {
        if !found.contains(&hit.chunk_id) {
            diff.removed.push(RankedHit { rank, hit });
        }
    }
    diff
}

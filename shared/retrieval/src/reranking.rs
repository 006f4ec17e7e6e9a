//! The order of a customer's own reranker. Whatever goes wrong with it, a search keeps the order that it has.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | while the reranker is asked | perhaps a charge at the reranker that the ledger does not know | the caller, who gets no response and asks again |
//! | before the calls are recorded | the same | the same |
//! | after it | a recorded search without a response | the same; both were paid for |

use std::time::Duration;

use dynrag_app::{
    App,
    reranking::{self, RerankAccess},
};
use dynrag_domain::{
    Error, Result,
    money::Usd,
    search::{Hit, SearchWarning, SearchWarningCode},
};
use dynrag_store::admission::Admission;
use tokio::time::Instant;

use crate::Question;

/// Longest wait of a search for its reranker.
const PATIENCE: Duration = Duration::from_secs(5);

/// What reranking a search cost, and why it did not happen.
#[derive(Debug, Default)]
pub struct Reranking {
    /// Requests to the reranker.
    pub calls: u32,
    /// Their cost.
    pub cost: Usd,
    /// Why the results are in the order that they have without the reranker.
    pub warning: Option<SearchWarning>,
}

/// Returns the reranker that a question asks for.
///
/// # Errors
/// `invalid_fields` if the customer has none.
pub(crate) async fn wanted(
    app: &App,
    caller: &Admission,
    question: &Question<'_>,
) -> Result<Option<RerankAccess>> {
    if question.candidates.is_none() {
        return Ok(None);
    }
    let access = reranking::access(app, caller).await?;
    let access = access.ok_or_else(|| {
        let detail = "no reranker is set: set one with PUT /api/customers/reranker";
        Error::field("/rerank", detail)
    })?;
    Ok(Some(access))
}

/// Puts hits into the reranker's order and gives them its scores; or leaves them as they are, with a warning.
///
/// # Errors
/// `unavailable` if the calls cannot be recorded.
pub(crate) async fn rerank(
    app: &App,
    caller: &Admission,
    access: &RerankAccess,
    query: &str,
    hits: Vec<Hit>,
) -> Result<(Vec<Hit>, Reranking)> {
    if hits.is_empty() {
        return Ok((hits, Reranking::default()));
    }
    if let Err(error) = caller.check_own_budget() {
        let reranking = Reranking {
            warning: Some(failed(error.public())),
            ..Reranking::default()
        };
        return Ok((hits, reranking));
    }
    let texts: Vec<&str> = hits.iter().map(|hit| hit.text.as_str()).collect();
    let mut calls = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    let client = app.rerank_client().await?;
    let reranked = client
        .rerank(&access.reranker, query, &texts, deadline, &mut calls)
        .await;
    let lines = access.ledger(&calls);
    caller.store().record_calls(caller.tenant(), &lines).await?;
    let cost = lines.iter().map(|line| line.cost.nanos()).sum();
    let mut reranking = Reranking {
        calls: u32::try_from(calls.len()).unwrap_or(u32::MAX),
        cost: Usd::from_nanos(cost),
        warning: None,
    };
    let reranked = match reranked {
        Ok(reranked) => reranked,
        Err(error) => {
            reranking.warning = Some(failed(&error.to_string()));
            return Ok((hits, reranking));
        }
    };
    let mut places: Vec<Option<Hit>> = hits.into_iter().map(Some).collect();
    let ordered = reranked.order().into_iter().filter_map(|place| {
        let hit = places[place].take()?;
        Some(Hit {
            rerank_score: Some(reranked.scores[place]),
            ..hit
        })
    });
    Ok((ordered.collect(), reranking))
}

fn failed(why: &str) -> SearchWarning {
    SearchWarning {
        code: SearchWarningCode::RerankFailed,
        detail: format!("The results are not reranked. {why}"),
    }
}

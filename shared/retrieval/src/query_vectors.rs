//! Vectors of queries, cached so that a repeated query is embedded once.

use std::{sync::Arc, time::Duration};

use dynrag_app::{
    App,
    embeddings::{ledger, model_not_allowed},
};
use dynrag_domain::{CustomerId, Error, Kind, Result, documents::FailureCode};
use dynrag_llm::{EmbedError, InputType};
use dynrag_store::{TenantId, ledger::Purpose};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

/// Longest wait of a search for its vector.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most cached queries; a thousand vectors of 1,536 dimensions take 6 MB.
const REMEMBERED: u64 = 1_000;
const CACHE_TIME: Duration = Duration::from_secs(3600);

type Key = (CustomerId, [u8; 32]);

/// Cached vectors of queries and of passages that would answer them, per customer, model and [`InputType`]: a model may
/// embed the same text differently. Texts are stored as hashes only.
#[derive(Clone)]
pub(crate) struct QueryVectors {
    cache: Cache<Key, (Arc<[f32]>, u64)>,
}

impl Default for QueryVectors {
    fn default() -> Self {
        Self {
            cache: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(CACHE_TIME)
                .build(),
        }
    }
}

impl QueryVectors {
    /// Returns the vector of a query and the tokens charged now: 0 if it was cached.
    pub(crate) async fn get(
        &self,
        app: &App,
        customer: TenantId,
        model: &str,
        (input, text): (InputType, &str),
    ) -> Result<(Arc<[f32]>, u64)> {
        let key = (
            customer.customer_id(),
            Sha256::digest(format!("{model}\0{input:?}\0{text}")).into(),
        );
        let entry = self
            .cache
            .entry(key)
            .or_try_insert_with(ask(app, customer, model, input, text))
            .await
            .map_err(|e: Arc<Error>| Error::clone(&e))?;
        let fresh = entry.is_fresh();
        let (vector, tokens) = entry.into_value();
        Ok((vector, if fresh { tokens } else { 0 }))
    }
}

async fn ask(
    app: &App,
    customer: TenantId,
    model: &str,
    input: InputType,
    text: &str,
) -> Result<(Arc<[f32]>, u64)> {
    let embeddings = app.embeddings().await?;
    let store = app.unbounded_store().await?;
    let access = embeddings
        .access(store, customer.customer_id(), model)
        .await?;
    let price = access
        .price()
        .map_err(|_| model_not_allowed(model, embeddings.models()))?;
    let mut calls = Vec::new();
    let embedded = embeddings
        .client
        .embed_noting(
            &access.provider,
            input,
            &[text],
            Instant::now() + PATIENCE,
            &mut calls,
        )
        .await;
    let terms = (access.paid_by, price);
    let calls = ledger(model, terms, [(Purpose::Query, 1)], calls);
    store.record_calls(customer, &calls).await?;
    let mut embedded = embedded.map_err(|error| refused(&error))?;
    let vector = embedded
        .vectors
        .pop()
        .ok_or_else(|| Error::internal_fault("no vector for the query"))?;
    Ok((vector.into(), embedded.prompt_tokens))
}

/// Returns the caller's error when the provider returns no vector.
fn refused(error: &EmbedError) -> Error {
    let public = match (error.failure_code(), error) {
        (Some(code @ FailureCode::InsufficientQuota), _) => {
            Error::new(Kind::PaymentRequired, code.as_str(), code.sentence())
        }
        (Some(code), _) => Error::new(Kind::Conflict, code.as_str(), code.sentence()),
        (None, EmbedError::RateLimited { retry_after }) => Error::new(
            Kind::Unavailable,
            "embedding_rate_limited",
            "The embedding provider's rate limit was reached. Try again later, or search with mode text.",
        )
        .after(retry_after.unwrap_or(Duration::from_secs(5))),
        (None, _) => Error::new(
            Kind::Unavailable,
            "embedding_unavailable",
            "The embedding provider did not respond. Try again, or search with mode text.",
        ),
    };
    public.because(error.to_string())
}

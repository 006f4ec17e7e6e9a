//! Vectors of queries, cached so that a repeated query is embedded once.

use std::{sync::Arc, time::Duration};

use dynrag_app::{App, embeddings::embed};
use dynrag_domain::{CustomerId, Error, Result};
use dynrag_llm::InputType;
use dynrag_store::{admission::Admission, ledger::Purpose};
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
        caller: &Admission,
        model: &str,
        (input, text): (InputType, &str),
    ) -> Result<(Arc<[f32]>, u64)> {
        let key = (
            caller.customer_id,
            Sha256::digest(format!("{model}\0{input:?}\0{text}")).into(),
        );
        let entry = self
            .cache
            .entry(key)
            .or_try_insert_with(ask(app, caller, model, input, text))
            .await
            .map_err(|e: Arc<Error>| Error::clone(&e))?;
        let fresh = entry.is_fresh();
        let (vector, tokens) = entry.into_value();
        Ok((vector, if fresh { tokens } else { 0 }))
    }
}

async fn ask(
    app: &App,
    caller: &Admission,
    model: &str,
    input: InputType,
    text: &str,
) -> Result<(Arc<[f32]>, u64)> {
    let until = Instant::now() + PATIENCE;
    let asked = (model, input, Purpose::Query);
    let mut embedded = embed(app, caller, asked, &[text], until).await?;
    let vector = embedded
        .vectors
        .pop()
        .ok_or_else(|| Error::internal_fault("no vector for the query"))?;
    Ok((vector.into(), embedded.prompt_tokens))
}

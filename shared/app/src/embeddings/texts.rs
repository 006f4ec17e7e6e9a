//! Vectors of texts, recorded in the ledger.

use std::time::Duration;

use dynrag_domain::{Error, Kind, Result, documents::FailureCode};
use dynrag_llm::{EmbedError, Embedded, InputType};
use dynrag_store::{admission::Admission, ledger::Purpose};
use tokio::time::Instant;

use super::{ledger, model_not_allowed};
use crate::App;

/// Embeds 1 to 2,048 texts by a model, for a caller.
///
/// # Errors
/// `budget_exceeded` and similar codes if the vectors cannot be paid for; `model_not_allowed` (conflict);
/// `embedding_rate_limited`, `embedding_unavailable`, `unavailable`.
pub async fn embed<S: AsRef<str>>(
    app: &App,
    caller: &Admission,
    (model, input, purpose): (&str, InputType, Purpose),
    texts: &[S],
    until: Instant,
) -> Result<Embedded> {
    caller.check_budget()?;
    let embeddings = app.embeddings().await?;
    let (store, customer) = (caller.store(), caller.tenant());
    let access = embeddings
        .access(store, customer.customer_id(), model)
        .await?;
    let price = access
        .price()
        .map_err(|_| model_not_allowed(model, embeddings.models()))?;
    let mut calls = Vec::new();
    let client = &embeddings.client;
    let embedded = client
        .embed_noting(&access.provider, input, texts, until, &mut calls)
        .await;
    let terms = (access.paid_by, price);
    let counts = texts.iter().map(|_| (purpose, 1));
    let calls = ledger(model, terms, counts, calls);
    store.record_calls(customer, &calls).await?;
    embedded.map_err(|error| refused(&error))
}

/// Whether an error of [`embed`] says that vectors cannot be had now, by budget, by key or by the provider: a search by words is possible
/// all the same.
pub fn is_without_vectors(error: &Error) -> bool {
    match error.kind() {
        Kind::PaymentRequired | Kind::Conflict => true,
        Kind::Unavailable => [RATE_LIMITED, UNAVAILABLE].contains(&error.code()),
        _ => false,
    }
}

const RATE_LIMITED: &str = "embedding_rate_limited";
const UNAVAILABLE: &str = "embedding_unavailable";

/// Returns the caller's error when the provider returns no vector.
fn refused(error: &EmbedError) -> Error {
    let public = match (error.failure_code(), error) {
        (Some(code @ FailureCode::InsufficientQuota), _) => {
            Error::new(Kind::PaymentRequired, code.as_str(), code.sentence())
        }
        (Some(code), _) => Error::new(Kind::Conflict, code.as_str(), code.sentence()),
        (None, EmbedError::RateLimited { retry_after }) => Error::new(
            Kind::Unavailable,
            RATE_LIMITED,
            "The embedding provider's rate limit was reached. Try again later, or search with mode text.",
        )
        .after(retry_after.unwrap_or(Duration::from_secs(5))),
        (None, _) => Error::new(
            Kind::Unavailable,
            UNAVAILABLE,
            "The embedding provider did not respond. Try again, or search with mode text.",
        ),
    };
    public.because(error.to_string())
}

//! Reasons why work on a claim ends without a publication.

use std::time::Duration;

use dynrag_domain::{Error, documents::FailureCode};
use dynrag_llm::EmbedError;

/// Wait if a provider limits the rate without a `Retry-After`.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);

/// Why a claim does not lead to a publication.
#[derive(Clone)]
pub(crate) enum Stop {
    /// The content is already published.
    Unchanged,
    /// The lease was lost to another worker: leave everything alone.
    Lost,
    /// Reading it takes longer than this lane allows.
    Slow,
    /// Ended badly, with a detail for the log.
    Failed(FailureCode, String),
    /// The provider asks us to wait.
    Wait(Duration),
    /// A transient failure.
    Retry(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Retry(error)
    }
}

impl From<EmbedError> for Stop {
    fn from(error: EmbedError) -> Self {
        match (error.failure_code(), &error) {
            (Some(code), _) => Self::Failed(code, error.to_string()),
            (None, EmbedError::RateLimited { retry_after }) => {
                Self::Wait(retry_after.unwrap_or(DEFAULT_WAIT))
            }
            (None, _) => Self::Retry(Error::unavailable(error)),
        }
    }
}

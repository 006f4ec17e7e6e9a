//! A check with a deadline, and its outcome.

use std::fmt;

use dynrag_domain::Error;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

/// The result of a check.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = HealthCheck)]
pub(crate) enum Outcome {
    /// The dependency responded.
    Ok,
    /// The dependency failed or could not be reached.
    Failed,
    /// The dependency did not respond in time.
    TimedOut,
    /// Not checked, because a check that it depends on failed.
    Skipped,
}

/// Waits for a check until a deadline; the reason for a failure goes to the log.
pub(crate) async fn check<E: fmt::Display>(
    check: &'static str,
    until: Instant,
    work: impl Future<Output = Result<(), E>>,
) -> Outcome {
    match timeout_at(until, work).await {
        Ok(Ok(())) => Outcome::Ok,
        Ok(Err(cause)) => {
            tracing::warn!(check, %cause, "check failed");
            Outcome::Failed
        }
        Err(_) => {
            tracing::warn!(check, "check timed out");
            Outcome::TimedOut
        }
    }
}

/// The internal text of an error, for the log.
pub(crate) fn cause(error: &Error) -> String {
    error.internal().unwrap_or(error.code()).to_owned()
}

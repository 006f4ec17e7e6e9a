//! Attempts of callers who are not authenticated yet.

use std::time::Duration;

use dynrag_domain::{Error, Kind, Result};

use crate::Store;

/// Returns the error for one attempt too many.
pub(crate) fn too_many(wait: i32) -> Error {
    Error::new(
        Kind::RateLimited,
        "too_many_attempts",
        "Too many attempts. Wait for the time in Retry-After, then try again.",
    )
    .after(Duration::from_secs(u64::try_from(wait).unwrap_or(1)))
}

impl Store {
    /// Counts an attempt of a caller on a route: `quota` per minute, and five times that per hour.
    ///
    /// # Errors
    /// `too_many_attempts` (rate limited); `unavailable` without a database.
    pub async fn attempt(&self, route: &str, who: &[u8], quota: i32) -> Result<()> {
        let row = self
            .call_one(
                include_str!("../queries/throttles/attempt.sql"),
                &[&route, &who, &quota],
            )
            .await?;
        let wait: Option<i32> = row.get("wait")?;
        wait.map_or(Ok(()), |wait| Err(too_many(wait)))
    }
}

//! Limits on attempts of unauthenticated callers, by their network address.

use dynrag_config::ThrottleConfig;
use dynrag_domain::Result;

use crate::{App, not_configured};

impl App {
    /// Counts an attempt at an action before any costly work. `address` contains the bytes of the network address.
    ///
    /// # Errors
    /// `too_many_attempts` (rate limited); `unavailable` without a database.
    pub async fn attempt(&self, action: &str, address: &[u8]) -> Result<()> {
        let quota = per_address()?;
        self.unbounded_store()
            .await?
            .attempt(action, address, quota)
            .await
    }
}

/// Returns how many attempts a network address has, per minute and action.
///
/// # Errors
/// `internal_error` if the setting is not a number.
pub(crate) fn per_address() -> Result<i32> {
    Ok(ThrottleConfig::from_env()
        .map_err(not_configured)?
        .attempts_per_address)
}

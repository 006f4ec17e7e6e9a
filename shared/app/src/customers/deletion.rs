//! Deletion of a customer by one of its users.

use dynrag_domain::Result;
use dynrag_store::{admission::Admission, erasure};
use secrecy::SecretString;

use crate::{App, passwords};

/// Deletes the caller's customer permanently.
///
/// From the commit on its callers are rejected, and the key of its secrets is gone. A task removes documents, vectors
/// and rows.
///
/// # Errors
/// `wrong_password` (forbidden); `too_many_attempts` (rate limited); `unavailable`.
pub async fn delete(app: &App, caller: &Admission, password: SecretString) -> Result<()> {
    let (user, _) = caller.user()?;
    passwords::check_own(caller, "customers-delete", password).await?;
    let tx = caller.store().tenant(caller.tenant()).await?;
    let pending = erasure::begin(&tx).await?;
    tx.commit().await?;
    if let Some(pending) = pending {
        app.dispatch(&pending).await;
    }
    tracing::info!(customer_id = %caller.customer_id, user_id = %user, "customer deleted");
    Ok(())
}

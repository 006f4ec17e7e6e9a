//! The customer's own API key for the model provider, sealed in the vault.

use std::time::Duration;

use dynrag_cloud::vault::Purpose;
use dynrag_domain::{Error, Result, audit::Action, documents::FailureCode};
use dynrag_store::{admission::Admission, audit, documents, secrets};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{App, customers::key_is_valid, sealing::Sealer};

/// Reasons for which documents wait for a different key.
const KEY_REFUSED: [FailureCode; 2] = [
    FailureCode::EmbeddingKeyInvalid,
    FailureCode::InsufficientQuota,
];

/// Reasons for which documents wait for a key of the customer's own.
const WAITING_FOR_A_KEY: [FailureCode; 4] = [
    FailureCode::EmbeddingKeyInvalid,
    FailureCode::InsufficientQuota,
    FailureCode::PlatformBudgetExceeded,
    FailureCode::ModelNotAllowed,
];

/// Sets the key. Documents that waited for one are queued again.
///
/// # Errors
/// `invalid_fields`; `unavailable` without a database or KMS.
pub async fn set(app: &App, caller: &Admission, key: &SecretString) -> Result<()> {
    let key = key.expose_secret().trim();
    key_is_valid(key).map_err(|detail| Error::field("/apiKey", detail))?;
    let vault = app.vault().await?;
    let tx = caller.store().tenant(caller.tenant()).await?;
    let sealer = Sealer::lock(&tx, vault).await?;
    let secret = sealer.seal_next(Purpose::OpenAiKey, key.as_bytes()).await?;
    secrets::replace(&tx, &secret, Duration::ZERO).await?;
    let released = documents::release(&tx, &WAITING_FOR_A_KEY).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"version": secret.version, "documentsReleased": released});
    audit::record(&tx, actor, Action::OpenAiKeySet, target, &details).await?;
    tx.commit().await
}

/// Deletes the key: the platform's key is used from now on, also for documents whose key was rejected.
///
/// # Errors
/// `not_found`; `unavailable`.
pub async fn delete(caller: &Admission) -> Result<()> {
    let tx = caller.store().tenant(caller.tenant()).await?;
    secrets::lock(&tx).await?;
    if !secrets::delete(&tx, Purpose::OpenAiKey.as_str()).await? {
        return Err(Error::not_found("provider key"));
    }
    let released = documents::release(&tx, &KEY_REFUSED).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"documentsReleased": released});
    audit::record(&tx, actor, Action::OpenAiKeyDeleted, target, &details).await?;
    tx.commit().await
}

//! `PUT DELETE /api/customers/openai-key`: the customer's own key of the provider, sealed in the vault.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, answers::NoContent, scopes::AdminTenant};
use dynrag_cloud::vault::Purpose;
use dynrag_domain::{Error, audit::Action, documents::FailureCode};
use dynrag_store::{
    audit, documents,
    secrets::{self, SealedSecret},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

const MAX_KEY: usize = 1024;
/// Why documents wait for another key.
const KEY_REFUSED: [FailureCode; 2] = [
    FailureCode::EmbeddingKeyInvalid,
    FailureCode::InsufficientQuota,
];

/// Why documents wait for a key of the customer's own.
const WAITING_FOR_A_KEY: [FailureCode; 4] = [
    FailureCode::EmbeddingKeyInvalid,
    FailureCode::InsufficientQuota,
    FailureCode::PlatformBudgetExceeded,
    FailureCode::ModelNotAllowed,
];

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ProviderKey)]
pub(crate) struct NewKey {
    #[schema(value_type = String, format = "password")]
    api_key: SecretString,
}

/// Sets it. Documents whose key was refused are tried again with it.
pub(crate) async fn put(
    caller: Caller<AdminTenant>,
    State(context): State<Arc<Context>>,
    Json(body): Json<NewKey>,
) -> Answer<NoContent> {
    let key = body.api_key.expose_secret().trim();
    if !(8..=MAX_KEY).contains(&key.len()) || !key.bytes().all(|b| b.is_ascii_graphic()) {
        let detail = format!("from 8 to {MAX_KEY} ASCII characters without spaces");
        return Err(Error::field("/apiKey", detail).into());
    }
    let (store, vault) = (caller.store(), context.vault().await?);
    let tx = store.tenant(caller.customer_id).await?;
    let wrapped = secrets::lock(&tx)
        .await?
        .ok_or_else(|| Error::not_found("customer"))?;
    let purpose = Purpose::OpenAiKey;
    let version = secrets::newest(&tx, purpose.as_str()).await? + 1;
    let data_key = vault.unwrap_key(caller.customer_id, &wrapped).await?;
    let sealed = data_key.seal(purpose, version, key.as_bytes())?;
    let secret = SealedSecret {
        purpose: purpose.as_str(),
        version,
        nonce: sealed.nonce.to_vec(),
        ciphertext: sealed.ciphertext,
    };
    secrets::replace(&tx, &secret, Duration::ZERO).await?;
    let released = documents::release(&tx, &WAITING_FOR_A_KEY).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"version": version, "documentsReleased": released});
    audit::record(&tx, actor, Action::OpenAiKeySet, target, &details).await?;
    tx.commit().await?;
    Ok(NoContent)
}

/// Deletes it: the platform's key is used from here on, also for documents whose key was refused.
pub(crate) async fn delete(caller: Caller<AdminTenant>) -> Answer<NoContent> {
    let tx = caller.store().tenant(caller.customer_id).await?;
    secrets::lock(&tx).await?;
    if !secrets::delete(&tx, Purpose::OpenAiKey.as_str()).await? {
        return Err(Error::not_found("key of the provider").into());
    }
    let released = documents::release(&tx, &KEY_REFUSED).await?;
    let (actor, target) = (caller.principal.into(), caller.customer_id.as_uuid());
    let details = json!({"documentsReleased": released});
    audit::record(&tx, actor, Action::OpenAiKeyDeleted, target, &details).await?;
    tx.commit().await?;
    Ok(NoContent)
}

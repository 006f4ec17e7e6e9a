//! `POST /api/customers/rotate-secrets`: other secrets that sign tokens.
//!
//! The old ones verify for as long as the tokens they signed are good, so that nobody is logged out; or,
//! where they may have been seen, not for a moment longer, and all sessions end.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use dynrag_api::{
    Answer, Caller, Context, Json,
    scopes::AdminTenant,
    tokens::{SECRET_CHARACTERS, TokenKind},
};
use dynrag_domain::{Error, audit::Action};
use dynrag_store::{
    audit,
    secrets::{self, SealedSecret},
    sessions::{self, EndReason},
};
use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SecretRotation)]
pub(crate) struct Wanted {
    /// The old ones have been seen by somebody.
    #[serde(default)]
    immediately: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RotatedSecrets)]
pub(crate) struct Rotated {
    /// Of the secrets that sign from here on.
    version: i32,
    sessions_ended: usize,
}

/// Replaces them.
pub(crate) async fn rotate(
    caller: Caller<AdminTenant>,
    State(context): State<Arc<Context>>,
    wanted: Option<Json<Wanted>>,
) -> Answer<Json<Rotated>> {
    let immediately = wanted.is_some_and(|Json(wanted)| wanted.immediately);
    let customer = caller.customer_id;
    let (store, vault) = (caller.store(), context.vault().await?);
    let tx = store.tenant(customer).await?;
    let wrapped = secrets::lock(&tx)
        .await?
        .ok_or_else(|| Error::not_found("customer"))?;
    let data_key = vault.unwrap_key(customer, &wrapped).await?;
    let mut newest = 0;
    for kind in [TokenKind::Access, TokenKind::Refresh] {
        let purpose = kind.purpose();
        let version = secrets::newest(&tx, purpose.as_str()).await? + 1;
        let text = Alphanumeric.sample_string(&mut rand::rng(), SECRET_CHARACTERS);
        let text = SecretString::from(text);
        let sealed = data_key.seal(purpose, version, text.expose_secret().as_bytes())?;
        let secret = SealedSecret {
            purpose: purpose.as_str(),
            version,
            nonce: sealed.nonce.to_vec(),
            ciphertext: sealed.ciphertext,
        };
        let old_for = if immediately {
            Duration::ZERO
        } else {
            kind.time()
        };
        secrets::replace(&tx, &secret, old_for).await?;
        newest = newest.max(version);
    }
    let sessions_ended = if immediately {
        sessions::end_all(&tx, EndReason::SecretsRotated).await?
    } else {
        0
    };
    let (actor, target) = (caller.principal.into(), customer.as_uuid());
    let details = json!({"immediately": immediately, "sessionsEnded": sessions_ended});
    audit::record(&tx, actor, Action::SecretsRotated, target, &details).await?;
    tx.commit().await?;
    tracing::info!(customer_id = %customer, immediately, "secrets rotated");
    Ok(Json(Rotated {
        version: newest,
        sessions_ended,
    }))
}

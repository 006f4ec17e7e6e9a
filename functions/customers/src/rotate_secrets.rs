//! `POST /api/customers/rotate-secrets`: replaces the secrets that sign tokens.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, scopes::AdminTenant};
use dynrag_app::customers::signing_secrets;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRotation {
    /// The old ones have been seen by somebody.
    #[serde(default)]
    immediately: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotatedSecrets {
    /// Of the secrets that sign from here on.
    version: i32,
    sessions_ended: usize,
}

/// Replaces the secrets.
pub(crate) async fn rotate(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
    body: Option<Json<SecretRotation>>,
) -> Answer<Json<RotatedSecrets>> {
    let immediately = body.is_some_and(|Json(body)| body.immediately);
    let rotation = signing_secrets::rotate(&app, &caller, immediately).await?;
    Ok(Json(RotatedSecrets {
        version: rotation.version,
        sessions_ended: rotation.sessions_ended,
    }))
}

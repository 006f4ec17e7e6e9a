//! `POST /api/customers/rotate-secrets`: rotates the token signing secrets.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, scopes::AdminTenant};
use dynrag_app::customers::signing_secrets;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecretRotation {
    /// Invalidate the old secrets at once and end all sessions, for secrets that may have leaked.
    #[serde(default)]
    immediately: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RotatedSecrets {
    /// Version of the new secrets.
    version: i32,
    sessions_ended: usize,
}

/// Rotates the secrets.
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

//! `POST /api/auth/reset-password`: sets a new password with an emailed token.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Json, SourceAddress, responses::NoContent};
use dynrag_app::passwords;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ResetPassword {
    #[schema(value_type = String, format = "password")]
    token: SecretString,
    #[schema(value_type = String, format = "password")]
    new_password: SecretString,
}

/// Sets the password. All sessions of the user end.
pub(crate) async fn reset_password(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    Json(body): Json<ResetPassword>,
) -> Answer<NoContent> {
    let (token, new) = (&body.token, body.new_password);
    passwords::reset(&app, address.bytes(), token, new).await?;
    Ok(NoContent)
}

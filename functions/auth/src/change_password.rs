//! `POST /api/auth/change-password`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, scopes::User, session::Session};
use dynrag_app::passwords;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ChangePassword {
    #[schema(value_type = String, format = "password")]
    current_password: SecretString,
    #[schema(value_type = String, format = "password")]
    new_password: SecretString,
}

/// Changes the caller's password. All its sessions end, and a new one begins.
pub(crate) async fn change_password(
    caller: Caller<User>,
    State(app): State<Arc<App>>,
    Json(body): Json<ChangePassword>,
) -> Answer<Json<Session>> {
    let (current, new) = (body.current_password, body.new_password);
    let tokens = passwords::change(&app, &caller, current, new).await?;
    Ok(Json(tokens.into()))
}

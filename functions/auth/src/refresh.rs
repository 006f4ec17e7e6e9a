//! `POST /api/auth/refresh`: exchanges a refresh token for new tokens.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Json, session::Session};
use dynrag_app::sessions;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Refresh {
    #[schema(value_type = String, format = "password")]
    refresh_token: SecretString,
}

/// Exchanges a refresh token.
pub(crate) async fn refresh(
    State(app): State<Arc<App>>,
    Json(body): Json<Refresh>,
) -> Answer<Json<Session>> {
    let tokens = sessions::refresh(&app, &body.refresh_token).await?;
    Ok(Json(tokens.into()))
}

//! `POST /api/auth/refresh`: a refresh token for a new pair.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Context, Json};
use dynrag_app::sessions;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::session::Session;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Refresh {
    #[schema(value_type = String, format = "password")]
    refresh_token: SecretString,
}

/// Exchanges a refresh token.
pub(crate) async fn refresh(
    State(context): State<Arc<Context>>,
    Json(body): Json<Refresh>,
) -> Answer<Json<Session>> {
    let tokens = sessions::refresh(&context, &body.refresh_token).await?;
    Ok(Json(tokens.into()))
}

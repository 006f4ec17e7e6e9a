//! `POST /api/auth/login`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Json, SourceAddress,
    session::{Session, SessionUser},
};
use dynrag_app::sessions;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    #[schema(format = "email")]
    email: String,
    #[schema(value_type = String, format = "password")]
    password: SecretString,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    user: SessionUser,
    #[serde(flatten)]
    session: Session,
}

/// Logs a user in.
pub(crate) async fn login(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    Json(body): Json<Login>,
) -> Answer<Json<LoggedIn>> {
    let (email, password) = (&body.email, body.password);
    let new = sessions::log_in(&app, address.bytes(), email, password).await?;
    Ok(Json(LoggedIn {
        user: new.user.into(),
        session: new.tokens.into(),
    }))
}

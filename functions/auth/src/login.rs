//! `POST /api/auth/login`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Context, Json, SourceAddress};
use dynrag_app::sessions;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::session::{Session, SignedUpUser};

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
    user: SignedUpUser,
    #[serde(flatten)]
    session: Session,
}

/// Logs a user in.
pub(crate) async fn login(
    address: SourceAddress,
    State(context): State<Arc<Context>>,
    Json(body): Json<Login>,
) -> Answer<Json<LoggedIn>> {
    let (email, password) = (&body.email, body.password);
    let new = sessions::log_in(&context, address.bytes(), email, password).await?;
    Ok(Json(LoggedIn {
        user: new.user.into(),
        session: new.tokens.into(),
    }))
}

//! `POST /api/auth/forgot-password`: sends a reset link by email if the user exists.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Json, SourceAddress, responses::AcceptedEmpty};
use dynrag_app::passwords;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotPassword {
    #[schema(format = "email")]
    email: String,
}

/// Requests the email.
pub(crate) async fn forgot_password(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    Json(body): Json<ForgotPassword>,
) -> Answer<AcceptedEmpty> {
    passwords::request_reset(&app, address.bytes(), &body.email).await?;
    Ok(AcceptedEmpty)
}

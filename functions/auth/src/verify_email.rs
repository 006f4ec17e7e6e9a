//! `POST /api/auth/verify-email`, and `POST /api/auth/resend-verification`, which emails another link.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, SourceAddress,
    responses::{AcceptedEmpty, Either, NoContent},
    scopes::User,
};
use dynrag_app::accounts;
use secrecy::SecretString;
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyEmail {
    #[schema(value_type = String, format = "password")]
    token: SecretString,
}

/// Verifies the address that the link was sent to.
pub(crate) async fn verify_email(
    address: SourceAddress,
    State(app): State<Arc<App>>,
    Json(body): Json<VerifyEmail>,
) -> Answer<NoContent> {
    accounts::verify_email(&app, address.bytes(), &body.token).await?;
    Ok(NoContent)
}

/// Emails another link, up to five times per hour.
pub(crate) async fn resend(
    caller: Caller<User>,
    State(app): State<Arc<App>>,
) -> Answer<Either<AcceptedEmpty, NoContent>> {
    let mailed = accounts::resend_verification(&app, &caller).await?;
    Ok(if mailed {
        Either::Left(AcceptedEmpty)
    } else {
        Either::Right(NoContent)
    })
}

//! `POST /api/auth/forgot-password`: a mail with a link, if there is such a user.
//!
//! The answer neither says nor shows by its time whether there is one: the user is looked up by the
//! function that writes the mail.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Context, Json, SourceAddress, require_mail};
use dynrag_domain::{Error, identity::Email, tasks::Task};
use http::StatusCode;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotPassword {
    email: String,
}

/// Has a link mailed.
pub(crate) async fn forgot_password(
    address: SourceAddress,
    State(context): State<Arc<Context>>,
    Json(body): Json<ForgotPassword>,
) -> Answer<StatusCode> {
    require_mail()?;
    let email = Email::try_from(body.email.as_str()).map_err(|why| Error::field("/email", why))?;
    context.attempt("auth-forgot-password", &address).await?;
    // Not by way of the outbox, which is a customer's: whoever gets no mail asks again.
    context
        .tasks()
        .await?
        .send(&Task::reset_password(email))
        .await?;
    Ok(StatusCode::ACCEPTED)
}

//! `POST /api/auth/forgot-password`: a mail with a link, if there is such a user.
//!
//! The answer neither says nor shows by its time whether there is one: the user is looked up by the
//! function that writes the mail.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Context, Json, SourceAddress, answers::Noted, require_mail};
use dynrag_domain::{Error, identity::Email, tasks::Task};
use serde::Deserialize;
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotPassword {
    #[schema(format = "email")]
    email: String,
}

/// Has a link mailed.
pub(crate) async fn forgot_password(
    address: SourceAddress,
    State(context): State<Arc<Context>>,
    Json(body): Json<ForgotPassword>,
) -> Answer<Noted> {
    require_mail()?;
    let email = Email::try_from(body.email.as_str()).map_err(|why| Error::field("/email", why))?;
    context.attempt("auth-forgot-password", &address).await?;
    // Not by way of the outbox, which is a customer's: whoever gets no mail asks again.
    context.send(&Task::reset_password(email)).await?;
    Ok(Noted)
}

//! `POST /api/auth/verify-email`, and another mail for whoever has lost the first.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Caller, Context, Json, SourceAddress,
    answers::{Either, NoContent, Noted},
    require_mail,
    scopes::User,
};
use dynrag_domain::{
    audit::{Action, Actor},
    tasks::Task,
};
use dynrag_store::{
    audit, customers,
    mail_tokens::{self, Purpose},
    outbox, users,
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::mail_link;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyEmail {
    #[schema(value_type = String, format = "password")]
    token: SecretString,
}

/// Verifies the address that the link was mailed to.
pub(crate) async fn verify_email(
    address: SourceAddress,
    State(context): State<Arc<Context>>,
    Json(body): Json<VerifyEmail>,
) -> Answer<NoContent> {
    context.attempt("auth-verify-email", &address).await?;
    let token = mail_link::token(&body.token)?;
    let tx = context
        .unbounded_store()
        .await?
        .tenant(token.customer_id)
        .await?;
    let user = mail_tokens::verifies(&tx, &token)
        .await?
        .ok_or_else(|| mail_link::refused("token is not remembered"))?;
    if !users::verify_email(&tx, user).await? {
        return Err(mail_link::refused("user is not active").into());
    }
    mail_tokens::forget(&tx, Purpose::VerifyEmail(user)).await?;
    customers::open_platform_key(&tx).await?;
    let (actor, target) = (Actor::User(user), user.as_uuid());
    audit::record(&tx, actor, Action::UserEmailVerified, target, &json!({})).await?;
    tx.commit().await?;
    Ok(NoContent)
}

/// Mails another link, up to five times an hour.
pub(crate) async fn resend(
    caller: Caller<User>,
    State(context): State<Arc<Context>>,
) -> Answer<Either<Noted, NoContent>> {
    require_mail()?;
    let (user, _) = caller.user()?;
    let store = caller.store();
    store
        .attempt("auth-resend-verification", user.as_uuid().as_bytes(), 1)
        .await?;
    let tx = store.tenant(caller.customer_id).await?;
    let row = users::get(&tx, user).await?;
    if row.is_none_or(|user| user.email_verified_at.is_some()) {
        tx.commit().await?;
        return Ok(Either::That(NoContent));
    }
    let pending = outbox::insert(&tx, Task::verify_email(caller.customer_id, user)).await?;
    tx.commit().await?;
    context.dispatch(&pending).await;
    Ok(Either::This(Noted))
}

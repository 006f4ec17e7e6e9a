//! Verification of email addresses with a link in an email.

use dynrag_domain::{
    Result,
    audit::{Action, Actor},
    tasks::Task,
};
use dynrag_store::{
    TenantId,
    admission::Admission,
    audit, customers,
    mail_tokens::{self, Purpose},
    outbox, users,
};
use secrecy::SecretString;
use serde_json::json;

use crate::{
    App,
    emails::{self, invalid_link, link_token},
};

/// Verifies the address that a link was sent to.
///
/// # Errors
/// `invalid_link`; `too_many_attempts` (rate limited); `unavailable`.
pub async fn verify_email(app: &App, address: &[u8], token: &SecretString) -> Result<()> {
    app.attempt("auth-verify-email", address).await?;
    let token = link_token(token)?;
    let tx = app
        .unbounded_store()
        .await?
        .tenant(TenantId::of_link(&token))
        .await?;
    let user = mail_tokens::verifies(&tx, &token)
        .await?
        .ok_or_else(|| invalid_link("token is not stored"))?;
    if !users::verify_email(&tx, user).await? {
        return Err(invalid_link("user is not active"));
    }
    mail_tokens::forget(&tx, Purpose::VerifyEmail(user)).await?;
    customers::open_platform_key(&tx).await?;
    let (actor, target) = (Actor::User(user), user.as_uuid());
    audit::record(&tx, actor, Action::UserEmailVerified, target, &json!({})).await?;
    tx.commit().await
}

/// Emails another link to the caller, up to five times per hour. Returns false if the address is already verified.
///
/// # Errors
/// `mail_disabled`, `unavailable`; `too_many_attempts` (rate limited).
pub async fn resend_verification(app: &App, caller: &Admission) -> Result<bool> {
    emails::check_enabled()?;
    let (user, _) = caller.user()?;
    let store = caller.store();
    store
        .attempt("auth-resend-verification", user.as_uuid().as_bytes(), 1)
        .await?;
    let tx = store.tenant(caller.tenant()).await?;
    let row = users::get(&tx, user).await?;
    if row.is_none_or(|user| user.email_verified_at.is_some()) {
        tx.commit().await?;
        return Ok(false);
    }
    let pending = outbox::insert(&tx, Task::verify_email(caller.customer_id, user)).await?;
    tx.commit().await?;
    app.dispatch(&pending).await;
    Ok(true)
}

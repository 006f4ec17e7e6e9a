//! Reset of a forgotten password with a link in an email.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the commit | the old password and the link | the user tries again |
//! | after it | the new password; the link is used and all sessions have ended | the user logs in |

use dynrag_domain::{
    Error, Result, UserId,
    audit::{Action, Actor},
    identity::Email,
    mail_tokens::MailToken,
    passwords,
    tasks::Task,
};
use dynrag_store::{
    Store, TenantId, audit, customers,
    mail_tokens::{self, Purpose},
    sessions::{self, EndReason},
    users,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::hash;
use crate::{
    App,
    emails::{self, invalid_link, link_token},
};

/// Requests an email with a link, if the user exists.
///
/// Neither the result nor the time it takes reveals whether the user exists: the function that sends the email looks
/// the user up.
///
/// # Errors
/// `mail_disabled`, `unavailable`; `invalid_fields`; `too_many_attempts` (rate limited).
pub async fn request_reset(app: &App, address: &[u8], email: &str) -> Result<()> {
    emails::check_enabled()?;
    let email = Email::try_from(email).map_err(|why| Error::field("/email", why))?;
    app.attempt("auth-forgot-password", address).await?;
    // Not through the outbox, which belongs to a customer. A user who gets no email requests it again.
    app.send(&Task::reset_password(email)).await
}

/// Sets the password with the token of a link. All sessions of the user end.
///
/// # Errors
/// `invalid_link`, `invalid_fields`; `too_many_attempts` (rate limited); `unavailable`.
pub async fn reset(
    app: &App,
    address: &[u8],
    token: &SecretString,
    new: SecretString,
) -> Result<()> {
    app.attempt("auth-reset-password", address).await?;
    let token = link_token(token)?;
    let store = app.unbounded_store().await?;
    let (user, email) = user_of(store, &token).await?;
    passwords::check(new.expose_secret(), &email)
        .map_err(|detail| Error::field("/newPassword", detail))?;
    let hash = hash(new).await?;

    let tx = store.tenant(TenantId::of_link(&token)).await?;
    // Of two concurrent requests, the second finds no token.
    if mail_tokens::resets(&tx, &token).await? != Some(user)
        || users::reset_password(&tx, user, &hash).await?.is_none()
    {
        return Err(invalid_link("token or user was deleted meanwhile"));
    }
    mail_tokens::forget(&tx, Purpose::ResetPassword(user)).await?;
    mail_tokens::forget(&tx, Purpose::VerifyEmail(user)).await?;
    // The user received the email, so the address is verified too.
    customers::open_platform_key(&tx).await?;
    let ended = sessions::end_of_user(&tx, user, EndReason::PasswordReset).await?;
    audit::record(
        &tx,
        Actor::User(user),
        Action::UserPasswordReset,
        user.as_uuid(),
        &json!({"sessionsEnded": ended}),
    )
    .await?;
    let email = emails::queue(&tx, Task::password_changed(token.customer_id, user)).await?;
    tx.commit().await?;
    if let Some(email) = email {
        app.dispatch(&email).await;
    }
    tracing::info!(customer_id = %token.customer_id, user_id = %user, "password reset");
    Ok(())
}

/// Returns the user of a link and its address, in a transaction that ends before the slow hashing.
async fn user_of(store: &Store, token: &MailToken) -> Result<(UserId, String)> {
    let tx = store.tenant(TenantId::of_link(token)).await?;
    let user = mail_tokens::resets(&tx, token).await?;
    let row = match user {
        Some(user) => users::get(&tx, user).await?,
        None => None,
    };
    tx.commit().await?;
    match (user, row) {
        (Some(user), Some(row)) => Ok((user, row.email)),
        _ => Err(invalid_link("token is not stored")),
    }
}

//! Change of a user's own password.

use dynrag_domain::{
    Error, Result, SessionId,
    audit::{Action, Actor},
    passwords,
    tasks::Task,
};
use dynrag_store::{
    admission::Admission,
    audit,
    mail_tokens::{self, Purpose},
    sessions::{self, EndReason},
    users,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{check_own, hash, own::wrong};
use crate::{
    App, emails,
    sessions::{SessionTokens, SigningSecrets, begin},
    tokens::{Audience, Subject},
};

/// Changes the caller's password. All its sessions end, and a new one begins.
///
/// # Errors
/// `invalid_fields`; `wrong_password` (forbidden); `too_many_attempts` (rate limited); `unavailable`.
pub async fn change(
    app: &App,
    caller: &Admission,
    current: SecretString,
    new: SecretString,
) -> Result<SessionTokens> {
    let (user, _) = caller.user()?;
    let email = caller.email.as_deref().unwrap_or_default();
    check(&current, &new, email)?;
    let old_hash = check_own(caller, "auth-change-password", current).await?;
    let new_hash = hash(new).await?;
    let signing = SigningSecrets::read(app, caller.customer_id).await?;
    let subject = Subject {
        audience: Audience::Api,
        customer_id: caller.customer_id,
        user_id: user,
        session_id: SessionId::generate(),
        email,
        role: caller
            .role
            .ok_or_else(|| Error::internal_fault("user has no role"))?,
    };
    let tx = caller.store().tenant(caller.tenant()).await?;
    if !users::set_password(&tx, user, &old_hash, &new_hash).await? {
        return Err(wrong());
    }
    let ended = sessions::end_of_user(&tx, user, EndReason::PasswordChanged).await?;
    let session = begin(&tx, app.tokens().await?, &signing, subject).await?;
    audit::record(
        &tx,
        Actor::User(user),
        Action::UserPasswordChanged,
        user.as_uuid(),
        &json!({"sessionsEnded": ended}),
    )
    .await?;
    mail_tokens::forget(&tx, Purpose::ResetPassword(user)).await?;
    let email = emails::queue(&tx, Task::password_changed(caller.customer_id, user)).await?;
    tx.commit().await?;
    if let Some(email) = email {
        app.dispatch(&email).await;
    }
    tracing::info!(customer_id = %caller.customer_id, user_id = %user, "password changed");
    Ok(session)
}

fn check(current: &SecretString, new: &SecretString, email: &str) -> Result<()> {
    let (current, new) = (current.expose_secret(), new.expose_secret());
    if new == current {
        let detail = "must differ from the current password";
        return Err(Error::field("/newPassword", detail));
    }
    passwords::check(new, email).map_err(|detail| Error::field("/newPassword", detail))?;
    if current.chars().count() > passwords::MAX_CHARACTERS {
        return Err(wrong());
    }
    Ok(())
}

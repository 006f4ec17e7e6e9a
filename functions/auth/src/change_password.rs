//! `POST /api/auth/change-password`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, scopes::User, sends_mail, tokens::Subject};
use dynrag_domain::{
    Error, Kind, Result, SessionId,
    audit::{Action, Actor},
    passwords,
    tasks::Task,
};
use dynrag_store::{
    audit,
    mail_tokens::{self, Purpose},
    outbox,
    sessions::{self, EndReason},
    users,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{
    password_hash,
    session::{self, Session, Signing},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ChangePassword {
    #[schema(value_type = String, format = "password")]
    current_password: SecretString,
    #[schema(value_type = String, format = "password")]
    new_password: SecretString,
}

/// A user's tries a minute.
const ATTEMPTS: i32 = 10;

fn wrong() -> Error {
    Error::new(
        Kind::Forbidden,
        "wrong_password",
        "The current password is wrong.",
    )
}

/// Changes the caller's password. All its sessions end; the answer begins a new one.
pub(crate) async fn change_password(
    caller: Caller<User>,
    State(context): State<Arc<Context>>,
    Json(body): Json<ChangePassword>,
) -> Answer<Json<Session>> {
    let (user, _) = caller.user()?;
    let email = caller.email.clone().unwrap_or_default();
    check(&body, &email)?;
    let store = caller.store();
    // Whoever holds a stolen access token does not get to guess the password.
    store
        .attempt("auth-change-password", user.as_uuid().as_bytes(), ATTEMPTS)
        .await?;
    let tx = store.tenant(caller.customer_id).await?;
    let old = users::password_hash(&tx, user).await?;
    // Hashing takes its time; no transaction waits for it.
    tx.commit().await?;
    let Some(old) = old else {
        return Err(wrong().into());
    };
    if !password_hash::verify(body.current_password, Some(old.clone())).await? {
        return Err(wrong().into());
    }
    let new = password_hash::hash(body.new_password).await?;
    let signing = Signing::of(&context, caller.customer_id).await?;
    let subject = Subject {
        customer_id: caller.customer_id,
        user_id: user,
        session_id: SessionId::generate(),
        email: &email,
        role: caller
            .role
            .ok_or_else(|| Error::internal_fault("user has no role"))?,
    };
    let tx = store.tenant(caller.customer_id).await?;
    if !users::set_password(&tx, user, &old, &new).await? {
        return Err(wrong().into());
    }
    let ended = sessions::end_of_user(&tx, user, EndReason::PasswordChanged).await?;
    let session = session::begin(&tx, context.tokens().await?, &signing, subject).await?;
    audit::record(
        &tx,
        Actor::User(user),
        Action::UserPasswordChanged,
        user.as_uuid(),
        &json!({"sessionsEnded": ended}),
    )
    .await?;
    mail_tokens::forget(&tx, Purpose::ResetPassword(user)).await?;
    let notice = if sends_mail() {
        Some(outbox::insert(&tx, Task::password_changed(caller.customer_id, user)).await?)
    } else {
        None
    };
    tx.commit().await?;
    if let Some(notice) = notice {
        context.dispatch(&notice).await;
    }
    tracing::info!(customer_id = %caller.customer_id, user_id = %user, "password changed");
    Ok(Json(session))
}

fn check(body: &ChangePassword, email: &str) -> Result<()> {
    let new = body.new_password.expose_secret();
    if new == body.current_password.expose_secret() {
        return Err(Error::field("/newPassword", "another than the current one"));
    }
    passwords::check(new, email).map_err(|detail| Error::field("/newPassword", detail))?;
    if body.current_password.expose_secret().chars().count() > passwords::MAX_CHARACTERS {
        return Err(wrong());
    }
    Ok(())
}

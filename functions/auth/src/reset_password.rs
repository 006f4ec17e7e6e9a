//! `POST /api/auth/reset-password`: a new password for whoever reads the address's mail.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the commit | the old password and the link | the user tries again |
//! | after it | the new password; the link is spent and all sessions have ended | the user logs in |

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Context, Json, SourceAddress, answers::NoContent, sends_mail};
use dynrag_domain::{
    Error,
    audit::{Action, Actor},
    passwords,
    tasks::Task,
};
use dynrag_store::{
    audit, customers,
    mail_tokens::{self, Purpose},
    outbox,
    sessions::{self, EndReason},
    users,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::{mail_link, password_hash};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct ResetPassword {
    #[schema(value_type = String, format = "password")]
    token: SecretString,
    #[schema(value_type = String, format = "password")]
    new_password: SecretString,
}

/// Sets the password. All sessions of the user end.
pub(crate) async fn reset_password(
    address: SourceAddress,
    State(context): State<Arc<Context>>,
    Json(body): Json<ResetPassword>,
) -> Answer<NoContent> {
    context.attempt("auth-reset-password", &address).await?;
    let token = mail_link::token(&body.token)?;
    let store = context.unbounded_store().await?;
    let tx = store.tenant(token.customer_id).await?;
    let user = mail_tokens::resets(&tx, &token).await?;
    let row = match user {
        Some(user) => users::get(&tx, user).await?,
        None => None,
    };
    // Hashing takes its time; no transaction waits for it.
    tx.commit().await?;
    let (Some(user), Some(row)) = (user, row) else {
        return Err(mail_link::refused("token is not remembered").into());
    };
    passwords::check(body.new_password.expose_secret(), &row.email)
        .map_err(|detail| Error::field("/newPassword", detail))?;
    let hash = password_hash::hash(body.new_password).await?;

    let tx = store.tenant(token.customer_id).await?;
    // Of two at once, the second finds the token gone.
    if mail_tokens::resets(&tx, &token).await? != Some(user)
        || users::reset_password(&tx, user, &hash).await?.is_none()
    {
        return Err(mail_link::refused("token or user went meanwhile").into());
    }
    mail_tokens::forget(&tx, Purpose::ResetPassword(user)).await?;
    mail_tokens::forget(&tx, Purpose::VerifyEmail(user)).await?;
    // The mail was read, so the address is verified too.
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
    let notice = if sends_mail() {
        Some(outbox::insert(&tx, Task::password_changed(token.customer_id, user)).await?)
    } else {
        None
    };
    tx.commit().await?;
    if let Some(notice) = notice {
        context.dispatch(&notice).await;
    }
    tracing::info!(customer_id = %token.customer_id, user_id = %user, "password reset");
    Ok(NoContent)
}

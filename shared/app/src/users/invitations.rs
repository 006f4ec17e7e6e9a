//! Invitations to become a user of a customer. `emails` writes and sends the email.

mod accept;

use dynrag_domain::{
    Error, InvitationId, Result,
    audit::Action,
    identity::{Email, Principal, Role},
    tasks::Task,
};
use dynrag_store::{
    admission::Admission,
    audit, invitations, mails, outbox,
    users::{self, UserRow},
};
use serde_json::json;

use crate::{App, emails};

pub use accept::accept;

/// Invites a person by email. Inviting the same address again renews the invitation and its link.
///
/// # Errors
/// `missing_scope` and `email_not_verified` (forbidden); `invalid_fields`; `user_exists` and `user_limit` (conflict);
/// `invitation_limit` (rate limited); `mail_disabled` (unavailable); `unavailable`.
pub async fn invite(app: &App, caller: &Admission, email: &str, role: Role) -> Result<UserRow> {
    emails::check_enabled()?;
    caller.check_grant(role.scopes())?;
    let email = Email::try_from(email).map_err(|why| Error::field("/email", why))?;
    let invited_by = match caller.principal {
        Principal::User(user) => Some(user),
        Principal::ApiKey(_) | Principal::Webhook(_) => None,
    };
    let tx = caller.store().tenant(caller.tenant()).await?;
    users::lock(&tx).await?;
    users::check_new(&tx, &email).await?;
    users::check_room(&tx).await?;
    users::check_verified(&tx).await?;
    mails::take_invitation(&tx, &email, caller.config.invitations_per_day).await?;
    let row = invitations::insert(&tx, &email, role, invited_by).await?;
    let details = json!({"email": email, "role": role});
    let actor = caller.principal.into();
    audit::record(&tx, actor, Action::UserInvited, row.id, &details).await?;
    let id = InvitationId::from(row.id);
    let pending = outbox::insert(&tx, Task::invite(caller.customer_id, id)).await?;
    tx.commit().await?;
    app.dispatch(&pending).await;
    Ok(row)
}

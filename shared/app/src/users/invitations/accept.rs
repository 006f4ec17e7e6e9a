//! Accepting an invitation to become a user.

use dynrag_domain::{
    Error, InvitationId, Result, UserId,
    audit::{Action, Actor},
    mail_tokens::MailToken,
    passwords::check,
};
use dynrag_store::{
    Store, TenantId, audit,
    invitations::{self, Invitation},
    mail_tokens, users,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{
    App,
    emails::{invalid_link, link_token},
    passwords,
    sessions::{NewSession, SessionUser, SigningSecrets, begin},
};

/// Creates the user that an invitation is for, and begins a session.
///
/// # Errors
/// `invalid_link`, `invalid_fields`; `email_taken` (conflict); `too_many_attempts` (rate limited); `unavailable`.
pub async fn accept(
    app: &App,
    address: &[u8],
    token: &SecretString,
    password: SecretString,
) -> Result<NewSession> {
    app.attempt("users-accept", address).await?;
    let token = link_token(token)?;
    let customer_id = token.customer_id;
    let store = app.unbounded_store().await?;
    let (id, invitation) = invitation_of(store, &token).await?;
    check(password.expose_secret(), invitation.email.as_str())
        .map_err(|detail| Error::field("/password", detail))?;
    let hash = passwords::hash(password).await?;
    let signing = SigningSecrets::read(app, customer_id).await?;

    let user = SessionUser {
        customer_id,
        id: UserId::generate(),
        email: invitation.email,
        role: invitation.role,
    };
    let tx = store.tenant(TenantId::of_link(&token)).await?;
    // Of two concurrent requests, the second finds no token.
    if mail_tokens::accepts(&tx, &token).await? != Some(id) || !invitations::delete(&tx, id).await?
    {
        return Err(invalid_link("invitation was deleted meanwhile"));
    }
    users::insert(&tx, user.id, &user.email, &hash, user.role).await?;
    let tokens = begin(&tx, app.tokens().await?, &signing, user.new_session()).await?;
    audit::record(
        &tx,
        Actor::User(user.id),
        Action::UserCreated,
        user.id.as_uuid(),
        &json!({"email": user.email, "role": user.role}),
    )
    .await?;
    tx.commit().await?;
    tracing::info!(%customer_id, user_id = %user.id, "invitation accepted");
    Ok(NewSession { user, tokens })
}

/// Returns the invitation of a link, in a transaction that ends before the slow hashing.
async fn invitation_of(store: &Store, token: &MailToken) -> Result<(InvitationId, Invitation)> {
    let tx = store.tenant(TenantId::of_link(token)).await?;
    let id = mail_tokens::accepts(&tx, token).await?;
    let invitation = match id {
        Some(id) => invitations::get(&tx, id).await?,
        None => None,
    };
    tx.commit().await?;
    id.zip(invitation)
        .ok_or_else(|| invalid_link("invitation does not exist"))
}

//! Tokens of links in mails: made by whoever writes the mail, used once.

use dynrag_domain::{Error, InvitationId, Result, UserId, mail_tokens::MailToken};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::Tenant;

/// What a link is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Verifies a user's address.
    VerifyEmail(UserId),
    /// Sets a user's password anew.
    ResetPassword(UserId),
    /// Accepts an invitation.
    Invitation(InvitationId),
}

impl Purpose {
    const fn name(self) -> &'static str {
        match self {
            Self::VerifyEmail(_) => VERIFY_EMAIL,
            Self::ResetPassword(_) => RESET_PASSWORD,
            Self::Invitation(_) => INVITATION,
        }
    }

    /// How long the link is good.
    pub const fn hours(self) -> i32 {
        match self {
            Self::VerifyEmail(_) => 48,
            Self::ResetPassword(_) => 1,
            Self::Invitation(_) => crate::invitations::HOURS,
        }
    }
}

const VERIFY_EMAIL: &str = "verify_email";
const RESET_PASSWORD: &str = "reset_password";
const INVITATION: &str = "invitation";

/// Remembers a token.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert(tx: &Tenant, token: &MailToken, purpose: Purpose) -> Result<()> {
    let (user, invitation) = match purpose {
        Purpose::VerifyEmail(user) | Purpose::ResetPassword(user) => (Some(user.as_uuid()), None),
        Purpose::Invitation(invitation) => (None, Some(invitation.as_uuid())),
    };
    tx.query(
        include_str!("../queries/mail_tokens/insert.sql"),
        &[
            (&tx.customer_id().as_uuid(), Type::UUID),
            (&token.id, Type::UUID),
            (&purpose.name(), Type::TEXT),
            (&user, Type::UUID),
            (&invitation, Type::UUID),
            (&token.hash().as_slice(), Type::BYTEA),
            (&purpose.hours(), Type::INT4),
        ],
    )
    .await
    .map(drop)
}

async fn find(tx: &Tenant, token: &MailToken, purpose: &str, column: &str) -> Result<Option<Uuid>> {
    let row = tx
        .query_opt(
            include_str!("../queries/mail_tokens/find.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&token.id, Type::UUID),
                (&purpose, Type::TEXT),
                (&token.hash().as_slice(), Type::BYTEA),
            ],
        )
        .await?;
    row.map_or(Ok(None), |row| {
        row.try_get(column)
            .map_err(|e| Error::internal_fault(format!("mail tokens: {e}")))
    })
}

/// Whose address a token verifies; the token stays as it is.
///
/// # Errors
/// `unavailable` without a database.
pub async fn verifies(tx: &Tenant, token: &MailToken) -> Result<Option<UserId>> {
    let user = find(tx, token, VERIFY_EMAIL, "user_id").await?;
    Ok(user.map(UserId::from))
}

/// Whose password a token resets; the token stays as it is, and locked.
///
/// # Errors
/// `unavailable` without a database.
pub async fn resets(tx: &Tenant, token: &MailToken) -> Result<Option<UserId>> {
    let user = find(tx, token, RESET_PASSWORD, "user_id").await?;
    Ok(user.map(UserId::from))
}

/// Which invitation a token accepts; the token stays as it is, and locked.
///
/// # Errors
/// `unavailable` without a database.
pub async fn accepts(tx: &Tenant, token: &MailToken) -> Result<Option<InvitationId>> {
    let invitation = find(tx, token, INVITATION, "invitation_id").await?;
    Ok(invitation.map(InvitationId::from))
}

/// Forgets a user's tokens of the purpose of this one.
///
/// # Errors
/// `unavailable` without a database.
pub async fn forget(tx: &Tenant, purpose: Purpose) -> Result<()> {
    let user = match purpose {
        Purpose::VerifyEmail(user) | Purpose::ResetPassword(user) => user,
        // They go with their invitation.
        Purpose::Invitation(_) => return Ok(()),
    };
    tx.query(
        include_str!("../queries/mail_tokens/delete_of_user.sql"),
        &[
            (&tx.customer_id().as_uuid(), Type::UUID),
            (&user.as_uuid(), Type::UUID),
            (&purpose.name(), Type::TEXT),
        ],
    )
    .await
    .map(drop)
}

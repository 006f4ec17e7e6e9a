//! Tokens of links in emails: created with the email, used once.

use dynrag_domain::{InvitationId, Result, UserId, mail_tokens::MailToken};

use crate::{Tenant, row::Row};

/// The purpose of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Verifies a user's address.
    VerifyEmail(UserId),
    /// Resets a user's password.
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

    /// Returns the validity of the link in hours.
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

/// Stores a token.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert(tx: &Tenant, token: &MailToken, purpose: Purpose) -> Result<()> {
    let (user, invitation) = match purpose {
        Purpose::VerifyEmail(user) | Purpose::ResetPassword(user) => (Some(user), None),
        Purpose::Invitation(invitation) => (None, Some(invitation)),
    };
    tx.query(
        include_str!("../queries/mail_tokens/insert.sql"),
        &[
            &tx.customer_id(),
            &token.id,
            &purpose.name(),
            &user,
            &invitation,
            &token.hash(),
            &purpose.hours(),
        ],
    )
    .await
    .map(drop)
}

async fn find(tx: &Tenant, token: &MailToken, purpose: &str) -> Result<Option<Row>> {
    tx.query_opt(
        include_str!("../queries/mail_tokens/find.sql"),
        &[&tx.customer_id(), &token.id, &purpose, &token.hash()],
    )
    .await
}

/// Returns the user whose address a token verifies; the token is left as it is.
///
/// # Errors
/// `unavailable` without a database.
pub async fn verifies(tx: &Tenant, token: &MailToken) -> Result<Option<UserId>> {
    let row = find(tx, token, VERIFY_EMAIL).await?;
    row.map_or(Ok(None), |row| row.get("user_id"))
}

/// Returns the user whose password a token resets; the token is left as it is, and locked.
///
/// # Errors
/// `unavailable` without a database.
pub async fn resets(tx: &Tenant, token: &MailToken) -> Result<Option<UserId>> {
    let row = find(tx, token, RESET_PASSWORD).await?;
    row.map_or(Ok(None), |row| row.get("user_id"))
}

/// Returns the invitation that a token accepts; the token is left as it is, and locked.
///
/// # Errors
/// `unavailable` without a database.
pub async fn accepts(tx: &Tenant, token: &MailToken) -> Result<Option<InvitationId>> {
    let row = find(tx, token, INVITATION).await?;
    row.map_or(Ok(None), |row| row.get("invitation_id"))
}

/// Deletes the tokens of this token's user and purpose.
///
/// # Errors
/// `unavailable` without a database.
pub async fn forget(tx: &Tenant, purpose: Purpose) -> Result<()> {
    let user = match purpose {
        Purpose::VerifyEmail(user) | Purpose::ResetPassword(user) => user,
        // They are deleted with their invitation.
        Purpose::Invitation(_) => return Ok(()),
    };
    tx.query(
        include_str!("../queries/mail_tokens/delete_of_user.sql"),
        &[&tx.customer_id(), &user, &purpose.name()],
    )
    .await
    .map(drop)
}

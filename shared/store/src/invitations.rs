//! Invitations to become a user of a customer.

use dynrag_domain::{
    Error, InvitationId, Result, UserId,
    identity::{Email, Role},
};

use crate::{
    Tenant,
    users::{self, UserRow},
};

/// Validity of an invitation in hours.
pub const HOURS: i32 = 7 * 24;

/// An invitation, for its email and for its acceptance.
pub struct Invitation {
    /// The invited address.
    pub email: Email,
    /// The role of the new user.
    pub role: Role,
    /// The inviting company.
    pub company_name: Option<String>,
    /// The inviting user; `None` if that user was deleted since, or for a key.
    pub invited_by: Option<String>,
}

/// Adds an invitation, or renews the one to the same address. Returns the row as it appears in the list of users.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert(
    tx: &Tenant,
    email: &Email,
    role: Role,
    invited_by: Option<UserId>,
) -> Result<UserRow> {
    let row = tx
        .query_one(
            include_str!("../queries/invitations/insert.sql"),
            &[
                &tx.customer_id(),
                &InvitationId::generate(),
                &email,
                &role,
                &invited_by,
                &HOURS,
            ],
        )
        .await?;
    users::row(&row)
}

/// Returns an invitation that is still valid.
///
/// # Errors
/// `unavailable` without a database.
pub async fn get(tx: &Tenant, id: InvitationId) -> Result<Option<Invitation>> {
    let row = tx
        .query_opt(
            include_str!("../queries/invitations/get.sql"),
            &[&tx.customer_id(), &id],
        )
        .await?;
    row.map(|row| {
        let email: String = row.get("email")?;
        Ok(Invitation {
            email: Email::try_from(email).map_err(Error::internal_fault)?,
            role: row.get("role")?,
            company_name: row.get("company_name")?,
            invited_by: row.get("invited_by")?,
        })
    })
    .transpose()
}

/// Revokes an invitation, or uses it up. Returns false if it does not exist.
///
/// # Errors
/// `unavailable` without a database.
pub async fn delete(tx: &Tenant, id: InvitationId) -> Result<bool> {
    let row = tx
        .query_opt(
            include_str!("../queries/invitations/delete.sql"),
            &[&tx.customer_id(), &id],
        )
        .await?;
    Ok(row.is_some())
}

//! Invitations to become a user of a customer.

use dynrag_domain::{
    Error, InvitationId, Result, UserId,
    identity::{Email, Role},
};

use crate::{
    Tenant,
    users::{self, UserRow},
};

/// How long an invitation is good.
pub const HOURS: i32 = 7 * 24;

/// An invitation, for its mail and for whoever accepts it.
pub struct Invitation {
    /// To whom.
    pub email: Email,
    /// To be what.
    pub role: Role,
    /// The company that invites.
    pub company_name: Option<String>,
    /// The user who does; none who was deleted since, or for a key.
    pub invited_by: Option<String>,
}

/// Writes an invitation down, or renews the one of the same address; the row as users are listed.
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
        .query_opt(
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
        .await?
        .ok_or_else(|| Error::internal_fault("invitation insert returned no row"))?;
    users::row(&row)
}

/// An invitation that is still good.
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

/// Takes an invitation back, or uses it up. False where there is none.
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

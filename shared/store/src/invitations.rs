//! Invitations to become a user of a customer.

use dynrag_domain::{
    Error, InvitationId, Result, UserId,
    identity::{Email, Role},
};
use tokio_postgres::types::Type;

use crate::{
    Tenant,
    users::{self, UserRow},
};

/// How long an invitation is good.
pub const HOURS: i32 = 7 * 24;

fn column(error: tokio_postgres::Error) -> Error {
    Error::internal_fault(format!("invitations: {error}"))
}

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
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&InvitationId::generate().as_uuid(), Type::UUID),
                (&email.as_str(), Type::TEXT),
                (&role.as_str(), Type::TEXT),
                (&invited_by.map(|user| user.as_uuid()), Type::UUID),
                (&HOURS, Type::INT4),
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
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&id.as_uuid(), Type::UUID),
            ],
        )
        .await?;
    row.map(|row| {
        let email: String = row.try_get("email").map_err(column)?;
        Ok(Invitation {
            email: Email::try_from(email).map_err(Error::internal_fault)?,
            role: row.try_get::<_, String>("role").map_err(column)?.parse()?,
            company_name: row.try_get("company_name").map_err(column)?,
            invited_by: row.try_get("invited_by").map_err(column)?,
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
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&id.as_uuid(), Type::UUID),
            ],
        )
        .await?;
    Ok(row.is_some())
}

//! Logging users in.

use dynrag_domain::{
    CustomerId, Error, Result, UserId,
    identity::{Email, Role},
};
use tokio_postgres::types::Type;
use uuid::Uuid;

use crate::{Store, Tenant};

/// What a login is checked against.
pub struct Login {
    /// The tenant.
    pub customer_id: CustomerId,
    /// The user.
    pub user_id: UserId,
    /// argon2id, PHC string.
    pub password_hash: String,
    /// The user's role.
    pub role: Role,
}

impl Store {
    /// Finds the active user with this address, in whatever tenant.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn find_login(&self, email: &Email) -> Result<Option<Login>> {
        let rows = self
            .call(
                include_str!("../queries/users/find_login.sql"),
                &[(&email.as_str(), Type::TEXT)],
            )
            .await?;
        let column = |e: tokio_postgres::Error| Error::internal_fault(format!("login: {e}"));
        rows.first()
            .map(|row| {
                Ok(Login {
                    customer_id: row
                        .try_get::<_, Uuid>("customer_id")
                        .map_err(column)?
                        .into(),
                    user_id: row.try_get::<_, Uuid>("user_id").map_err(column)?.into(),
                    password_hash: row.try_get("password_hash").map_err(column)?,
                    role: row.try_get::<_, String>("role").map_err(column)?.parse()?,
                })
            })
            .transpose()
    }
}

/// The password hash of an active user.
///
/// # Errors
/// `unavailable` without a database.
pub async fn password_hash(tx: &Tenant, user: UserId) -> Result<Option<String>> {
    let row = tx
        .query_opt(
            include_str!("../queries/users/password_hash.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&user.as_uuid(), Type::UUID),
            ],
        )
        .await?;
    row.map(|row| {
        row.try_get("password_hash")
            .map_err(|e| Error::internal_fault(format!("users: {e}")))
    })
    .transpose()
}

/// Puts a new password hash in the place of the one that was checked. False: somebody else has changed
/// it meanwhile, or the user is not active any more.
///
/// # Errors
/// `unavailable` without a database.
pub async fn set_password(tx: &Tenant, user: UserId, checked: &str, new: &str) -> Result<bool> {
    let row = tx
        .query_opt(
            include_str!("../queries/users/set_password.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&user.as_uuid(), Type::UUID),
                (&checked, Type::TEXT),
                (&new, Type::TEXT),
            ],
        )
        .await?;
    Ok(row.is_some())
}

/// Makes a user an administrator of the platform.
///
/// # Errors
/// `unavailable` without a database.
pub async fn grant_admin(tx: &Tenant, user: UserId) -> Result<()> {
    tx.query(
        include_str!("../queries/users/grant_admin.sql"),
        &[
            (&tx.customer_id().as_uuid(), Type::UUID),
            (&user.as_uuid(), Type::UUID),
        ],
    )
    .await
    .map(drop)
}

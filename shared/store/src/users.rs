//! Logging users in.

use chrono::{DateTime, Utc};
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

/// A refresh token to remember.
pub struct NewRefreshToken<'a> {
    /// `jti` of the token.
    pub id: Uuid,
    /// The user.
    pub user_id: UserId,
    /// All tokens that descend from one login.
    pub family_id: Uuid,
    /// SHA-256 of the token.
    pub token_hash: &'a [u8; 32],
    /// When it ends.
    pub expires_at: DateTime<Utc>,
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

/// Remembers a refresh token.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert_refresh_token(tx: &Tenant, token: &NewRefreshToken<'_>) -> Result<()> {
    tx.query(
        include_str!("../queries/users/insert_refresh_token.sql"),
        &[
            (&tx.customer_id().as_uuid(), Type::UUID),
            (&token.id, Type::UUID),
            (&token.user_id.as_uuid(), Type::UUID),
            (&token.family_id, Type::UUID),
            (&token.token_hash.as_slice(), Type::BYTEA),
            (&token.expires_at, Type::TIMESTAMPTZ),
        ],
    )
    .await
    .map(drop)
}

/// Notes the time of a login.
///
/// # Errors
/// `unavailable` without a database.
pub async fn touch_login(tx: &Tenant, user: UserId) -> Result<()> {
    tx.query(
        include_str!("../queries/users/touch_login.sql"),
        &[
            (&tx.customer_id().as_uuid(), Type::UUID),
            (&user.as_uuid(), Type::UUID),
        ],
    )
    .await
    .map(drop)
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

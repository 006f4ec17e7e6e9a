//! Users: finding one at login, changes by the users themselves, and changes by their customer.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    Error, Kind, Result, UserId,
    identity::{Email, Role, UserStatus},
    quotas::Quota,
};
use uuid::Uuid;

use crate::{Store, Tenant, TenantId, error, row::Row, throttles};

/// Maximum number of users and invitations per customer.
pub const MAX_USERS: i64 = 500;

/// The data that a login is checked against.
pub struct Login {
    /// The tenant.
    pub tenant: TenantId,
    /// The user.
    pub user_id: UserId,
    /// argon2id, PHC string.
    pub password_hash: String,
    /// The user's role.
    pub role: Role,
}

/// A user, or an invitation to become one, for the list of users.
#[derive(Clone, Debug)]
pub struct UserRow {
    /// Id of the user or of the invitation.
    pub id: Uuid,
    /// The address.
    pub email: String,
    /// The role.
    pub role: Role,
    /// The user's status.
    pub status: UserStatus,
    /// Time at which the address was verified.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// Time of the last login.
    pub last_login_at: Option<DateTime<Utc>>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
}

pub(crate) fn row(row: &Row) -> Result<UserRow> {
    Ok(UserRow {
        id: row.get("id")?,
        email: row.get("email")?,
        role: row.get("role")?,
        status: row.get("status")?,
        email_verified_at: row.get("email_verified_at")?,
        last_login_at: row.get("last_login_at")?,
        created_at: row.get("created_at")?,
    })
}

fn login(row: &Row) -> Result<Option<Login>> {
    let Some(user) = row.get("user_id")? else {
        return Ok(None);
    };
    Ok(Some(Login {
        tenant: TenantId::of_row(row)?,
        user_id: user,
        password_hash: row.get("password_hash")?,
        role: row.get("role")?,
    }))
}

impl Store {
    /// Finds the active user with this address, across all tenants.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn find_login(&self, email: &Email) -> Result<Option<Login>> {
        let rows = self
            .call(include_str!("../queries/users/find_login.sql"), &[&email])
            .await?;
        rows.first().map_or(Ok(None), login)
    }

    /// Does the same as [`find_login`](Self::find_login), if this network address (`quota` per minute) and this account
    /// have an attempt left.
    ///
    /// # Errors
    /// `too_many_attempts` (rate limited), whether or not there is such a user; `unavailable` without a database.
    pub async fn begin_login(
        &self,
        email: &Email,
        address: &[u8],
        quota: i32,
    ) -> Result<Option<Login>> {
        let row = self
            .call_one(
                include_str!("../queries/users/begin_login.sql"),
                &[&email, &address, &quota],
            )
            .await?;
        match row.get::<Option<i32>>("wait")? {
            Some(wait) => Err(throttles::too_many(wait)),
            None => login(&row),
        }
    }

    /// Returns the active user who may be sent a link to reset the password; `None` for an unknown address, and from
    /// the fourth request in an hour on.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn begin_reset(&self, email: &Email) -> Result<Option<(TenantId, UserId)>> {
        let rows = self
            .call(include_str!("../queries/users/begin_reset.sql"), &[&email])
            .await?;
        rows.first()
            .map(|row| Ok((TenantId::of_row(row)?, row.get("user_id")?)))
            .transpose()
    }

    /// Returns a page of a customer's users and invitations, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_users(
        &self,
        customer: TenantId,
        after: Option<(DateTime<Utc>, Uuid)>,
        limit: i64,
    ) -> Result<Vec<UserRow>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/users/list.sql"),
                &[
                    &customer,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(row).collect()
    }
}

/// Returns a user.
///
/// # Errors
/// `unavailable` without a database.
pub async fn get(tx: &Tenant, user: UserId) -> Result<Option<UserRow>> {
    let sql = include_str!("../queries/users/get.sql");
    of_user(tx, sql, user).await?.as_ref().map(row).transpose()
}

async fn of_user(tx: &Tenant, sql: &str, user: UserId) -> Result<Option<Row>> {
    tx.query_opt(sql, &[&tx.customer_id(), &user]).await
}

/// Records that a login's password was right: the attempt does not count, and the network address is known from then
/// on.
///
/// # Errors
/// `unavailable` without a database.
pub async fn end_login(tx: &Tenant, user: UserId, email: &Email, address: &[u8]) -> Result<()> {
    tx.query(
        include_str!("../queries/users/end_login.sql"),
        &[&tx.customer_id(), &user, &email, &address],
    )
    .await
    .map(drop)
}

/// Returns the password hash of an active user.
///
/// # Errors
/// `unavailable` without a database.
pub async fn password_hash(tx: &Tenant, user: UserId) -> Result<Option<String>> {
    let row = of_user(tx, include_str!("../queries/users/password_hash.sql"), user).await?;
    row.map(|row| row.get("password_hash")).transpose()
}

/// Returns the password hash of an active user, which nobody changes before the transaction ends.
///
/// # Errors
/// `unavailable` without a database.
pub async fn lock_password_hash(tx: &Tenant, user: UserId) -> Result<Option<String>> {
    let lock = include_str!("../queries/users/lock_password_hash.sql");
    let row = of_user(tx, lock, user).await?;
    row.map(|row| row.get("password_hash")).transpose()
}

/// Replaces the password hash that was checked by a new one. Returns false if another caller has changed it meanwhile,
/// or the user is not active any more.
///
/// # Errors
/// `unavailable` without a database.
pub async fn set_password(tx: &Tenant, user: UserId, checked: &str, new: &str) -> Result<bool> {
    let row = tx
        .query_opt(
            include_str!("../queries/users/set_password.sql"),
            &[&tx.customer_id(), &user, &checked, &new],
        )
        .await?;
    Ok(row.is_some())
}

/// Sets the password of a user who has proved access to the address's mailbox. Returns `None` if the user is not active
/// any more.
///
/// # Errors
/// `unavailable` without a database.
pub async fn reset_password(tx: &Tenant, user: UserId, new: &str) -> Result<Option<String>> {
    let row = tx
        .query_opt(
            include_str!("../queries/users/reset_password.sql"),
            &[&tx.customer_id(), &user, &new],
        )
        .await?;
    row.map(|row| row.get("email")).transpose()
}

/// Records that a user's address is verified. Returns false if the user is not active any more.
///
/// # Errors
/// `unavailable` without a database.
pub async fn verify_email(tx: &Tenant, user: UserId) -> Result<bool> {
    let row = of_user(tx, include_str!("../queries/users/verify_email.sql"), user).await?;
    Ok(row.is_some())
}

/// Adds a user with a verified address.
///
/// # Errors
/// `email_taken` (conflict); `unavailable` without a database.
pub async fn insert(
    tx: &Tenant,
    user: UserId,
    email: &Email,
    password_hash: &str,
    role: Role,
) -> Result<()> {
    tx.try_query(
        include_str!("../queries/users/insert.sql"),
        &[&tx.customer_id(), &user, &email, &password_hash, &role],
    )
    .await?
    .map(drop)
    .map_err(|e| match error::constraint(&e) {
        Some("users_email_key") => email_taken(),
        _ => error::statement(&e),
    })
}

pub(crate) fn email_taken() -> Error {
    Error::new(
        Kind::Conflict,
        "email_taken",
        "An account with this email address exists. Log in instead.",
    )
}

/// Blocks others that change the customer's users until the end of the transaction.
///
/// # Errors
/// `unavailable` without a database.
pub async fn lock(tx: &Tenant) -> Result<()> {
    tx.query(
        include_str!("../queries/users/lock.sql"),
        &[&tx.customer_id()],
    )
    .await
    .map(drop)
}

async fn count(tx: &Tenant, sql: &str) -> Result<i64> {
    let customer = tx.customer_id();
    tx.query_one(sql, &[&customer]).await?.get("users")
}

/// Checks that the customer may have one more user. Requires the [`lock`].
///
/// # Errors
/// `user_limit` (conflict); `unavailable` without a database.
pub async fn check_room(tx: &Tenant) -> Result<()> {
    let quota = Quota {
        used: count(tx, include_str!("../queries/users/count.sql")).await?,
        limit: MAX_USERS,
    };
    quota.check("user_limit", "users and invitations", "Delete some first.")
}

/// Checks that no user of the customer has the address already. Users of other customers are not disclosed.
///
/// # Errors
/// `user_exists` (conflict); `unavailable` without a database.
pub async fn check_new(tx: &Tenant, email: &Email) -> Result<()> {
    let row = tx
        .query_opt(
            include_str!("../queries/users/is_user.sql"),
            &[&tx.customer_id(), &email],
        )
        .await?;
    if !row.map_or(Ok(false), |row| row.get("found"))? {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        "user_exists",
        "A user with this email address already exists; GET /api/users lists your users.",
    ))
}

/// Checks, after a change and under the [`lock`], that a user with the role business remains.
///
/// # Errors
/// `last_business_user` (conflict); `unavailable` without a database.
pub async fn check_business_left(tx: &Tenant) -> Result<()> {
    if count(tx, include_str!("../queries/users/count_business.sql")).await? > 0 {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        "last_business_user",
        "This is the last active user with role business. Give another user that role first.",
    ))
}

/// Checks that a user of the customer has a verified address: otherwise the platform sends nothing to strangers for it.
///
/// # Errors
/// `email_not_verified` (forbidden); `unavailable` without a database.
pub async fn check_verified(tx: &Tenant) -> Result<()> {
    let customer = tx.customer_id();
    let row = tx
        .query_opt(
            include_str!("../queries/users/has_verified.sql"),
            &[&customer],
        )
        .await?;
    let verified = row.map_or(Ok(false), |row| row.get("verified"))?;
    if verified {
        return Ok(());
    }
    Err(Error::new(
        Kind::Forbidden,
        "email_not_verified",
        "Verify your own email address first, with the link in the email we sent. \
         POST /api/auth/resend-verification sends another.",
    ))
}

/// Changes role or status, `active` or `disabled`. Returns `None` if there is no such user.
///
/// # Errors
/// `unavailable` without a database.
pub async fn update(
    tx: &Tenant,
    user: UserId,
    role: Option<Role>,
    status: Option<UserStatus>,
) -> Result<Option<UserRow>> {
    let updated = tx
        .query_opt(
            include_str!("../queries/users/update.sql"),
            &[&tx.customer_id(), &user, &role, &status],
        )
        .await?;
    updated.as_ref().map(row).transpose()
}

/// Deletes a user with its sessions. Returns false if there is no such user.
///
/// # Errors
/// `unavailable` without a database.
pub async fn delete(tx: &Tenant, user: UserId) -> Result<bool> {
    let row = of_user(tx, include_str!("../queries/users/delete.sql"), user).await?;
    Ok(row.is_some())
}

/// Returns the addresses of the active users with the role business.
///
/// # Errors
/// `unavailable` without a database.
pub async fn in_charge(tx: &Tenant) -> Result<Vec<String>> {
    let rows = tx
        .query(
            include_str!("../queries/users/in_charge.sql"),
            &[&tx.customer_id()],
        )
        .await?;
    rows.iter().map(|row| row.get("email")).collect()
}

/// Makes a user an administrator of the platform.
///
/// # Errors
/// `unavailable` without a database.
pub async fn grant_admin(tx: &Tenant, user: UserId) -> Result<()> {
    of_user(tx, include_str!("../queries/users/grant_admin.sql"), user)
        .await
        .map(drop)
}

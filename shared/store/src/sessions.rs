//! Sessions and the refresh tokens that keep them open.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    Error, Result, SessionId, UserId,
    audit::{Action, Actor},
    identity::Role,
    sessions::Presented,
};
use serde_json::json;
use uuid::Uuid;

use crate::{Store, Tenant, TenantId, audit, row::Row};

/// A refresh token to store.
#[derive(Clone, Copy)]
pub struct NewRefreshToken<'a> {
    /// `jti` of the token.
    pub id: Uuid,
    /// The token's session.
    pub session_id: SessionId,
    /// The user.
    pub user_id: UserId,
    /// SHA-256 of the token.
    pub token_hash: &'a [u8; 32],
    /// `iat` of the token.
    pub issued_at: DateTime<Utc>,
    /// Expiry time of the token and of its session.
    pub expires_at: DateTime<Utc>,
}

/// The reason why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndReason {
    /// The user logged out.
    Logout,
    /// The user changed the password.
    PasswordChanged,
    /// The user reset a forgotten password.
    PasswordReset,
    /// The user was disabled.
    UserDisabled,
    /// The secrets that sign its tokens were replaced immediately.
    SecretsRotated,
    /// A spent refresh token was presented again.
    TokenReused,
    /// The authorization code that it was granted for was presented again.
    CodeReused,
    /// Its client may no longer act for the user.
    Revoked,
}

impl EndReason {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::PasswordChanged => "password_changed",
            Self::PasswordReset => "password_reset",
            Self::UserDisabled => "user_disabled",
            Self::SecretsRotated => "secrets_rotated",
            Self::TokenReused => "token_reused",
            Self::CodeReused => "code_reused",
            Self::Revoked => "revoked",
        }
    }
}

/// A token that replaced another one.
#[derive(Clone, Copy, Debug)]
pub struct Successor {
    /// `jti` of the token.
    pub id: Uuid,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// `iat` of the token.
    pub issued_at: DateTime<Utc>,
}

/// A presented refresh token, with its session locked.
pub struct Rotation {
    tx: Tenant,
    id: Uuid,
    /// The session.
    pub session_id: SessionId,
    /// The session's user.
    pub user_id: UserId,
    /// The user's address.
    pub email: String,
    /// The user's current role.
    pub role: Role,
    /// SHA-256 of the token.
    pub token_hash: [u8; 32],
    /// The facts for the decision.
    pub presented: Presented,
    /// The token's successor, if it is spent.
    pub successor: Option<Successor>,
}

impl Store {
    /// Locks the session of a refresh token and reads its data. Returns `None` for an unknown token.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn begin_rotation(&self, customer: TenantId, id: Uuid) -> Result<Option<Rotation>> {
        let tx = self.tenant(customer).await?;
        tx.query_opt(
            include_str!("../queries/sessions/lock.sql"),
            &[&customer, &id],
        )
        .await?;
        let row = tx
            .query_opt(
                include_str!("../queries/sessions/read_token.sql"),
                &[&customer, &id],
            )
            .await?;
        match row {
            Some(row) => rotation(tx, id, &row).map(Some),
            None => {
                tx.commit().await?;
                Ok(None)
            }
        }
    }
}

fn rotation(tx: Tenant, id: Uuid, row: &Row) -> Result<Rotation> {
    let next: Option<Uuid> = row.get("next_id")?;
    let successor = next
        .map(|id| {
            Ok::<_, Error>(Successor {
                id,
                token_hash: row.get("next_hash")?,
                issued_at: row.get("next_issued_at")?,
            })
        })
        .transpose()?;
    Ok(Rotation {
        id,
        session_id: row.get("session_id")?,
        user_id: row.get("user_id")?,
        email: row.get("email")?,
        role: row.get("role")?,
        token_hash: row.get("token_hash")?,
        presented: Presented {
            now: row.get("now")?,
            expires_at: row.get("expires_at")?,
            used_at: row.get("used_at")?,
            successor_used: row.get::<Option<DateTime<Utc>>>("next_used_at")?.is_some(),
            may_continue: row.get("may_continue")?,
        },
        successor,
        tx,
    })
}

impl Rotation {
    /// Spends the token and adds its successor.
    ///
    /// # Errors
    /// `unavailable`: a caller that did not get the response repeats the request within the grace period.
    pub async fn rotate(self, next: &NewRefreshToken<'_>) -> Result<()> {
        insert_token(&self.tx, next).await?;
        self.tx
            .query(
                include_str!("../queries/sessions/rotate.sql"),
                &[
                    &self.tx.customer_id(),
                    &self.id,
                    &next.id,
                    &self.session_id,
                    &next.expires_at,
                ],
            )
            .await?;
        self.tx.commit().await
    }

    /// Ends the session of a token that was presented twice.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn end_session(self) -> Result<()> {
        if end(&self.tx, self.session_id, EndReason::TokenReused).await? {
            let target = self.session_id.as_uuid();
            audit::record(
                &self.tx,
                Actor::System,
                Action::SessionTokenReused,
                target,
                &json!({"userId": self.user_id}),
            )
            .await?;
        }
        self.tx.commit().await
    }

    /// Leaves everything unchanged.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn leave(self) -> Result<()> {
        self.tx.commit().await
    }
}

/// Begins a session with its first refresh token.
///
/// # Errors
/// `unavailable` without a database.
pub async fn begin(tx: &Tenant, first: &NewRefreshToken<'_>) -> Result<()> {
    tx.query(
        include_str!("../queries/sessions/begin.sql"),
        &[
            &tx.customer_id(),
            &first.session_id,
            &first.user_id,
            &first.expires_at,
        ],
    )
    .await?;
    insert_token(tx, first).await
}

async fn insert_token(tx: &Tenant, token: &NewRefreshToken<'_>) -> Result<()> {
    tx.query(
        include_str!("../queries/sessions/insert_token.sql"),
        &[
            &tx.customer_id(),
            &token.id,
            &token.session_id,
            &token.user_id,
            &token.token_hash,
            &token.issued_at,
            &token.expires_at,
        ],
    )
    .await
    .map(drop)
}

/// Ends a session: no token of it is admitted from then on. Returns false if it had ended already.
///
/// # Errors
/// `unavailable` without a database.
pub async fn end(tx: &Tenant, session: SessionId, reason: EndReason) -> Result<bool> {
    let row = tx
        .query_opt(
            include_str!("../queries/sessions/end.sql"),
            &[&tx.customer_id(), &session, &reason.as_str()],
        )
        .await?;
    Ok(row.is_some())
}

/// Ends all sessions of the customer, and returns their number.
///
/// # Errors
/// `unavailable` without a database.
pub async fn end_all(tx: &Tenant, reason: EndReason) -> Result<usize> {
    let codes = include_str!("../queries/oauth/forget_codes.sql");
    tx.query(codes, &[&tx.customer_id(), &None::<UserId>])
        .await?;
    let rows = tx
        .query(
            include_str!("../queries/sessions/end_all.sql"),
            &[&tx.customer_id(), &reason.as_str()],
        )
        .await?;
    Ok(rows.len())
}

/// Ends all sessions of a user, and returns their number.
///
/// # Errors
/// `unavailable` without a database.
pub async fn end_of_user(tx: &Tenant, user: UserId, reason: EndReason) -> Result<usize> {
    // Before the sessions: one that a code is exchanged for at this moment is waited for, and then ends too.
    let codes = include_str!("../queries/oauth/forget_codes.sql");
    tx.query(codes, &[&tx.customer_id(), &Some(user)]).await?;
    let rows = tx
        .query(
            include_str!("../queries/sessions/end_of_user.sql"),
            &[&tx.customer_id(), &user, &reason.as_str()],
        )
        .await?;
    Ok(rows.len())
}

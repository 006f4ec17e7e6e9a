//! The users behind API keys, and the revocation or handover of keys whose user may have none any more.
//!
//! A key that is created with another key has the same user behind it, so that no key outlives its user through another
//! key.
//!
//! Transactions that create keys and transactions that revoke a user's keys hold the [`lock`], in this order: keys,
//! then users. So a key is either added before its user's keys are revoked, and revoked with them, or refused.

use dynrag_domain::{
    Error, Result, UserId,
    audit::{Action, Actor},
};
use serde_json::json;
use uuid::Uuid;

use crate::{Tenant, audit, row::Row};

/// The reason why a user has no keys any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Loss {
    /// The user is disabled.
    Disabled,
    /// The user has another role, which may not create keys.
    Demoted,
    /// The user is deleted.
    Deleted,
}

impl Loss {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "user_disabled",
            Self::Demoted => "user_demoted",
            Self::Deleted => "user_deleted",
        }
    }
}

/// Blocks others that change the customer's keys until the end of the transaction.
///
/// # Errors
/// `unavailable` without a database.
pub async fn lock(tx: &Tenant) -> Result<()> {
    tx.query(
        include_str!("../queries/api_keys/lock.sql"),
        &[&tx.customer_id()],
    )
    .await
    .map(drop)
}

/// Returns the user behind an actor that creates keys; `None` for the key created at signup. Requires the [`lock`].
///
/// # Errors
/// `unauthenticated` if the maker was disabled or revoked since it was admitted; `unavailable` without a database.
pub async fn user_behind(tx: &Tenant, actor: Actor) -> Result<Option<UserId>> {
    let (user, key) = match actor {
        Actor::User(id) => (Some(id), None),
        Actor::ApiKey(id) => (None, Some(id)),
        Actor::Webhook(_) | Actor::System => return Ok(None),
    };
    let row = tx
        .query_opt(
            include_str!("../queries/api_keys/user_behind.sql"),
            &[&tx.customer_id(), &user, &key],
        )
        .await?
        .ok_or_else(|| Error::unauthenticated("the caller no longer exists"))?;
    row.get("user_id")
}

/// Revokes the live keys of a user, with effect from the commit. Returns their number. Requires the [`lock`].
///
/// # Errors
/// `unavailable` without a database.
pub async fn revoke(tx: &Tenant, actor: Actor, user: UserId, loss: Loss) -> Result<usize> {
    let rows = tx
        .query(
            include_str!("../queries/api_keys/revoke_of_user.sql"),
            &[&tx.customer_id(), &user],
        )
        .await?;
    let details = json!({"userId": user, "reason": loss.as_str()});
    tell(tx, actor, Action::ApiKeyRevoked, &rows, &details).await
}

/// Hands the live keys of a user over to another user, or to the customer. Returns their number. Requires the [`lock`].
///
/// # Errors
/// `unavailable` without a database.
pub async fn hand_over(
    tx: &Tenant,
    actor: Actor,
    user: UserId,
    to: Option<UserId>,
) -> Result<usize> {
    let rows = tx
        .query(
            include_str!("../queries/api_keys/hand_over.sql"),
            &[&tx.customer_id(), &user, &to],
        )
        .await?;
    let details = json!({"from": user, "to": to});
    tell(tx, actor, Action::ApiKeyTransferred, &rows, &details).await
}

/// Writes an audit record for each key.
async fn tell(
    tx: &Tenant,
    actor: Actor,
    action: Action,
    rows: &[Row],
    details: &serde_json::Value,
) -> Result<usize> {
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let key: Uuid = row.get("id")?;
        let mut details = details.clone();
        details["name"] = row.get::<String>("name")?.into();
        lines.push((action, key, details));
    }
    audit::record_many(tx, actor, &lines).await?;
    Ok(lines.len())
}

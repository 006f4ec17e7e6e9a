//! The users of a customer: changes of role and status, deletion, and the fate of their API keys.
//!
//! Locks are taken in this order: keys, then users (see `dynrag_store::key_makers`).

pub mod invitations;

use dynrag_domain::{
    Error, Result, UserId,
    audit::Action,
    identity::{Role, Scope, UserStatus},
};
use dynrag_store::{
    Tenant,
    admission::Admission,
    audit, invitations as invited,
    key_makers::{self, Loss},
    sessions::{self, EndReason},
    users::{self, UserRow},
};
use serde_json::json;

/// A change of a user. `None` leaves a field unchanged.
#[derive(Clone, Copy, Debug)]
pub struct UserChange {
    /// The new role.
    pub role: Option<Role>,
    /// The new status.
    pub status: Option<UserStatus>,
}

/// What happens to the API keys of a user who may no longer have any.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeysOfUser {
    /// They are revoked permanently.
    Revoke,
    /// They stay valid and belong to the caller.
    Transfer,
}

/// Number of keys taken from a user.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct KeysTaken {
    /// Revoked.
    pub revoked: usize,
    /// Transferred to the caller.
    pub transferred: usize,
}

/// Changes a user's role or status, with effect from the user's next request. A user who may no longer have API keys
/// loses them.
///
/// # Errors
/// `invalid_fields`; `not_found`; `missing_scope` (forbidden); `last_business_user` (conflict); `unavailable`.
pub async fn update(
    caller: &Admission,
    id: UserId,
    change: UserChange,
    keys: KeysOfUser,
) -> Result<(UserRow, KeysTaken)> {
    if change.role.is_none() && change.status.is_none() {
        return Err(Error::field("", "role, status or both"));
    }
    let tx = caller.store().tenant(caller.tenant()).await?;
    key_makers::lock(&tx).await?;
    users::lock(&tx).await?;
    let before = users::get(&tx, id).await?;
    let before = before.ok_or_else(|| Error::not_found("user"))?;
    let row = users::update(&tx, id, change.role, change.status)
        .await?
        .ok_or_else(|| Error::not_found("user"))?;
    caller.check_grant(&gained(&before, &row))?;
    users::check_business_left(&tx).await?;
    let taken = match loss(&row) {
        Some(loss) => take_keys(&tx, caller, id, loss, keys).await?,
        None => KeysTaken::default(),
    };
    if change.status == Some(UserStatus::Disabled) {
        sessions::end_of_user(&tx, id, EndReason::UserDisabled).await?;
    }
    let details = json!({"role": row.role, "status": row.status, "keysRevoked": taken.revoked,
        "keysTransferred": taken.transferred});
    let actor = caller.principal.into();
    audit::record(&tx, actor, Action::UserUpdated, row.id, &details).await?;
    tx.commit().await?;
    Ok((row, taken))
}

/// Deletes a user, or withdraws an invitation.
///
/// # Errors
/// `not_found`; `invalid_fields`; `last_business_user` (conflict); `unavailable`.
pub async fn delete(caller: &Admission, id: UserId, keys: KeysOfUser) -> Result<KeysTaken> {
    let tx = caller.store().tenant(caller.tenant()).await?;
    key_makers::lock(&tx).await?;
    users::lock(&tx).await?;
    // Before the user is deleted: a key whose user is deleted belongs to the customer.
    let taken = take_keys(&tx, caller, id, Loss::Deleted, keys).await?;
    let (action, details) = if users::delete(&tx, id).await? {
        users::check_business_left(&tx).await?;
        let details = json!({"keysRevoked": taken.revoked, "keysTransferred": taken.transferred});
        (Action::UserDeleted, details)
    } else if invited::delete(&tx, id.as_uuid().into()).await? {
        (Action::InvitationDeleted, json!({}))
    } else {
        return Err(Error::not_found("user"));
    };
    let actor = caller.principal.into();
    audit::record(&tx, actor, action, id.as_uuid(), &details).await?;
    tx.commit().await?;
    Ok(taken)
}

/// Returns the scopes of a user with its present role and status.
fn scopes(row: &UserRow) -> &'static [Scope] {
    match row.status {
        UserStatus::Active => row.role.scopes(),
        UserStatus::Disabled | UserStatus::Invited => &[],
    }
}

/// Returns the scopes that a change gives a user.
fn gained(before: &UserRow, after: &UserRow) -> Vec<Scope> {
    let after = scopes(after).iter().copied();
    after
        .filter(|scope| !scopes(before).contains(scope))
        .collect()
}

/// Returns why a user may have no keys; `None` if it may.
fn loss(row: &UserRow) -> Option<Loss> {
    match (row.status, row.role) {
        (UserStatus::Active, Role::Business) => None,
        (UserStatus::Active, Role::User) => Some(Loss::Demoted),
        (UserStatus::Disabled | UserStatus::Invited, _) => Some(Loss::Disabled),
    }
}

/// Revokes or transfers a user's keys, under the locks of keys and users.
async fn take_keys(
    tx: &Tenant,
    caller: &Admission,
    user: UserId,
    loss: Loss,
    keys: KeysOfUser,
) -> Result<KeysTaken> {
    let actor = caller.principal.into();
    match keys {
        KeysOfUser::Revoke => Ok(KeysTaken {
            revoked: key_makers::revoke(tx, actor, user, loss).await?,
            transferred: 0,
        }),
        KeysOfUser::Transfer => {
            let to = key_makers::user_behind(tx, actor).await?;
            if to == Some(user) {
                let detail = "revoke, because transfer would leave the keys with this user: you";
                return Err(Error::field("/keys", detail));
            }
            Ok(KeysTaken {
                revoked: 0,
                transferred: key_makers::hand_over(tx, actor, user, to).await?,
            })
        }
    }
}

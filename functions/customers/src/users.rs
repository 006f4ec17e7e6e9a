//! `GET POST /api/users`, `PUT DELETE /api/users/{id}`: a customer's users and invitations.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, App, Caller, Json, Path, Query,
    paging::{Page, Paging},
    responses::Accepted,
    scopes::AdminTenant,
};
use dynrag_app::users::{self, KeysTaken, invitations};
use dynrag_domain::{
    UserId,
    identity::{Role, UserStatus},
};
use dynrag_store::users::UserRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// A user, or an invitation to become one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct User {
    id: Uuid,
    email: String,
    role: Role,
    status: UserStatus,
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    /// Number of the user's API keys that the change revoked; only returned by changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys_revoked: Option<usize>,
    /// Number of the user's API keys that the change transferred to the caller; only returned by changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys_transferred: Option<usize>,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            email: row.email,
            role: row.role,
            status: row.status,
            email_verified: row.email_verified_at.is_some(),
            last_login_at: row.last_login_at,
            created_at: row.created_at,
            keys_revoked: None,
            keys_transferred: None,
        }
    }
}

/// Lists users and invitations, newest first.
pub(crate) async fn list(
    caller: Caller<AdminTenant>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<User>>> {
    let store = caller.store();
    let (after, limit) = (paging.after()?, paging.limit()?);
    let rows = store
        .list_users(caller.tenant(), after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(page.map(User::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    #[schema(format = "email")]
    email: String,
    role: Role,
}

/// Invites a person by email. Inviting the same address again renews the invitation and its link.
pub(crate) async fn invite(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
    Json(body): Json<NewUser>,
) -> Answer<Accepted<User>> {
    let row = invitations::invite(&app, &caller, &body.email, body.role).await?;
    Ok(Accepted(row.into()))
}

/// A status that a customer gives a user.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum WantedUserStatus {
    Active,
    Disabled,
}

impl From<WantedUserStatus> for UserStatus {
    fn from(status: WantedUserStatus) -> Self {
        match status {
            WantedUserStatus::Active => Self::Active,
            WantedUserStatus::Disabled => Self::Disabled,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    role: Option<Role>,
    status: Option<WantedUserStatus>,
}

impl From<UserChange> for users::UserChange {
    fn from(change: UserChange) -> Self {
        Self {
            role: change.role,
            status: change.status.map(WantedUserStatus::into),
        }
    }
}

/// What happens to the API keys of a user who may no longer have any.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum KeysOfUser {
    /// They are revoked permanently.
    #[default]
    Revoke,
    /// They stay valid and are transferred to the caller.
    Transfer,
}

impl From<KeysOfUser> for users::KeysOfUser {
    fn from(keys: KeysOfUser) -> Self {
        match keys {
            KeysOfUser::Revoke => Self::Revoke,
            KeysOfUser::Transfer => Self::Transfer,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysOfUserQuery {
    /// What happens to the API keys of a user who is disabled, deleted or given the role `user`: `revoke` them, or
    /// `transfer` them to the caller.
    #[serde(default)]
    #[schema(default = "revoke")]
    keys: KeysOfUser,
}

/// Changes role or status, with effect from the user's next request. A user who may no longer have API keys loses them.
pub(crate) async fn update(
    caller: Caller<AdminTenant>,
    Path(id): Path<UserId>,
    Query(query): Query<KeysOfUserQuery>,
    Json(change): Json<UserChange>,
) -> Answer<Json<User>> {
    let (row, keys) = users::update(&caller, id, change.into(), query.keys.into()).await?;
    Ok(Json(User {
        keys_revoked: Some(keys.revoked),
        keys_transferred: Some(keys.transferred),
        ..row.into()
    }))
}

/// The result of a deletion.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserDeletion {
    id: Uuid,
    /// Number of the user's API keys that were revoked.
    keys_revoked: usize,
    /// Number of the user's API keys that were transferred to the caller.
    keys_transferred: usize,
}

/// Deletes a user, or withdraws an invitation.
pub(crate) async fn delete(
    caller: Caller<AdminTenant>,
    Path(id): Path<UserId>,
    Query(query): Query<KeysOfUserQuery>,
) -> Answer<Json<UserDeletion>> {
    let KeysTaken {
        revoked,
        transferred,
    } = users::delete(&caller, id, query.keys.into()).await?;
    Ok(Json(UserDeletion {
        id: id.as_uuid(),
        keys_revoked: revoked,
        keys_transferred: transferred,
    }))
}

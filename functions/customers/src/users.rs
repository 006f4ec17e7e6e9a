//! `GET POST /api/users`, `PUT DELETE /api/users/{id}`: who belongs to the customer. Accepting an
//! invitation is the auth group's, which makes passwords and sessions.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Context, Json, Path, Query,
    answers::Accepted,
    paging::{Page, Paging},
    require_mail,
    scopes::AdminTenant,
};
use dynrag_domain::{
    Error, InvitationId, Result, UserId,
    audit::Action,
    identity::{Email, Principal, Role, Scope, UserStatus},
    tasks::Task,
};
use dynrag_store::{
    Tenant,
    admission::Admission,
    audit, invitations,
    key_makers::{self, Loss},
    mails, outbox,
    sessions::{self, EndReason},
    users::{self, UserRow},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// A user, or an invitation to become one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
pub(crate) struct UserBody {
    id: Uuid,
    email: String,
    role: Role,
    status: UserStatus,
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    /// How many of the user's API keys a change has revoked; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys_revoked: Option<usize>,
    /// How many of them it has handed over to the caller; left out elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    keys_transferred: Option<usize>,
}

impl From<UserRow> for UserBody {
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
) -> Answer<Json<Page<UserBody>>> {
    let store = caller.store();
    let (after, limit) = (paging.after()?, paging.limit()?);
    let rows = store
        .list_users(caller.customer_id, after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(page.map(UserBody::from)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    #[schema(format = "email")]
    email: String,
    role: Role,
}

/// Invites somebody by mail; once more for the same address renews the invitation, and its link.
pub(crate) async fn invite(
    caller: Caller<AdminTenant>,
    State(context): State<Arc<Context>>,
    Json(body): Json<NewUser>,
) -> Answer<Accepted<UserBody>> {
    require_mail()?;
    caller.check_grant(body.role.scopes())?;
    let email = Email::try_from(body.email.as_str()).map_err(|why| Error::field("/email", why))?;
    let tx = caller.store().tenant(caller.customer_id).await?;
    users::lock(&tx).await?;
    users::check_new(&tx, &email).await?;
    users::check_room(&tx).await?;
    let invited_by = match caller.principal {
        Principal::User(user) => Some(user),
        Principal::ApiKey(_) | Principal::Webhook(_) => None,
    };
    users::check_verified(&tx).await?;
    mails::take_invitation(&tx, &email, caller.config.invitations_per_day).await?;
    let row = invitations::insert(&tx, &email, body.role, invited_by).await?;
    let details = json!({"email": email, "role": body.role});
    let actor = caller.principal.into();
    audit::record(&tx, actor, Action::UserInvited, row.id, &details).await?;
    let id = InvitationId::from(row.id);
    let pending = outbox::insert(&tx, Task::invite(caller.customer_id, id)).await?;
    tx.commit().await?;
    context.dispatch(&pending).await;
    Ok(Accepted(row.into()))
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = WantedUserStatus)]
enum Status {
    Active,
    Disabled,
}

impl From<Status> for UserStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::Active => Self::Active,
            Status::Disabled => Self::Disabled,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChange)]
pub(crate) struct Change {
    role: Option<Role>,
    status: Option<Status>,
}

/// What becomes of the API keys of a user who may have none any more.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = KeysOfUser)]
enum Fate {
    /// They are refused from now on, for good.
    #[default]
    Revoke,
    /// They go on, and are the caller's.
    Transfer,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeysOfUserQuery)]
pub(crate) struct KeysFate {
    /// What becomes of the API keys of a user who is disabled, deleted or made a `user`: `revoke`, or `transfer` to the
    /// caller.
    #[serde(default)]
    #[schema(default = "revoke")]
    keys: Fate,
}

/// How many keys of a user were taken away.
#[derive(Default)]
struct Keys {
    revoked: usize,
    transferred: usize,
}

/// What a user may do as things are.
fn scopes(row: &UserRow) -> &'static [Scope] {
    match row.status {
        UserStatus::Active => row.role.scopes(),
        UserStatus::Disabled | UserStatus::Invited => &[],
    }
}

/// Why a user may have no keys.
fn loss(row: &UserRow) -> Option<Loss> {
    match (row.status, row.role) {
        (UserStatus::Active, Role::Business) => None,
        (UserStatus::Active, Role::User) => Some(Loss::Demoted),
        (UserStatus::Disabled | UserStatus::Invited, _) => Some(Loss::Disabled),
    }
}

/// Takes the keys of a user away, under the locks of keys and users.
async fn take_keys(
    tx: &Tenant,
    caller: &Admission,
    user: UserId,
    loss: Loss,
    fate: KeysFate,
) -> Result<Keys> {
    let actor = caller.principal.into();
    match fate.keys {
        Fate::Revoke => Ok(Keys {
            revoked: key_makers::revoke(tx, actor, user, loss).await?,
            transferred: 0,
        }),
        Fate::Transfer => {
            let to = key_makers::user_behind(tx, actor).await?;
            if to == Some(user) {
                let detail = "revoke: transfer would leave the keys with this user, who is you";
                return Err(Error::field("/keys", detail));
            }
            Ok(Keys {
                revoked: 0,
                transferred: key_makers::hand_over(tx, actor, user, to).await?,
            })
        }
    }
}

/// Changes role or status. Both count from the user's next request on. Who may have no API keys any more loses them.
pub(crate) async fn update(
    caller: Caller<AdminTenant>,
    Path(id): Path<UserId>,
    Query(fate): Query<KeysFate>,
    Json(change): Json<Change>,
) -> Answer<Json<UserBody>> {
    let status = change.status.map(UserStatus::from);
    if change.role.is_none() && status.is_none() {
        return Err(Error::field("", "role, status or both").into());
    }
    let tx = caller.store().tenant(caller.customer_id).await?;
    key_makers::lock(&tx).await?;
    users::lock(&tx).await?;
    let before = users::get(&tx, id).await?;
    let before = before.ok_or_else(|| Error::not_found("user"))?;
    let row = users::update(&tx, id, change.role, status)
        .await?
        .ok_or_else(|| Error::not_found("user"))?;
    let gained = scopes(&row).iter().copied();
    let gained: Vec<Scope> = gained
        .filter(|scope| !scopes(&before).contains(scope))
        .collect();
    caller.check_grant(&gained)?;
    users::check_business_left(&tx).await?;
    let keys = match loss(&row) {
        Some(loss) => take_keys(&tx, &caller, id, loss, fate).await?,
        None => Keys::default(),
    };
    if matches!(change.status, Some(Status::Disabled)) {
        sessions::end_of_user(&tx, id, EndReason::UserDisabled).await?;
    }
    let details = json!({"role": row.role, "status": row.status, "keysRevoked": keys.revoked,
        "keysTransferred": keys.transferred});
    let actor = caller.principal.into();
    audit::record(&tx, actor, Action::UserUpdated, row.id, &details).await?;
    tx.commit().await?;
    Ok(Json(UserBody {
        keys_revoked: Some(keys.revoked),
        keys_transferred: Some(keys.transferred),
        ..row.into()
    }))
}

/// What a deletion has done.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UserDeletion)]
pub(crate) struct Deleted {
    id: Uuid,
    /// How many of the user's API keys it has revoked.
    keys_revoked: usize,
    /// How many of them it has handed over to the caller.
    keys_transferred: usize,
}

/// Deletes a user, or takes an invitation back.
pub(crate) async fn delete(
    caller: Caller<AdminTenant>,
    Path(id): Path<UserId>,
    Query(fate): Query<KeysFate>,
) -> Answer<Json<Deleted>> {
    let tx = caller.store().tenant(caller.customer_id).await?;
    key_makers::lock(&tx).await?;
    users::lock(&tx).await?;
    // Before its user is gone: a key whose user is deleted is the customer's.
    let keys = take_keys(&tx, &caller, id, Loss::Deleted, fate).await?;
    let action = if users::delete(&tx, id).await? {
        users::check_business_left(&tx).await?;
        Action::UserDeleted
    } else if invitations::delete(&tx, id.as_uuid().into()).await? {
        Action::InvitationDeleted
    } else {
        return Err(Error::not_found("user").into());
    };
    let actor = caller.principal.into();
    let details = match action {
        Action::UserDeleted => {
            json!({"keysRevoked": keys.revoked, "keysTransferred": keys.transferred})
        }
        _ => json!({}),
    };
    audit::record(&tx, actor, action, id.as_uuid(), &details).await?;
    tx.commit().await?;
    Ok(Json(Deleted {
        id: id.as_uuid(),
        keys_revoked: keys.revoked,
        keys_transferred: keys.transferred,
    }))
}

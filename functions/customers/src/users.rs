//! `GET POST /api/users`, `PUT DELETE /api/users/{id}`: who belongs to the customer. Accepting an
//! invitation is the auth group's, which makes passwords and sessions.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Context, Json, Path, Query,
    answers::{Accepted, NoContent},
    paging::{Page, Paging},
    require_mail,
    scopes::AdminTenant,
};
use dynrag_domain::{
    Error, InvitationId, UserId,
    audit::Action,
    identity::{Email, Principal, Role},
    tasks::Task,
};
use dynrag_store::{
    audit, invitations, mails, outbox,
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
    /// `active`, `disabled` or `invited`.
    status: String,
    email_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
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
        }
    }
}

/// Lists users and invitations, newest first.
pub(crate) async fn list(
    caller: Caller<AdminTenant>,
    State(context): State<Arc<Context>>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<UserBody>>> {
    let store = context.store().await?;
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
    let email = Email::try_from(body.email.as_str()).map_err(|why| Error::field("/email", why))?;
    let tx = context.store().await?.tenant(caller.customer_id).await?;
    users::lock(&tx).await?;
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
    context.dispatch_task(&pending).await;
    Ok(Accepted(row.into()))
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UserStatus)]
enum Status {
    Active,
    Disabled,
}

impl Status {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
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

/// Changes role or status. Both count from the user's next request on.
pub(crate) async fn update(
    caller: Caller<AdminTenant>,
    State(context): State<Arc<Context>>,
    Path(id): Path<UserId>,
    Json(change): Json<Change>,
) -> Answer<Json<UserBody>> {
    let status = change.status.map(Status::as_str);
    if change.role.is_none() && status.is_none() {
        return Err(Error::field("", "role, status or both").into());
    }
    let tx = context.store().await?.tenant(caller.customer_id).await?;
    users::lock(&tx).await?;
    let row = users::update(&tx, id, change.role, status)
        .await?
        .ok_or_else(|| Error::not_found("user"))?;
    users::check_business_left(&tx).await?;
    if matches!(change.status, Some(Status::Disabled)) {
        sessions::end_of_user(&tx, id, EndReason::UserDisabled).await?;
    }
    let details = json!({"role": row.role, "status": row.status});
    let actor = caller.principal.into();
    audit::record(&tx, actor, Action::UserUpdated, row.id, &details).await?;
    tx.commit().await?;
    Ok(Json(row.into()))
}

/// Deletes a user, or takes an invitation back.
pub(crate) async fn delete(
    caller: Caller<AdminTenant>,
    State(context): State<Arc<Context>>,
    Path(id): Path<UserId>,
) -> Answer<NoContent> {
    let tx = context.store().await?.tenant(caller.customer_id).await?;
    users::lock(&tx).await?;
    let action = if users::delete(&tx, id).await? {
        users::check_business_left(&tx).await?;
        Action::UserDeleted
    } else if invitations::delete(&tx, id.as_uuid().into()).await? {
        Action::InvitationDeleted
    } else {
        return Err(Error::not_found("user").into());
    };
    let actor = caller.principal.into();
    audit::record(&tx, actor, action, id.as_uuid(), &json!({})).await?;
    tx.commit().await?;
    Ok(NoContent)
}

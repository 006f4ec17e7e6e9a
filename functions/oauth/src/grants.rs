//! `GET /api/oauth/grants`, `DELETE /api/oauth/grants/{id}`: the clients that act for a user.

use chrono::{DateTime, Utc};
use dynrag_api::{Answer, Caller, Json, Path, responses::NoContent, scopes::User};
use dynrag_domain::{SessionId, identity::Scope};
use dynrag_store::oauth::Grant;
use serde::Serialize;
use utoipa::ToSchema;

/// The clients that act for you.
#[derive(Serialize, ToSchema)]
#[schema(as = OAuthGrants)]
pub(crate) struct Grants {
    /// The newest first.
    items: Vec<GrantBody>,
}

/// What a client was allowed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OAuthGrant)]
struct GrantBody {
    id: SessionId,
    client_id: String,
    /// The name that the client gave itself.
    client_name: String,
    /// Where you were sent back to when you allowed it.
    redirect_uri: String,
    scopes: Vec<Scope>,
    created_at: DateTime<Utc>,
    /// When it last got new tokens.
    refreshed_at: DateTime<Utc>,
    /// When it ends unless it gets new tokens.
    expires_at: DateTime<Utc>,
}

impl From<Grant> for GrantBody {
    fn from(grant: Grant) -> Self {
        Self {
            id: grant.session_id,
            client_id: grant.client_id,
            client_name: grant.client_name,
            redirect_uri: grant.redirect_uri,
            scopes: grant.scopes,
            created_at: grant.created_at,
            refreshed_at: grant.refreshed_at,
            expires_at: grant.expires_at,
        }
    }
}

/// Lists the caller's grants.
pub(crate) async fn list(caller: Caller<User>) -> Answer<Json<Grants>> {
    let (user, _) = caller.user()?;
    let grants = caller.store().list_grants(caller.tenant(), user).await?;
    let items = grants.into_iter().map(GrantBody::from).collect();
    Ok(Json(Grants { items }))
}

/// Ends one of them: its tokens are refused from now on.
pub(crate) async fn revoke(caller: Caller<User>, Path(id): Path<SessionId>) -> Answer<NoContent> {
    let (user, _) = caller.user()?;
    caller
        .store()
        .revoke_grant(caller.tenant(), user, id)
        .await?;
    Ok(NoContent)
}

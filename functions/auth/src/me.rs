//! `GET /api/auth/me`: the caller's identity and permissions.

use dynrag_api::{Answer, Caller, Json, scopes::Anyone};
use dynrag_domain::{
    CollectionId, CustomerId,
    identity::{Principal, Role, Scope},
    shown_config::ShownConfig,
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CallerInfo {
    customer_id: CustomerId,
    /// `user` or `apiKey`.
    kind: &'static str,
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    scopes: Vec<Scope>,
    /// The collections that the key is bound to; left out for keys that are not bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_ids: Option<Vec<CollectionId>>,
    config: ShownConfig,
}

/// Returns the caller's identity.
pub(crate) async fn me(caller: Caller<Anyone>) -> Answer<Json<CallerInfo>> {
    let (kind, id) = match caller.principal {
        Principal::User(id) => ("user", id.as_uuid()),
        Principal::ApiKey(id) => ("apiKey", id.as_uuid()),
        Principal::Webhook(id) => ("webhook", id.as_uuid()),
    };
    Ok(Json(CallerInfo {
        customer_id: caller.customer_id,
        kind,
        id,
        email: caller.email.clone(),
        role: caller.role,
        scopes: caller.scopes.clone(),
        collection_ids: caller.collections.clone(),
        config: caller.config.shown(caller.sees_account())?,
    }))
}

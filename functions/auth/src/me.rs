//! `GET /api/auth/me`: who the caller is and what it may do.

use dynrag_api::{Answer, Caller, Json, scopes::Anyone};
use dynrag_domain::{
    CustomerId,
    config::CustomerConfig,
    identity::{Principal, Role, Scope},
};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CallerInfo)]
pub(crate) struct Me {
    customer_id: CustomerId,
    /// `user` or `apiKey`.
    kind: &'static str,
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
    scopes: Vec<Scope>,
    config: CustomerConfig,
}

/// Answers who the caller is.
pub(crate) async fn me(caller: Caller<Anyone>) -> Answer<Json<Me>> {
    let (kind, id) = match caller.principal {
        Principal::User(id) => ("user", id.as_uuid()),
        Principal::ApiKey(id) => ("apiKey", id.as_uuid()),
        Principal::Webhook(id) => ("webhook", id.as_uuid()),
    };
    Ok(Json(Me {
        customer_id: caller.customer_id,
        kind,
        id,
        email: caller.email.clone(),
        role: caller.role,
        scopes: caller.scopes.clone(),
        config: caller.config.clone(),
    }))
}

//! Administrators of the platform, and their requests.

use reqwest::Method;
use serde_json::Value;

use crate::support::stack::{Answer, Stack, Tenant};

/// Signs up an administrator.
pub async fn admin(stack: &std::sync::Arc<Stack>) -> Tenant {
    let tenant = stack.signup().await;
    let grant = "UPDATE users SET platform_admin = true WHERE customer_id = $1";
    stack
        .sql()
        .await
        .execute(grant, &[&tenant.id])
        .await
        .unwrap();
    tenant
}

/// Sends a request of an administrator.
pub async fn ask(admin: &Tenant, method: Method, path: &str, body: Option<Value>) -> Answer {
    let url = admin.stack.url(&format!("/api/admin/{path}"));
    let request = admin
        .stack
        .http
        .request(method, url)
        .bearer_auth(&admin.access);
    Answer::of(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

pub async fn me(tenant: &Tenant) -> Answer {
    let request = tenant.stack.http.get(tenant.stack.url("/api/auth/me"));
    Answer::of(request.bearer_auth(&tenant.access)).await
}

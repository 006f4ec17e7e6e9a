//! Requests with a given API key.

use reqwest::Method;

use crate::support::stack::{Answer, Stack, Tenant};

pub async fn with(stack: &Stack, key: &str, method: Method, path: &str) -> Answer {
    let request = stack.http.request(method, stack.url(path));
    Answer::raw(request.header("x-api-key", key)).await
}

pub async fn revoke(tenant: &Tenant, id: &str) -> Answer {
    with(
        &tenant.stack,
        &tenant.key,
        Method::DELETE,
        &format!("/api/keys/{id}"),
    )
    .await
}

//! API keys, and requests with a given one.

use reqwest::Method;
use serde_json::{Value, json};

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

/// Makes a key with these members, such as `scopes`: its id and its text.
pub async fn make(tenant: &Tenant, more: Value) -> (String, String) {
    let mut body = json!({"name": "k"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = tenant.post("/api/keys", &body).await.ok(201);
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    (text("id"), text("apiKey"))
}

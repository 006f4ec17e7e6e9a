//! Webhooks, and the requests of their senders.

use axum::http::HeaderMap;
use dynrag_web::webhook::{Secret, sign};
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant};

pub async fn make(tenant: &Tenant, body: Value) -> Value {
    tenant.post("/api/webhooks", &body).await.ok(201)
}

pub async fn manual(tenant: &Tenant) -> Value {
    make(tenant, json!({"name": "in", "triggerType": "manual"})).await
}

/// Headers of a request that its sender signs this many seconds from now.
pub fn signed(hook: &Value, id: &str, body: &[u8], shift: i64) -> HeaderMap {
    let secret = Secret::parse(hook["secret"].as_str().unwrap()).unwrap();
    let now = chrono::Utc::now().timestamp() + shift;
    sign(&[secret], id, now, body).unwrap()
}

pub async fn send(stack: &Stack, hook: &Value, headers: HeaderMap, body: Vec<u8>) -> Answer {
    let url = stack.url(hook["url"].as_str().unwrap());
    let request = stack.http.post(url).headers(headers).body(body);
    Answer::of(request.header("content-type", "application/json")).await
}

pub async fn with_token(stack: &Stack, hook: &Value, token: &str, body: &Value) -> Answer {
    let url = stack.url(hook["url"].as_str().unwrap());
    let request = stack.http.post(url).header("x-webhook-token", token);
    Answer::of(request.json(body)).await
}

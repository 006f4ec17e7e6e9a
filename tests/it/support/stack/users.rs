//! Requests about the users of a customer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, answer::text};

pub const SUBJECT: &str = "You are invited to Dynamic RAG";

pub async fn accept(stack: &Stack, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    let request = stack.http.post(stack.url("/api/users/accept")).json(&body);
    Answer::of(request).await
}

pub async fn change(tenant: &Tenant, id: &str, body: Value) -> Answer {
    let request = tenant.call(Method::PUT, &format!("/api/users/{id}"));
    Answer::of(request.json(&body)).await
}

pub async fn delete(tenant: &Tenant, id: &str) -> Answer {
    Answer::of(tenant.call(Method::DELETE, &format!("/api/users/{id}"))).await
}

pub async fn get(stack: &Stack, access: &str, path: &str) -> Answer {
    Answer::of(stack.http.get(stack.url(path)).bearer_auth(access)).await
}

/// A business user of a tenant, with keys: its id, its access token, the keys.
pub async fn with_keys(a: &Tenant) -> (String, String, Vec<String>) {
    let access = a.user_with("business").await;
    let id = text(&get(&a.stack, &access, "/api/auth/me").await.ok(200)["id"]);
    let mut keys = Vec::new();
    let mut make = async |bearer: &str, scopes: Value| {
        let request = a.stack.http.post(a.stack.url("/api/keys"));
        let body = json!({"name": "theirs", "scopes": scopes});
        let made = Answer::of(request.bearer_auth(bearer).json(&body)).await;
        keys.push(text(&made.ok(201)["apiKey"]));
    };
    make(&access, json!(["admin:tenant", "search"])).await;
    // A second key, created by the first.
    let first = keys[0].clone();
    let request = a.stack.http.post(a.stack.url("/api/keys"));
    let body = json!({"name": "theirs", "scopes": ["search"]});
    let made = Answer::of(request.bearer_auth(&first).json(&body)).await;
    keys.push(text(&made.ok(201)["apiKey"]));
    (id, access, keys)
}

pub async fn answers(stack: &Stack, keys: &[String]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for key in keys {
        statuses.push(get(stack, key, "/api/auth/me").await.status);
    }
    statuses
}

pub async fn actions(a: &Tenant) -> Vec<String> {
    let log = a.get("/api/customers/audit").await.ok(200);
    let items = log["items"].as_array().unwrap();
    items.iter().map(|line| text(&line["action"])).collect()
}

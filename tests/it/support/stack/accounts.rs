//! Requests without a credential: logins, and the links in emails.

use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant};

pub async fn post(stack: &Stack, route: &str, body: Value) -> Answer {
    let request = stack.http.post(stack.url(&format!("/api/auth/{route}")));
    Answer::raw(request.json(&body)).await
}

pub async fn forgot(stack: &Stack, email: &str) {
    let answer = post(stack, "forgot-password", json!({"email": email})).await;
    assert_eq!((answer.status, answer.body.len()), (202, 0), "{answer}");
}

pub async fn login(tenant: &Tenant, password: &str) -> Answer {
    let body = json!({"email": tenant.email, "password": password});
    post(&tenant.stack, "login", body).await
}

/// The only user of a tenant, as listed.
pub async fn user(tenant: &Tenant) -> Value {
    tenant.get("/api/users").await.ok(200)["items"][0].clone()
}

//! Requests about sessions, and their tokens.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant};

/// The tokens of a response.
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

pub fn tokens(answer: &Value) -> Tokens {
    let token = |name: &str| answer[name].as_str().unwrap().to_owned();
    Tokens {
        access: token("accessToken"),
        refresh: token("refreshToken"),
    }
}

pub async fn refresh(stack: &Stack, token: &str) -> Answer {
    let request = stack.http.post(stack.url("/api/auth/refresh"));
    Answer::of(request.json(&json!({"refreshToken": token}))).await
}

pub async fn me(stack: &Stack, access: &str) -> u16 {
    let request = stack
        .http
        .get(stack.url("/api/auth/me"))
        .bearer_auth(access);
    Answer::of(request).await.status
}

/// Sends a POST under /api/auth with an access token.
pub async fn post(stack: &Stack, access: &str, route: &str, body: Option<Value>) -> Answer {
    let url = stack.url(&format!("/api/auth/{route}"));
    let request = stack.http.request(Method::POST, url).bearer_auth(access);
    match body {
        Some(body) => Answer::raw(request.json(&body)).await,
        None => Answer::raw(request).await,
    }
}

/// Changes rows of a customer: `<table> SET …`.
pub async fn set(tenant: &Tenant, change: &str) {
    let statement = format!("UPDATE {change} WHERE customer_id = $1");
    let sql = tenant.stack.sql().await;
    sql.execute(&statement, &[&tenant.id]).await.unwrap();
}

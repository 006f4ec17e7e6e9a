//! What every answer carries.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant};

#[tokio::test]
async fn health_needs_nobody() {
    let stack = Stack::load();
    let answer = Answer::of(stack.http.get(stack.url("/health"))).await;
    let body = answer.ok(200);
    assert_eq!(body["status"], "ok");
    assert_eq!(body["checks"], json!({"secrets": "ok", "database": "ok"}));
    assert!(!answer.headers.contains_key("ratelimit"));
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let tenant = Stack::load().signup().await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..5 {
        let good = tenant.get("/api/auth/me").await;
        let bad = tenant.get("/api/documents/none").await;
        for answer in [good, bad] {
            ids.insert(answer.headers["x-request-id"].to_str().unwrap().to_owned());
        }
    }
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn a_request_that_leaves_a_path_is_not_answered_by_us() {
    let tenant = Stack::load().signup().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/api"),
        (Method::GET, "/api/nothing"),
        (Method::PUT, "/api/documents"),
        (Method::DELETE, "/api/documents"),
        (Method::POST, "/api/documents/1"),
        (Method::GET, "/search"),
    ] {
        let answer = Answer::raw(tenant.call(method.clone(), path)).await;
        assert!(matches!(answer.status, 404 | 405), "{method} {answer}");
    }
}

async fn me(tenant: &Tenant) -> Answer {
    tenant.get("/api/auth/me").await
}

#[tokio::test]
async fn pages_of_other_origins_get_no_permission() {
    let tenant = Stack::load().signup().await;
    let preflight = async |origin: &str| {
        let request = tenant
            .stack
            .http
            .request(Method::OPTIONS, tenant.stack.url("/api/documents"));
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        let answer = Answer::raw(request).await;
        answer
            .headers
            .get("access-control-allow-origin")
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(
        preflight("http://localhost:3000").await.as_deref(),
        Some("http://localhost:3000")
    );
    assert_eq!(preflight("https://evil.example").await, None);
}

#[tokio::test]
async fn who_one_is_and_what_one_may_do() {
    let tenant = Stack::load().signup().await;
    let by_key = me(&tenant).await.ok(200);
    assert_eq!(
        (&by_key["kind"], &by_key["customerId"]),
        (&"apiKey".into(), &tenant.id.to_string().into())
    );
    let user = tenant.user_with("user").await;
    let request = tenant
        .stack
        .http
        .get(tenant.stack.url("/api/auth/me"))
        .bearer_auth(user);
    let by_token = Answer::of(request).await.ok(200);
    assert_eq!(
        (&by_token["kind"], &by_token["role"]),
        (&"user".into(), &"user".into())
    );
    assert_eq!(by_token["scopes"], json!(["search", "chat"]));
    for secret in [
        &tenant.key,
        &tenant.access,
        &tenant.refresh,
        &tenant.password,
    ] {
        assert!(!by_token.to_string().contains(secret.as_str()));
    }
    assert!(
        by_token["config"]["maxFileBytes"].as_i64() == Some(52_428_800),
        "{by_token}"
    );
    assert!(matches!(by_key["scopes"], Value::Array(ref scopes) if scopes.len() == 7));
}

//! `POST /api/webhooks`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, answer::text};

#[tokio::test]
async fn a_webhook_needs_the_scopes_of_what_it_does() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let url = "https://example.com/";
    let bodies = [
        json!({"name": "in", "triggerType": "manual"}),
        json!({"name": "often", "triggerType": "scheduled", "url": url, "schedule": "rate(1 day)"}),
        json!({"name": "out", "triggerType": "event", "url": url}),
    ];
    let call = |key: &str, method: Method, path: &str, body: &Value| {
        let request = stack.http.request(method, stack.url(path));
        Answer::of(request.header("x-api-key", key).json(body))
    };
    let managing = a.key_with(&["webhooks"]).await;
    let writing = a.key_with(&["webhooks", "documents:write"]).await;
    let reading = a.key_with(&["webhooks", "documents:read"]).await;
    for body in &bodies {
        let event = body["triggerType"] == "event";
        let (able, unable) = match event {
            true => (&reading, &writing),
            false => (&writing, &reading),
        };
        let scope = if event {
            "documents:read"
        } else {
            "documents:write"
        };
        for key in [&managing, unable] {
            let refused = call(key, Method::POST, "/api/webhooks", body).await;
            let refused = refused.problem(403, "missing_scope");
            assert!(
                refused["detail"].as_str().unwrap().contains(scope),
                "{refused}"
            );
        }
        let made = call(able, Method::POST, "/api/webhooks", body)
            .await
            .ok(201);
        let path = format!("/api/webhooks/{}", text(&made["id"]));
        for change in [
            json!({"name": "mine"}),
            json!({"status": "paused"}),
            json!({"rotateSecret": true}),
        ] {
            call(&managing, Method::PUT, &path, &change)
                .await
                .problem(403, "missing_scope");
        }
        call(able, Method::PUT, &path, &json!({"name": "mine"}))
            .await
            .ok(200);
        let tested = call(&managing, Method::POST, &format!("{path}/test"), &json!({})).await;
        match body["triggerType"] == "scheduled" {
            true => drop(tested.problem(403, "missing_scope")),
            false => drop(tested.ok(202)),
        }
        // It can read and delete the webhook.
        call(&managing, Method::GET, &path, &json!({}))
            .await
            .ok(200);
        let deleted = call(&managing, Method::DELETE, &path, &json!({})).await;
        assert_eq!(deleted.status, 204, "{deleted}");
    }
}

#[tokio::test]
async fn each_invalid_field_of_a_webhook_is_reported() {
    let a = Stack::load().signup().await;
    let event = |url: &str| json!({"name": "n", "triggerType": "event", "url": url});
    for (body, pointer) in [
        (json!({"triggerType": "manual"}), "/name"),
        (
            json!({"name": "n", "triggerType": "hourly"}),
            "/triggerType",
        ),
        (event("http://example.com/"), "/url"),
        (event("https://169.254.169.254/latest/meta-data/"), "/url"),
        (event("https://[::1]/"), "/url"),
        (event("https://0x7f000001/"), "/url"),
        (event("https://metadata.google.internal/"), "/url"),
        (event("https://u:p@example.com/"), "/url"),
        (event("https://example.com:6379/"), "/url"),
        (
            json!({"name": "n", "triggerType": "scheduled", "url": "https://example.com/",
                "schedule": "rate(1 minute)"}),
            "/schedule",
        ),
    ] {
        a.post("/api/webhooks", &body).await.bad_fields(&[pointer]);
    }
    assert_eq!(
        a.count("SELECT count(*) FROM webhooks WHERE customer_id = $1")
            .await,
        0
    );
}

//! `PUT /api/admin/customers/{id}/limits`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack,
    admin::{admin, ask},
};

#[tokio::test]
async fn only_the_platform_can_raise_limits() {
    let stack = Stack::load();
    let (admin, a) = tokio::join!(admin(&stack), stack.signup());
    let path = format!("customers/{}/limits", a.id);
    let limits = json!({"readsPerMinute": 888, "requestsPerMinute": 777, "maxFileBytes": 1234});
    assert_eq!(
        ask(&admin, Method::PUT, &path, Some(limits)).await.status,
        204
    );
    let config = a.get("/api/customers/config").await.ok(200);
    assert_eq!(
        (&config["requestsPerMinute"], &config["maxFileBytes"]),
        (&json!(777), &json!(1234))
    );
    assert_eq!(config["readsPerMinute"], 888);
    let bad = json!({"readsPerMinute": 0, "requestsPerMinute": 0});
    ask(&admin, Method::PUT, &path, Some(bad))
        .await
        .bad_fields(&["/readsPerMinute", "/requestsPerMinute"]);
    let put = async |body: Value| {
        Answer::of(a.call(Method::PUT, "/api/customers/config").json(&body)).await
    };
    for limit in ["readsPerMinute", "requestsPerMinute", "requestsPerDay"] {
        put(json!({limit: 778}))
            .await
            .problem(403, "platform_limit");
    }
    put(json!({"classLimits": {"search": 888, "write": 778}}))
        .await
        .bad_fields(&["/classLimits/write"]);
    put(json!({"maxFileBytes": 1235}))
        .await
        .bad_fields(&["/maxFileBytes"]);
    // The returned limits are accepted unchanged.
    assert_eq!(put(config.clone()).await.ok(200), config);
    // A customer can set a lower limit for a class of routes, and it is enforced.
    put(json!({"classLimits": {"search": 2}})).await.ok(200);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let body = json!({"query": "anything", "mode": "text"});
        statuses.push(a.post("/search", &body).await.status);
    }
    assert!(
        statuses.iter().filter(|status| **status == 429).count() >= 1,
        "{statuses:?}"
    );
    a.get("/api/documents").await.ok(200);
}

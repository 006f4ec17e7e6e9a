//! `GET /api/customers/usage`.

use serde_json::json;

use crate::support::stack::{Answer, Stack, word};

#[tokio::test]
async fn usage_shows_every_limit_and_refusals_name_the_numbers() {
    let stack = Stack::load();
    let a = stack.signup().await;
    a.collection("Handbook").await;
    let id = a.add("Counted", &format!("A text {}.", word())).await;
    a.completed(&id).await;
    a.config("max_documents = 1, monthly_budget_usd = 25").await;
    let usage = a.get("/api/customers/usage").await.ok(200);
    let limits = &usage["limits"];
    assert_eq!(limits["documents"], json!({"used": 1, "limit": 1}));
    assert_eq!(limits["chunks"]["used"], 1);
    assert_eq!(limits["collections"], json!({"used": 1, "limit": 1000}));
    assert_eq!(limits["keys"], json!({"used": 1, "limit": 100}));
    assert_eq!(limits["users"], json!({"used": 1, "limit": 500}));
    assert_eq!(limits["webhooks"], json!({"used": 0, "limit": 50}));
    assert_eq!(limits["crawls"], json!({"used": 0, "limit": 5}));
    assert_eq!(limits["bulkActions"], json!({"used": 0, "limit": 3}));
    assert_eq!(limits["budget"]["limitUsd"], "25");
    assert!(limits["budget"]["spentUsd"].is_string(), "{limits}");
    assert!(usage["total"]["requests"].as_i64() > Some(0), "{usage}");
    let refused = a
        .ingest("One more", &word())
        .await
        .problem(409, "document_limit");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("1 of at most 1 documents"), "{detail}");
    let put = a.call(reqwest::Method::PUT, "/api/customers/config");
    let refused = Answer::of(put.json(&json!({"maxDocuments": 5}))).await;
    let refused = refused.problem(403, "platform_limit");
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("/maxDocuments is 1,"),
        "{refused}"
    );
}

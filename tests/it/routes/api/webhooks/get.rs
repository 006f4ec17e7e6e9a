//! `GET /api/webhooks`.

use serde_json::json;

use crate::support::stack::{Stack, webhooks::manual};

#[tokio::test]
async fn webhooks_are_listed_to_their_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let hook = manual(&a).await;
    let listed = a.get("/api/webhooks").await.ok(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["id"], hook["id"]);
    assert!(listed["items"][0].get("secret").is_none(), "{listed}");
    assert_eq!(b.get("/api/webhooks").await.ok(200)["items"], json!([]));
    a.get("/api/webhooks?limit=0")
        .await
        .problem(422, "invalid_fields");
}

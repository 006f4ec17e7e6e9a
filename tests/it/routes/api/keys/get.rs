//! `GET /api/keys`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn keys_are_listed_to_their_customer_without_their_secrets() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    for tenant in [&a, &b] {
        let keys = tenant.get("/api/keys").await.ok(200);
        assert_eq!(keys["items"].as_array().unwrap().len(), 1);
        assert_eq!(keys["items"][0]["id"], json!(tenant.key_id().await));
        assert!(!keys.to_string().contains(&tenant.key), "{keys}");
    }
    a.get("/api/keys?limit=0")
        .await
        .problem(422, "invalid_fields");
}

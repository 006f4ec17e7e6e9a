//! `POST /api/collections`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_collection_name_is_unique_per_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let new = json!({"name": "Handbook"});
    let made = a.post("/api/collections", &new).await.ok(201);
    assert_eq!(
        (&made["name"], &made["documents"]),
        (&json!("Handbook"), &json!(0))
    );
    a.post("/api/collections", &new)
        .await
        .problem(409, "collection_exists");
    b.post("/api/collections", &new).await.ok(201);
    a.post("/api/collections", &json!({"name": ""}))
        .await
        .bad_fields(&["/name"]);
}

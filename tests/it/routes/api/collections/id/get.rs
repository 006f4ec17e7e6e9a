//! `GET /api/collections/{id}`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_collection_is_shown_to_its_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = format!("/api/collections/{}", a.collection("Handbook").await);
    let shown = a.get(&path).await.ok(200);
    assert_eq!(
        (&shown["name"], &shown["documents"]),
        (&json!("Handbook"), &json!(0))
    );
    b.get(&path).await.problem(404, "not_found");
    a.get("/api/collections/none")
        .await
        .problem(404, "not_found");
}

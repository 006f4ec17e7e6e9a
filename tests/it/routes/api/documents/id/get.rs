//! `GET /api/documents/{id}`.

use serde_json::json;

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn a_document_is_shown_to_its_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let id = a.add("Title", &word()).await;
    let path = format!("/api/documents/{id}");
    let document = a.get(&path).await.ok(200);
    assert_eq!(
        (&document["id"], &document["title"]),
        (&json!(id), &json!("Title"))
    );
    b.get(&path).await.problem(404, "not_found");
    a.get("/api/documents/none").await.problem(404, "not_found");
}

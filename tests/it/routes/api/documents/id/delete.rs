//! `DELETE /api/documents/{id}`.

use serde_json::json;

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn a_document_is_deleted_by_its_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let id = a.add("T", &word()).await;
    a.completed(&id).await;
    b.delete(&id).await.problem(404, "not_found");
    a.delete("none").await.problem(404, "not_found");
    let deleted = a.delete(&id).await.ok(202);
    assert_eq!(
        (&deleted["docId"], &deleted["status"]),
        (&json!(id), &json!("deleting"))
    );
    a.delete(&id).await.problem(404, "not_found");
    let path = format!("/api/documents/{id}");
    a.get(&path).await.problem(404, "not_found");
}

//! `POST /api/documents/{id}/undelete`.

use serde_json::json;

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn a_document_is_undeleted_by_its_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.config("deletion_retention_days = 1").await;
    let id = a.add("T", &word()).await;
    a.completed(&id).await;
    let path = format!("/api/documents/{id}/undelete");
    a.post(&path, &json!({})).await.problem(404, "not_found");
    a.delete(&id).await.ok(202);
    b.post(&path, &json!({})).await.problem(404, "not_found");
    assert_eq!(a.post(&path, &json!({})).await.ok(200)["docId"], json!(id));
    assert_eq!(a.list().await, [id]);
}

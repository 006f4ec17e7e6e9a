//! `GET /api/documents/{id}/status`.

use serde_json::json;

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn the_status_of_a_document_is_shown_to_its_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let id = a.add("T", &word()).await;
    let path = format!("/api/documents/{id}/status");
    let status = a.get(&path).await.ok(200);
    assert_eq!(status["docId"], json!(id));
    assert_eq!(status["timeline"][0]["status"], "queued");
    b.get(&path).await.problem(404, "not_found");
    a.get("/api/documents/none/status")
        .await
        .problem(404, "not_found");
}

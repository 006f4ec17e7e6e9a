//! `DELETE /api/documents/by-external-id`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Stack, by_external_id::ask, tenant::doc_id, word};

#[tokio::test]
async fn a_document_is_deleted_by_its_external_id() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = json!({"title": "T", "content": word(), "externalId": "kb/17?a=1"});
    let id = doc_id(&a.post("/api/ingest/document", &body).await.ok(202));
    ask(&b, Method::DELETE, "kb/17?a=1", None)
        .await
        .problem(404, "not_found");
    ask(&a, Method::DELETE, "", None)
        .await
        .bad_fields(&["/externalId"]);
    let deleted = ask(&a, Method::DELETE, "kb/17?a=1", None).await.ok(202);
    assert_eq!(
        (&deleted["docId"], &deleted["status"]),
        (&json!(id), &json!("deleting"))
    );
    ask(&a, Method::GET, "kb/17?a=1", None)
        .await
        .problem(404, "not_found");
}

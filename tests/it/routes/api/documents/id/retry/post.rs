//! `POST /api/documents/{id}/retry`.

use reqwest::Method;

use crate::support::{
    files,
    stack::{Answer, Stack, Tenant, word},
};

#[tokio::test]
async fn a_failed_document_can_be_retried() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let retry = async |tenant: &Tenant, id: &str| {
        let path = format!("/api/documents/{id}/retry");
        Answer::of(tenant.call(Method::POST, &path)).await
    };
    let mark = word();
    let id = a.add("T", &format!("A text {mark}.")).await;
    a.completed(&id).await;
    retry(&a, &id).await.problem(409, "not_retryable");
    // As if its reader had crashed; the published version stays searchable.
    let failed = "UPDATE documents SET status = 'failed', code = 'extraction_crashed' WHERE customer_id = $1 AND id = $2";
    a.change(failed, &id).await;
    retry(&b, &id).await.problem(404, "not_found");
    assert_eq!(retry(&a, &id).await.ok(202)["status"], "queued");
    a.completed(&id).await;
    assert_eq!(a.search("text", &mark).await.len(), 1);

    let locked = files::made_unique(files::PASSWORD_PDF, &word());
    let id = a.add_file("a.pdf", "application/pdf", &locked).await;
    a.ended(&id, "needs_action", "password_protected").await;
    retry(&a, &id).await.ok(202);
    a.ended(&id, "needs_action", "password_protected").await;
    let expired = "UPDATE documents SET status = 'failed', code = 'upload_expired' WHERE customer_id = $1 AND id = $2";
    a.change(expired, &id).await;
    retry(&a, &id).await.problem(409, "not_retryable");
}

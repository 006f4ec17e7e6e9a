//! One document cannot break its customer: pages, characters and chunks have limits, held before anything is paid.

use reqwest::Method;
use serde_json::json;

use super::{
    admin::{admin, ask},
    files,
};
use crate::support::stack::{Answer, Stack, Tenant, tenant::doc_id, word};

/// A text of so many chunks, each of which has the word.
fn text(word: &str, chunks: usize) -> String {
    let paragraph = format!("{word} {}", "a".repeat(700));
    vec![paragraph; chunks].join("\n\n")
}

async fn add(tenant: &Tenant, chunking: &str, content: &str) -> String {
    let body = json!({"title": "T", "content": content,
        "chunking": {"strategy": chunking, "size": 1000, "overlap": 0}});
    doc_id(&tenant.post("/api/ingest/document", &body).await.ok(202))
}

#[tokio::test]
async fn a_document_beyond_a_limit_ends_before_it_is_embedded() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let word = word();
    tenant
        .config("max_pages = 2, max_characters = 9000, max_document_chunks = 5")
        .await;
    for (chunking, chunks, code) in [
        ("recursive", 6, "too_many_chunks"),
        ("semantic", 50, "text_too_large"),
        ("paragraph", 13, "text_too_large"),
    ] {
        let id = add(&tenant, chunking, &text(&word, chunks)).await;
        tenant.ended(&id, "failed", code).await;
    }
    let pages = |count: usize| files::pdf(&vec![word.as_str(); count]);
    let id = tenant.add_file("a.pdf", "application/pdf", &pages(3)).await;
    tenant.ended(&id, "failed", "too_many_pages").await;
    assert_eq!(stack.embedded(&word).await, 0, "something was paid for");

    let id = add(&tenant, "recursive", &text(&word, 5)).await;
    tenant.completed(&id).await;
    let id = tenant.add_file("b.pdf", "application/pdf", &pages(2)).await;
    tenant.completed(&id).await;
}

#[tokio::test]
async fn documents_together_have_a_limit_that_the_platform_raises() {
    let stack = Stack::load();
    let (admin, tenant) = tokio::join!(admin(&stack), stack.signup());
    tenant.config("max_chunks = 6").await;
    let (first, second) = (word(), word());
    let a = add(&tenant, "recursive", &text(&first, 4)).await;
    tenant.completed(&a).await;
    let b = add(&tenant, "recursive", &text(&second, 3)).await;
    tenant.ended(&b, "needs_action", "chunk_limit").await;
    assert_eq!(stack.embedded(&second).await, 0);
    // A new version takes the place of the one before, whose chunks do not count.
    let change = tenant
        .call(Method::PUT, &format!("/api/documents/{a}?wait=25"))
        .json(&json!({"content": text(&word(), 6)}));
    assert_eq!(Answer::of(change).await.ok(200)["status"], "completed");

    let limits = tenant.get("/api/customers/config").await.ok(200);
    assert_eq!(limits["maxChunks"], 6);
    let change = tenant
        .call(Method::PUT, "/api/customers/config")
        .json(&json!({"maxChunks": 100}));
    Answer::of(change).await.problem(403, "platform_limit");
    let path = format!("customers/{}/limits", tenant.id);
    let raised = ask(&admin, Method::PUT, &path, Some(json!({"maxChunks": 9}))).await;
    assert_eq!(raised.status, 204);
    stack.sweep().await;
    tenant.completed(&b).await;
}

#[tokio::test]
async fn room_is_made_by_deleting() {
    let tenant = Stack::load().signup().await;
    tenant.config("max_chunks = 4").await;
    let a = add(&tenant, "recursive", &text(&word(), 3)).await;
    tenant.completed(&a).await;
    let b = add(&tenant, "recursive", &text(&word(), 3)).await;
    tenant.ended(&b, "needs_action", "chunk_limit").await;
    tenant.delete(&a).await.ok(202);
    let retry = tenant.call(Method::POST, &format!("/api/documents/{b}/retry"));
    Answer::of(retry).await.ok(202);
    tenant.completed(&b).await;
}

//! Limits of pages, characters, chunks and storage, enforced before anything is paid for.

use reqwest::Method;
use serde_json::json;

use crate::support::{
    files,
    stack::{
        Answer, Stack, Tenant,
        admin::{admin, ask},
        eventually,
        tenant::doc_id,
        word,
    },
};

/// A text of this many chunks, each with the word.
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
async fn a_document_beyond_a_size_limit_ends_before_it_is_embedded() {
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
async fn the_chunk_limit_of_all_documents_is_raised_by_the_platform() {
    let stack = Stack::load();
    let (admin, tenant) = tokio::join!(admin(&stack), stack.signup());
    tenant.config("max_chunks = 6").await;
    let (first, second) = (word(), word());
    let a = add(&tenant, "recursive", &text(&first, 4)).await;
    tenant.completed(&a).await;
    let b = add(&tenant, "recursive", &text(&second, 3)).await;
    tenant.ended(&b, "needs_action", "chunk_limit").await;
    assert_eq!(stack.embedded(&second).await, 0);
    // A new version replaces the one before, whose chunks no longer count.
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
async fn deleting_a_document_makes_room_for_another() {
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

#[tokio::test]
async fn the_storage_limit_applies_to_every_ingestion_route() {
    let stack = Stack::load();
    let (admin, tenant) = tokio::join!(admin(&stack), stack.signup());
    let content = |word: &str| format!("{word} {}", "a".repeat(990));
    let document = |word: &str| json!({"title": "T", "content": content(word)});
    tenant.config("max_storage_bytes = 2500").await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let added = tenant
            .post("/api/ingest/document", &document(&word()))
            .await;
        ids.push(doc_id(&added.ok(202)));
        tenant.completed(&ids[ids.len() - 1]).await;
    }
    let stored = "SELECT bytes FROM customer_storage WHERE customer_id = $1";
    let (bytes, originals) = (tenant.count(stored).await, tenant.originals().await);
    let sum = "SELECT sum(bytes)::bigint FROM document_versions WHERE customer_id = $1";
    assert_eq!(bytes, tenant.count(sum).await);

    // A document, a batch, a new version, and an upload to S3.
    let third = document(&word());
    let refused = tenant.post("/api/ingest/document", &third).await;
    let problem = refused.problem(409, "storage_limit");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("maxStorageBytes"),
        "{problem}"
    );
    let batch = json!({"documents": [document(&word())]});
    tenant
        .post("/api/ingest/batch", &batch)
        .await
        .problem(409, "storage_limit");
    let path = format!("/api/documents/{}", ids[0]);
    let next = json!({"content": content(&word())});
    let next = Answer::of(tenant.call(Method::PUT, &path).json(&next)).await;
    next.problem(409, "storage_limit");
    assert_eq!(
        tenant.originals().await,
        originals,
        "nothing is left behind"
    );
    let form = json!({"fileName": "a.txt", "contentType": "text/plain"});
    let form = tenant.presign(&form).await.ok(200);
    let sent = tenant.post_to_s3(&form, content(&word()).as_bytes()).await;
    assert_eq!(sent.status, 204);
    tenant
        .ended(&doc_id(&form), "failed", "storage_limit")
        .await;
    assert_eq!(
        tenant.originals().await,
        originals,
        "nothing is left behind"
    );
    assert_eq!(tenant.count(stored).await, bytes);

    // A version with the original of an earlier one stores nothing.
    let again = json!({"reprocess": true});
    Answer::of(tenant.call(Method::PUT, &path).json(&again))
        .await
        .ok(202);
    tenant.completed(&ids[0]).await;
    // Deletion makes room, and the platform raises the limit.
    assert_eq!(tenant.delete(&ids[1]).await.status, 202);
    eventually("the deleted document makes room", async || {
        (tenant.count(stored).await < bytes).then_some(())
    })
    .await;
    tenant.post("/api/ingest/document", &third).await.ok(202);
    let limits = format!("customers/{}/limits", tenant.id);
    let body = json!({"maxStorageBytes": 4_000_000_000_i64});
    assert_eq!(
        ask(&admin, Method::PUT, &limits, Some(body)).await.status,
        204
    );
    tenant
        .post("/api/ingest/document", &document(&word()))
        .await
        .ok(202);
}

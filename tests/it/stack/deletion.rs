//! What is deleted is hidden at once and gone soon after (promise 27).

use serde_json::Value;
use uuid::Uuid;

use crate::support::stack::{Stack, eventually, word};

#[tokio::test]
async fn a_deleted_document_is_hidden_at_once_and_gone_soon() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (canary, other, theirs) = (word(), word(), word());
    let text = |mark: &str| format!("The canary {mark} sings in the coal mine at noon.");
    let doomed = a.add("Doomed", &text(&canary)).await;
    a.completed(&doomed).await;
    let kept = a.add("Kept", &text(&other)).await;
    let foreign = b.add("Theirs", &text(&theirs)).await;
    a.completed(&kept).await;
    b.completed(&foreign).await;

    // The control: before, it is found in both buckets by the very search that finds nothing after.
    let before = a.holding(&canary).await;
    assert!(
        before.iter().any(|key| key.contains("/documents/")),
        "{before:?}"
    );
    assert!(
        before.iter().any(|key| key.contains("/lancedb/")),
        "{before:?}"
    );

    assert_eq!(a.delete(&doomed).await.ok(202)["status"], "deleting");

    a.get(&format!("/api/documents/{doomed}"))
        .await
        .problem(404, "not_found");
    a.get(&format!("/api/documents/{doomed}/status"))
        .await
        .problem(404, "not_found");
    a.delete(&doomed).await.problem(404, "not_found");
    assert_eq!(a.list().await, std::slice::from_ref(&kept));
    for mode in ["vector", "text", "hybrid"] {
        let hits = a.search(mode, "canary sings in the coal mine").await;
        assert_eq!(hits.len(), 1, "{mode}: {hits:?}");
        assert_eq!(hits[0]["documentId"], kept, "{mode}");
    }

    let id: Uuid = doomed.parse().unwrap();
    eventually("the deleted document's row goes", async || {
        let rows = "SELECT count(*) FROM documents WHERE id = $1";
        let row = stack.sql().await.query_one(rows, &[&id]).await.unwrap();
        (row.get::<_, i64>(0) == 0).then_some(())
    })
    .await;
    assert_eq!(a.holding(&canary).await, [] as [String; 0]);
    let prefix = format!("customers/{}/documents/{doomed}/", a.id);
    assert_eq!(
        stack.keys(stack.documents_bucket(), &prefix).await,
        [] as [String; 0]
    );
    for table in ["document_versions", "document_events", "staged_embeddings"] {
        let rows = format!("SELECT count(*) FROM {table} WHERE document_id = $1");
        let row = stack.sql().await.query_one(&rows, &[&id]).await.unwrap();
        assert_eq!(row.get::<_, i64>(0), 0, "{table}");
    }

    // Nobody else's went with it.
    for (tenant, id) in [(&a, &kept), (&b, &foreign)] {
        let hits = tenant
            .search("hybrid", "canary sings in the coal mine")
            .await;
        assert_eq!(hits.len(), 1, "{hits:?}");
        assert_eq!(hits[0]["documentId"], **id);
    }
}

#[tokio::test]
async fn a_document_deleted_while_it_is_worked_on_does_not_come_back() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mark = word();
    let slow = dynrag_testing::openai::Reply::Slow { ms: 3_000 };
    stack.reply_to(&mark, slow).await;
    let id = tenant
        .add("Slow", &format!("This text {mark} is embedded slowly."))
        .await;
    eventually("the provider is asked", async || {
        (!stack.seen_with(&mark).await.is_empty()).then_some(())
    })
    .await;
    tenant.delete(&id).await.ok(202);
    eventually("the row goes", async || {
        (tenant
            .count("SELECT count(*) FROM documents WHERE customer_id = $1")
            .await
            == 0)
            .then_some(())
    })
    .await;
    // Whoever still worked on it has ended when a later document is published.
    let next = tenant
        .add("Next", "Something else entirely is said here.")
        .await;
    tenant.completed(&next).await;
    let hits = tenant.search("text", &mark).await;
    assert_eq!(hits, [] as [Value; 0]);
    assert_eq!(tenant.holding(&mark).await, [] as [String; 0]);
}

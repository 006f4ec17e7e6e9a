//! Deleted documents are hidden at once and removed soon after.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    size,
    stack::{Stack, Tenant, eventually, tenant::doc_id, word},
};

#[tokio::test]
async fn a_deleted_document_is_hidden_at_once_and_removed_soon_after() {
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

    // The control: before the deletion, the same check finds it in both buckets.
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
    eventually("the deleted document's row is gone", async || {
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

    // No other customer's document was removed with it.
    for (tenant, id) in [(&a, &kept), (&b, &foreign)] {
        let hits = tenant
            .search("hybrid", "canary sings in the coal mine")
            .await;
        assert_eq!(hits.len(), 1, "{hits:?}");
        assert_eq!(hits[0]["documentId"], **id);
    }
}

#[tokio::test]
async fn a_document_deleted_while_being_processed_does_not_come_back() {
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
    eventually("the row is gone", async || {
        (tenant
            .count("SELECT count(*) FROM documents WHERE customer_id = $1")
            .await
            == 0)
            .then_some(())
    })
    .await;
    // Any worker that was still processing it has ended when a later document is published.
    let next = tenant
        .add("Next", "Something else entirely is said here.")
        .await;
    tenant.completed(&next).await;
    let hits = tenant.search("text", &mark).await;
    assert_eq!(hits, [] as [Value; 0]);
    assert_eq!(tenant.holding(&mark).await, [] as [String; 0]);
}

#[tokio::test]
async fn a_deletion_does_not_wait_for_the_lease_of_a_worker_that_gives_up() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mark = word();
    // The worker waits, is refused again, and wants to put the document back.
    let limited = dynrag_testing::openai::Reply::rate_limited(Duration::from_millis(1_500));
    stack.reply_to(&mark, limited).await;
    let id = tenant
        .add("Refused", &format!("Nobody embeds {mark}."))
        .await;
    eventually("the provider is asked", async || {
        (!stack.seen_with(&mark).await.is_empty()).then_some(())
    })
    .await;
    tenant.delete(&id).await.ok(202);
    let row: Uuid = id.parse().unwrap();
    let lease = "SELECT lease_expires_at FROM documents WHERE id = $1";
    let lease = stack.sql().await.query_one(lease, &[&row]).await.unwrap();
    let lease: DateTime<Utc> = lease.get(0);
    eventually("the row is gone", async || {
        let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (tenant.count(rows).await == 0).then_some(())
    })
    .await;
    assert!(
        Utc::now() < lease,
        "the deletion waited for the lease to lapse"
    );
}

/// Tables in which a row of the tenant contains a word, in any column.
async fn rows_holding(tenant: &Tenant, word: &str) -> Vec<String> {
    let sql = tenant.stack.sql().await;
    let tables = "SELECT c.table_name::text FROM information_schema.columns c
        JOIN information_schema.tables t USING (table_schema, table_name)
        WHERE c.table_schema = 'public' AND c.column_name = 'customer_id' AND t.table_type = 'BASE TABLE'";
    let mut holding = Vec::new();
    for row in sql.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let rows = format!(
            "SELECT count(*) FROM {table} t WHERE customer_id = $1 AND t::text LIKE '%' || $2 || '%'"
        );
        let found = sql.query_one(&rows, &[&tenant.id, &word]).await.unwrap();
        if found.get::<_, i64>(0) > 0 {
            holding.push(table);
        }
    }
    holding
}

#[tokio::test]
async fn many_deleted_documents_leave_nothing_behind() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let count = size(6, 50);
    // Half are in one bundle, the others are separate objects.
    let mut canaries = Vec::new();
    for tenant in [&a, &b] {
        let (doomed, kept) = (word(), word());
        let title = |mark: &str| format!("About {mark}");
        let text = |n: usize, mark: &str| format!("Canary {n} {mark} sings.");
        let bundled: Vec<Value> = (0..count / 2)
            .map(|n| json!({"title": title(&doomed), "content": text(n, &doomed), "metadata": {"by": doomed}}))
            .chain([json!({"title": title(&kept), "content": text(0, &kept)})])
            .collect();
        let body = json!({"documents": bundled});
        let accepted = tenant.post("/api/ingest/batch", &body).await.ok(202);
        let results = accepted["results"].as_array().unwrap();
        let mut ids: Vec<String> = results.iter().map(doc_id).collect();
        let kept_id = ids.pop().unwrap();
        for n in count / 2..count {
            ids.push(tenant.add(&title(&doomed), &text(n, &doomed)).await);
        }
        for id in ids.iter().chain([&kept_id]) {
            tenant.completed(id).await;
        }
        tenant.search("hybrid", &doomed).await;
        canaries.push((doomed, kept, ids));
    }
    for (tenant, (doomed, _, ids)) in [&a, &b].into_iter().zip(&canaries) {
        // The control.
        assert!(!tenant.holding(doomed).await.is_empty());
        assert!(!rows_holding(tenant, doomed).await.is_empty());
        for id in ids {
            tenant.delete(id).await.ok(202);
        }
    }
    for (tenant, (doomed, kept, _)) in [&a, &b].into_iter().zip(&canaries) {
        eventually("all but one are gone", async || {
            let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
            (tenant.count(rows).await == 1).then_some(())
        })
        .await;
        assert_eq!(tenant.holding(doomed).await, [""; 0]);
        assert_eq!(rows_holding(tenant, doomed).await, [""; 0]);
        for mode in ["vector", "text", "hybrid"] {
            let hits = tenant.search(mode, doomed).await;
            let shown = Value::from(hits).to_string();
            assert!(!shown.contains(doomed.as_str()), "{mode}: {shown}");
        }
        assert_eq!(tenant.search("text", kept).await.len(), 1);
    }
}

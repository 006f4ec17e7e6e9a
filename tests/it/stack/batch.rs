//! Batches: their texts share one object, and no single document waits for them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    size,
    stack::{
        Stack,
        batch::{batch, bundles, text},
        eventually,
        tenant::doc_id,
        word,
    },
};

#[tokio::test]
async fn deleting_a_document_from_a_bundle_keeps_the_others() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let marks: Vec<String> = (0..4).map(|_| word()).collect();
    let documents: Vec<Value> = marks
        .iter()
        .map(|mark| text("T", &format!("Bundled {mark}.")))
        .collect();
    let answer = batch(&a, &documents).await.ok(202);
    let ids: Vec<String> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(doc_id)
        .collect();
    for id in &ids {
        a.completed(id).await;
    }
    let bucket = stack.documents_bucket();
    let prefix = format!("customers/{}/", a.id);
    let gone = async |id: &str| {
        a.delete(id).await.ok(202);
        let document: Uuid = id.parse().unwrap();
        let sql = stack.sql().await;
        let left = "SELECT count(*) FROM documents WHERE id = $1";
        eventually("the document is gone", async || {
            let left: i64 = sql.query_one(left, &[&document]).await.unwrap().get(0);
            (left == 0).then_some(())
        })
        .await;
    };
    // Two concurrent deletions from the same bundle.
    tokio::join!(gone(&ids[1]), gone(&ids[2]));
    for at in [1, 2] {
        assert_eq!(
            stack.holding(bucket, &prefix, &marks[at]).await,
            [] as [&str; 0]
        );
    }
    assert_eq!(bundles(&a).await.len(), 1);
    // The remaining documents can be read again at their new location.
    let reprocess = json!({"title": "T", "content": format!("Bundled {}.", marks[3]), "onDuplicate": "newVersion"});
    a.post("/api/ingest/document", &reprocess).await.ok(202);
    a.completed(&ids[3]).await;
    assert_eq!(stack.holding(bucket, &prefix, &marks[0]).await.len(), 1);
    gone(&ids[0]).await;
    gone(&ids[3]).await;
    assert_eq!(a.originals().await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_batch_is_stored_as_one_object_and_delays_no_single_document() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let many = size(120, 500);
    let documents: Vec<Value> = (0..many)
        .map(|n| {
            text(
                &format!("Document {n}"),
                &format!("Number {n} of many, {mark}{n}."),
            )
        })
        .collect();
    let answer = batch(&a, &documents).await.ok(202);
    assert_eq!(answer["queued"], many);
    // All of them were sent before the answer, and not by a sweep.
    let unsent = "SELECT count(*) FROM outbox WHERE customer_id = $1";
    assert_eq!(a.count(unsent).await, 0);
    assert_eq!(bundles(&a).await.len(), 1);
    let single = a.add("Single", &format!("Alone {}.", word())).await;
    a.completed(&single).await;
    let open = "SELECT count(*) FROM documents WHERE customer_id = $1 AND status IN ('queued', 'processing')";
    assert!(
        a.count(open).await > 0,
        "the batch was done before the single document"
    );
    eventually("the batch is done", async || {
        (a.count(open).await == 0).then_some(())
    })
    .await;
    let completed =
        "SELECT count(*) FROM documents WHERE customer_id = $1 AND status = 'completed'";
    assert_eq!(a.count(completed).await, many as i64 + 1);
    assert_eq!(a.originals().await.len(), 2, "small texts are not in S3");
    assert_eq!(
        a.search("text", &format!("{mark}{}", many - 1)).await.len(),
        1
    );
}

//! `DELETE /api/collections/{id}`.

use serde_json::{Value, json};

use crate::support::stack::{
    Stack,
    collections::{delete, inside},
    eventually,
    tenant::doc_id,
    word,
};

#[tokio::test]
async fn a_collection_is_deleted_with_its_documents() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.collection("Doomed").await;
    let mark = word();
    let documents: Vec<Value> = (0..5)
        .map(|n| json!({"title": "T", "content": format!("Text {n} {mark}."), "collectionId": id}))
        .collect();
    let batch = json!({"documents": documents});
    let answer = a.post("/api/ingest/batch", &batch).await.ok(202);
    let ids: Vec<String> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(doc_id)
        .collect();
    let kept = a.add("Kept", &format!("Outside {mark}.")).await;
    for document in ids.iter().chain([&kept]) {
        a.completed(document).await;
    }
    assert_eq!(inside(&a, &id).await.len(), 5);
    assert_eq!(a.search("text", &mark).await.len(), 5, "the first five");

    let deleting = delete(&a, &id, "?documents=delete").await.ok(202);
    assert_eq!(
        (&deleting["status"], &deleting["documents"]),
        (&json!("deleting"), &json!(5))
    );
    delete(&a, &id, "?documents=delete")
        .await
        .problem(404, "not_found");
    assert_eq!(a.list().await, std::slice::from_ref(&kept));
    let hits = a.search("text", &mark).await;
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0]["documentId"], kept);
    eventually("their rows are gone", async || {
        let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (a.count(rows).await == 1).then_some(())
    })
    .await;
    assert_eq!(a.search("text", &mark).await.len(), 1);
}

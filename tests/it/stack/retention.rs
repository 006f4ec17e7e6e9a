//! Versions past their retention are removed, and nothing else is.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, eventually, tenant::doc_id, word};

/// Makes the superseded versions a day old and the customer's retention due, and sweeps.
async fn sweep(tenant: &Tenant) {
    let sql = tenant.stack.sql().await;
    let aged = "UPDATE document_versions SET superseded_at = now() - interval '1 day'
        WHERE customer_id = $1 AND status = 'superseded'";
    sql.execute(aged, &[&tenant.id]).await.unwrap();
    tenant
        .config("retention_days = 0, retention_swept_at = NULL")
        .await;
    tenant.stack.sweep().await;
}

async fn versions(tenant: &Tenant, left: i64) {
    eventually("old versions are gone", async || {
        let rows = "SELECT count(*) FROM document_versions WHERE customer_id = $1";
        (tenant.count(rows).await == left).then_some(())
    })
    .await;
}

async fn changed(tenant: &Tenant, id: &str, body: &Value) -> Value {
    let path = format!("/api/documents/{id}?wait=25");
    Answer::of(tenant.call(Method::PUT, &path).json(body))
        .await
        .ok(200)
}

#[tokio::test]
async fn expired_versions_leave_nothing_behind() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let marks = [word(), word(), word()];
    let body = |mark: &str| {
        // Too large for a database row, so that its text is an object.
        let filler: String = (0..4000).map(|_| format!("{} ", word())).collect();
        json!({"title": "T", "content": format!("{mark} {filler}"), "externalId": "v", "onDuplicate": "newVersion"})
    };
    let mut id = String::new();
    let mut published = Vec::new();
    for mark in &marks {
        id = doc_id(
            &a.post("/api/ingest/document?wait=25", &body(mark))
                .await
                .ok(200),
        );
        published.push(chrono::Utc::now());
    }
    let past = async || {
        let then = published[0].to_rfc3339();
        let body = json!({"query": marks[0], "mode": "text", "asOf": then});
        a.search_with(body).await.len()
    };
    assert_eq!(past().await, 1);
    // An answer from the first version goes with it.
    let body = json!({"message": format!("What is {}?", marks[0]), "model": "extractive", "asOf": published[0].to_rfc3339()});
    let answer = a.post("/api/chat", &body).await.ok(200);
    assert_eq!(answer["sources"][0]["version"], 1, "{answer}");
    let session = format!(
        "/api/chat/sessions/{}",
        answer["sessionId"].as_str().unwrap()
    );
    let before = a.holding(&marks[0]).await;
    assert!(
        before.iter().any(|key| key.contains("/documents/")),
        "{before:?}"
    );
    // LanceDB's files are compressed, so the rows are counted.
    let rows = async || {
        let path = format!("/api/documents/{id}/chunks?version=1");
        let chunks = a.get(&path).await.ok(200);
        chunks["items"].as_array().unwrap().len()
    };
    assert!(rows().await > 0);

    sweep(&a).await;
    versions(&a, 1).await;
    for mark in &marks[..2] {
        assert_eq!(a.holding(mark).await, [""; 0], "{mark}");
    }
    assert_eq!((rows().await, past().await), (0, 0));
    let conversation = a.get(&session).await.ok(200);
    assert_eq!(conversation["items"][1]["answer"]["status"], "withdrawn");
    assert_eq!(a.search("text", &marks[2]).await.len(), 1);
    assert_eq!(
        a.search("vector", &marks[2]).await[0]["documentId"],
        id.as_str()
    );
    let listed = a
        .get(&format!("/api/documents/{id}/versions"))
        .await
        .ok(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let restore = format!("/api/documents/{id}/versions/1/restore");
    a.post(&restore, &json!({}))
        .await
        .problem(409, "no_original");
}

#[tokio::test]
async fn an_original_used_by_a_newer_version_is_kept() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (first, second) = (word(), word());
    let batch = |mark: &str| {
        json!({"documents": [
            {"title": "T", "content": format!("One of two, {mark}."), "externalId": "r", "onDuplicate": "newVersion"},
            {"title": "N", "content": format!("The neighbour of {mark} in the same object.")},
        ]})
    };
    let accepted = a.post("/api/ingest/batch", &batch(&first)).await.ok(202);
    let id = doc_id(&accepted["results"][0]);
    a.completed(&id).await;
    a.post("/api/ingest/batch", &batch(&second)).await.ok(202);
    eventually("the second version is published", async || {
        let status = a.status(&id).await;
        (status["publishedVersion"] == 2).then_some(())
    })
    .await;
    // The third version restores the first, and so uses its original, which is in a bundle.
    let restore = format!("/api/documents/{id}/versions/1/restore");
    a.post(&restore, &json!({})).await.ok(202);
    eventually("the restored version is published", async || {
        let status = a.status(&id).await;
        (status["publishedVersion"] == 3).then_some(())
    })
    .await;

    assert!(
        !a.holding(&format!("One of two, {second}."))
            .await
            .is_empty()
    );
    sweep(&a).await;
    // The second version is removed, and its two neighbours stay unchanged.
    versions(&a, 4).await;
    assert_eq!(a.holding(&format!("One of two, {second}.")).await, [""; 0]);
    let again = json!({"reprocess": true});
    let again = changed(&a, &id, &again).await;
    assert_eq!(again["status"], "completed", "{again}");
    assert_eq!(a.search("text", &first).await.len(), 2);
    // The other document in the second bundle was moved, not lost.
    let neighbours = a.list().await;
    for neighbour in &neighbours {
        let again = changed(&a, neighbour, &json!({"reprocess": true})).await;
        assert_eq!(again["status"], "completed", "{again}");
    }
}

//! `GET /api/documents/{id}/versions`.

use serde_json::{Value, json};

use crate::support::stack::{Stack, tenant::doc_id, word};

#[tokio::test]
async fn versions_are_listed_newest_first_to_their_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mut id = String::new();
    for _ in 0..2 {
        let body = json!({"title": "T", "content": word(), "externalId": "kb", "onDuplicate": "newVersion"});
        id = doc_id(&a.post("/api/ingest/document", &body).await.ok(202));
        a.completed(&id).await;
    }
    let versions = format!("/api/documents/{id}/versions");
    let page = a.get(&versions).await.ok(200);
    let numbers = [0, 1].map(|at: usize| page["items"][at]["version"].clone());
    assert_eq!(numbers, [json!(2), json!(1)], "{page}");
    assert_eq!(page["items"][0]["status"], "published");
    assert_eq!(page["nextCursor"], Value::Null);

    let first = a.get(&format!("{versions}?limit=1")).await.ok(200);
    let next = first["nextCursor"].as_str().unwrap();
    let last = a.get(&format!("{versions}?limit=1&cursor={next}")).await;
    assert_eq!(last.ok(200)["items"][0]["version"], 1);

    a.get(&format!("{versions}?limit=0"))
        .await
        .problem(422, "invalid_fields");
    b.get(&versions).await.problem(404, "not_found");
    a.get("/api/documents/none/versions")
        .await
        .problem(404, "not_found");
}

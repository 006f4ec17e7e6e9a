//! `POST /api/documents/bulk`.

use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, eventually, tenant::doc_id, word};

async fn bulk(tenant: &Tenant, body: Value) -> Answer {
    tenant.post("/api/documents/bulk", &body).await
}

/// Waits until a job has ended, and returns it.
async fn ended(tenant: &Tenant, started: &Value) -> Value {
    let url = started["statusUrl"].as_str().unwrap();
    eventually("the job ends", async || {
        let job = tenant.get(url).await.ok(200);
        ["completed", "failed"]
            .contains(&job["status"].as_str().unwrap())
            .then_some(job)
    })
    .await
}

/// Adds texts about a word, and returns their ids.
async fn texts(tenant: &Tenant, mark: &str, count: usize) -> Vec<String> {
    let documents: Vec<Value> = (0..count)
        .map(|n| json!({"title": format!("About {mark} {n}"), "content": format!("Text {n} {mark}."), "metadata": {"of": mark}}))
        .collect();
    let taken = tenant
        .post("/api/ingest/batch", &json!({"documents": documents}))
        .await
        .ok(202);
    let ids: Vec<String> = taken["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(doc_id)
        .collect();
    for id in &ids {
        tenant.completed(id).await;
    }
    ids
}

#[tokio::test]
async fn a_bulk_deletion_deletes_exactly_the_selected_documents() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (doomed, kept) = (word(), word());
    let ids = texts(&a, &doomed, 12).await;
    let others = texts(&a, &kept, 2).await;
    let foreign = texts(&b, &doomed, 1).await;
    let wanted =
        json!({"action": "delete", "filter": {"metadata": {"of": doomed}}, "dryRun": true});
    let shown = bulk(&a, wanted).await.ok(200);
    assert_eq!(shown["documents"], 12);
    let sample = shown["sample"].as_array().unwrap();
    assert_eq!(sample.len(), 10);
    assert!(
        sample[0]["title"].as_str().unwrap().starts_with("About"),
        "{shown}"
    );
    assert_eq!(a.list().await.len(), 14, "a dry run changes nothing");

    let started = bulk(&a, json!({"action": "delete", "filter": {"title": doomed}})).await;
    let started = started.ok(202);
    assert_eq!(started["documents"], 12);
    let job = ended(&a, &started).await;
    assert_eq!(
        (&job["kind"], &job["status"]),
        (&json!("bulk"), &json!("completed"))
    );
    let progress = &job["bulk"];
    assert_eq!(progress["action"], "delete");
    for (name, number) in [("total", 12), ("done", 12), ("failed", 0)] {
        assert_eq!(progress[name], number, "{job}");
    }
    // Hidden at once, removed soon after.
    assert_eq!(a.search("text", &doomed).await, [Value::Null; 0]);
    let mut left = a.list().await;
    left.sort();
    let mut expected = others.clone();
    expected.sort();
    assert_eq!(left, expected);
    eventually("the rows are gone", async || {
        let rows = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (a.count(rows).await == 2).then_some(())
    })
    .await;
    assert_eq!(a.holding(&doomed).await, [""; 0]);
    assert_eq!(a.search("text", &kept).await.len(), 2);
    assert_eq!(b.list().await, foreign);

    // Another customer's documents are not found.
    let theirs = json!({"action": "delete", "ids": [foreign[0], ids[0]], "dryRun": true});
    assert_eq!(bulk(&a, theirs).await.ok(200)["documents"], 0);
    let path = started["statusUrl"].as_str().unwrap();
    b.get(path).await.problem(404, "not_found");
}

#[tokio::test]
async fn documents_are_moved_and_reprocessed_in_bulk() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let ids = texts(&a, &mark, 3).await;
    let collection = a.collection("Handbook").await;
    let move_to = json!({"action": "move", "ids": ids, "collectionId": collection});
    let job = ended(&a, &bulk(&a, move_to).await.ok(202)).await;
    assert_eq!(
        (&job["bulk"]["done"], &job["bulk"]["collectionId"]),
        (&json!(3), &json!(collection))
    );
    let inside = a
        .get(&format!(
            "/api/documents?collectionId={collection}&total=true"
        ))
        .await;
    assert_eq!(inside.ok(200)["total"], 3);

    let reprocess = json!({"action": "reprocess", "filter": {"collectionId": collection}});
    let job = ended(&a, &bulk(&a, reprocess).await.ok(202)).await;
    assert_eq!(job["bulk"]["done"], 3, "{job}");
    for id in &ids {
        eventually("the next version is published", async || {
            let document = a.get(&format!("/api/documents/{id}")).await.ok(200);
            (document["publishedVersion"] == 2).then_some(())
        })
        .await;
    }
    assert_eq!(a.search("text", &mark).await.len(), 3);

    let retry = json!({"action": "retry", "ids": ids});
    let job = ended(&a, &bulk(&a, retry).await.ok(202)).await;
    assert_eq!(
        (&job["bulk"]["done"], &job["bulk"]["failed"]),
        (&json!(0), &json!(3))
    );
    let failures = job["bulk"]["failures"].as_array().unwrap();
    assert!(
        failures.iter().all(|one| one["code"] == "not_retryable"),
        "{job}"
    );
    a.get(&format!(
        "/api/documents?collectionId={collection}&status=completed"
    ))
    .await
    .ok(200);
}

#[tokio::test]
async fn invalid_and_excessive_bulk_actions_are_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.add("T", &word()).await;
    for (body, pointer) in [
        (json!({"action": "delete"}), ""),
        (json!({"action": "delete", "filter": {}}), "/filter"),
        (
            json!({"action": "delete", "filter": {"status": "done"}}),
            "/filter/status",
        ),
        (
            json!({"action": "delete", "filter": {"colour": "red"}}),
            "/filter/colour",
        ),
        (json!({"action": "burn", "ids": [id]}), "/action"),
        (json!({"action": "delete", "ids": ["x"]}), "/ids/0"),
        (
            json!({"action": "move", "ids": [id], "collectionId": uuid::Uuid::new_v4()}),
            "/collectionId",
        ),
    ] {
        let problem = bulk(&a, body.clone()).await.problem(422, "invalid_fields");
        assert_eq!(
            problem["errors"][0]["pointer"], pointer,
            "{body}: {problem}"
        );
    }
    // A caller that can only write learns nothing about existing documents.
    let key = a.key_with(&["documents:write"]).await;
    let writing = Tenant { key, ..a.clone() };
    for body in [
        json!({"action": "delete", "filter": {"title": "T"}}),
        json!({"action": "delete", "ids": [id], "dryRun": true}),
    ] {
        bulk(&writing, body).await.problem(403, "missing_scope");
    }
    let open = "INSERT INTO jobs (customer_id, id, kind, resend_at)
        SELECT $1, gen_random_uuid(), 'bulk', now() + interval '1 hour' FROM generate_series(1, 3)";
    stack.sql().await.execute(open, &[&a.id]).await.unwrap();
    let refused = bulk(&a, json!({"action": "delete", "ids": [id]})).await;
    let refused = refused.problem(409, "too_many_bulk_actions");
    assert!(
        refused["detail"].as_str().unwrap().contains("at most 3"),
        "{refused}"
    );
}

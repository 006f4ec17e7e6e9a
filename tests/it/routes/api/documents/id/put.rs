//! `PUT /api/documents/{id}`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, tenant::doc_id, word};

async fn put(tenant: &Tenant, id: &str, body: &Value) -> Answer {
    let path = format!("/api/documents/{id}?wait=25");
    Answer::of(tenant.call(Method::PUT, &path).json(body)).await
}

/// Sends a change that must be complete with its response, and returns the document.
async fn changed(tenant: &Tenant, id: &str, body: &Value) -> Value {
    let ended = put(tenant, id, body).await.ok(200);
    assert_eq!(ended["status"], "completed", "{ended}");
    tenant.get(&format!("/api/documents/{id}")).await.ok(200)
}

#[tokio::test]
async fn a_change_is_a_new_version_and_is_not_paid_for_twice() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (mark, other) = (word(), word());
    let text = format!("The first line {mark}.\n\nThe second line stays.\n\nThe third line.");
    let body =
        json!({"title": "Old", "content": text, "metadata": {"year": 2025}, "externalId": "kb"});
    let id = doc_id(&a.post("/api/ingest/document?wait=25", &body).await.ok(200));
    let embedded = stack.embedded(&mark).await;

    // A new title and metadata reach search at no cost.
    let document = changed(
        &a,
        &id,
        &json!({"title": "New", "metadata": {"year": 2026}}),
    )
    .await;
    assert_eq!(
        (&document["latestVersion"], &document["publishedVersion"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(document["externalId"], "kb");
    let hits = a.search("text", &mark).await;
    assert_eq!(hits.len(), 1);
    assert_eq!(
        (&hits[0]["title"], &hits[0]["metadata"]["year"]),
        (&json!("New"), &json!(2026))
    );
    assert_eq!(stack.embedded(&mark).await, embedded, "paid for twice");

    // Reprocessed with different chunking.
    let chunking = json!({"strategy": "paragraph", "size": 100, "overlap": 0});
    let document = changed(&a, &id, &json!({"chunking": chunking, "reprocess": true})).await;
    assert_eq!(document["title"], "New");
    assert_eq!(a.search("text", &mark).await.len(), 1);

    // New content; everything else stays.
    let text = format!("The first line {other}.\n\nThe second line stays.\n\nThe third line.");
    let document = changed(
        &a,
        &id,
        &json!({"content": text, "contentType": "text/markdown"}),
    )
    .await;
    assert_eq!(
        (&document["publishedVersion"], &document["format"]),
        (&json!(4), &json!("md"))
    );
    assert_eq!(
        (&document["title"], &document["metadata"]["year"]),
        (&json!("New"), &json!(2026))
    );
    assert_eq!(a.search("text", &mark).await, [] as [Value; 0]);
    assert_eq!(a.search("text", &other).await.len(), 1);

    let path = format!("/api/documents/{id}/diff");
    let diff = a.get(&path).await.ok(200);
    assert_eq!((&diff["from"], &diff["to"]), (&json!(3), &json!(4)));
    assert_eq!(
        (&diff["addedLines"], &diff["removedLines"]),
        (&json!(1), &json!(1))
    );
    let lines = diff["hunks"][0]["lines"].as_array().unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line["change"] == "removed"
                && line["text"].as_str().unwrap().contains(&mark))
    );
    let same = a.get(&format!("{path}?from=1&to=3")).await.ok(200);
    assert_eq!(
        (&same["similarity"], &same["hunks"]),
        (&json!(1.0), &json!([]))
    );
    // Restoring the first version loses no version, and nothing is paid for again.
    let before = stack.embedded(&mark).await;
    let versions = format!("/api/documents/{id}/versions");
    let restored = a.post(&format!("{versions}/1/restore"), &json!({})).await;
    assert_eq!(restored.ok(202)["version"], 5);
    let document = a.completed(&id).await;
    assert_eq!(document["publishedVersion"], 5);
    assert_eq!(a.search("text", &mark).await.len(), 1);
    assert_eq!(a.search("text", &other).await, [] as [Value; 0]);
    assert_eq!(stack.embedded(&mark).await, before, "paid for twice");
    for (version, status, code) in [
        ("9", 409, "no_original"),
        ("0", 404, "not_found"),
        ("+1", 404, "not_found"),
    ] {
        a.post(&format!("{versions}/{version}/restore"), &json!({}))
            .await
            .problem(status, code);
    }
    b.post(&format!("{versions}/1/restore"), &json!({}))
        .await
        .problem(404, "not_found");
    a.get(&format!("{path}?from=1&to=9"))
        .await
        .problem(404, "no_content");
    b.get(&path).await.problem(404, "not_found");
    put(&b, &id, &json!({"title": "Theirs"}))
        .await
        .problem(404, "not_found");
    put(&b, &id, &json!({"content": "Theirs"}))
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn a_document_in_a_bundle_can_be_reprocessed() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let documents = json!([
        {"title": "One", "content": format!("Bundled {mark} one.")},
        {"title": "Two", "content": format!("Bundled {mark} two.")},
    ]);
    let answer = a
        .post("/api/ingest/batch", &json!({"documents": documents}))
        .await
        .ok(202);
    let ids = [0, 1].map(|at| doc_id(&answer["results"][at]));
    for id in &ids {
        a.completed(id).await;
    }
    changed(&a, &ids[0], &json!({"title": "Uno"})).await;
    let hits = a.search("text", &mark).await;
    let mut titles: Vec<&str> = hits
        .iter()
        .map(|hit| hit["title"].as_str().unwrap())
        .collect();
    titles.sort_unstable();
    assert_eq!(titles, ["Two", "Uno"]);
    a.delete(&ids[1]).await.ok(202);
    crate::support::stack::eventually("the other one is gone", async || {
        let left = "SELECT count(*) FROM documents WHERE customer_id = $1";
        (a.count(left).await == 1).then_some(())
    })
    .await;
    changed(&a, &ids[0], &json!({"reprocess": true})).await;
    assert_eq!(a.search("text", &mark).await.len(), 1);
}

#[tokio::test]
async fn a_put_without_a_valid_change_is_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.add("T", &format!("Text {}.", word())).await;
    a.completed(&id).await;
    for (field, body) in [
        ("", json!({})),
        ("", json!({"reprocess": false})),
        ("/title", json!({"title": ""})),
        ("/metadata", json!({"metadata": 1})),
        ("/content", json!({"content": " "})),
        (
            "/contentType",
            json!({"title": "T", "contentType": "text/html"}),
        ),
        (
            "/contentType",
            json!({"content": "x", "contentType": "application/pdf"}),
        ),
        (
            "/chunking/size",
            json!({"chunking": {"size": 1, "overlap": 0}}),
        ),
        ("/colour", json!({"colour": "red"})),
    ] {
        put(&a, &id, &body).await.bad_fields(&[field]);
    }
    a.get(&format!("/api/documents/{id}/diff"))
        .await
        .problem(409, "nothing_to_compare");
    let awaited = a.presign(&json!({"fileName": "a.txt"})).await.ok(200);
    let awaited = doc_id(&awaited);
    put(&a, &awaited, &json!({"title": "T"}))
        .await
        .problem(409, "no_original");
    put(&a, &awaited, &json!({"content": "x"}))
        .await
        .problem(409, "awaiting_upload");
    assert_eq!(a.status(&id).await["latestVersion"], 1);
}

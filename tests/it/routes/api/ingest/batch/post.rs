//! `POST /api/ingest/batch`.

use serde_json::{Value, json};

use crate::support::stack::{
    Stack,
    batch::{batch, bundles, text},
    tenant::doc_id,
    word,
};

#[tokio::test]
async fn each_document_of_a_batch_has_its_own_result() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let known = format!("Known before {}.", word());
    let known_id = a.add("Known", &known).await;
    a.completed(&known_id).await;
    let mark = word();
    let with_id = |content: &str| json!({"title": "T", "content": content, "externalId": "kb-1"});
    let documents = [
        text("One", &format!("The first {mark}.")),
        text("", "No title."),
        text("Known", &known),
        json!({"title": "T", "content": "x", "colour": "red"}),
        text("One again", &format!("The first {mark}.")),
        with_id(&format!("Under an id {mark}.")),
        with_id("Under the same id."),
        json!("no object"),
        json!({"title": "M", "content": "<p>Markup</p>", "contentType": "text/html", "metadata": {"n": 1}}),
        json!({"title": "P", "content": "%PDF-", "contentType": "application/pdf"}),
    ];
    let answer = batch(&a, &documents).await.ok(202);
    let counts = ["queued", "duplicates", "refused"].map(|name| answer[name].as_u64().unwrap());
    assert_eq!(counts, [3, 2, 5], "{answer}");
    let results = answer["results"].as_array().unwrap();
    assert!(results.iter().enumerate().all(|(at, r)| r["index"] == at));
    assert_eq!(results[2]["docId"], known_id.as_str());
    assert_eq!(results[2]["status"], "completed");
    assert_eq!(results[4]["docId"], results[0]["docId"]);
    assert_eq!(results[4]["duplicate"], true);
    for (at, pointer) in [
        (1, "/documents/1/title"),
        (3, "/documents/3/colour"),
        (6, "/documents/6/externalId"),
        (7, "/documents/7"),
        (9, "/documents/9/contentType"),
    ] {
        let error = &results[at]["error"];
        assert_eq!(error["code"], "invalid_fields", "{error}");
        assert_eq!(error["errors"][0]["pointer"], pointer);
        assert!(results[at].get("docId").is_none());
    }
    for at in [0, 5, 8] {
        a.completed(&doc_id(&results[at])).await;
    }
    assert_eq!(a.search("text", &mark).await.len(), 2);
    assert_eq!(bundles(&a).await.len(), 1);

    // Again: everything is a duplicate, and nothing is stored.
    let right = [&documents[0], &documents[2], &documents[5]].map(Clone::clone);
    let again = batch(&a, &right).await.ok(200);
    assert_eq!(
        (again["queued"].clone(), again["duplicates"].clone()),
        (json!(0), json!(3))
    );
    assert_eq!(bundles(&a).await.len(), 1);
    // Other content for the same external id is a new version.
    let other = word();
    let next = batch(&a, &[with_id(&format!("Now this {other}."))])
        .await
        .ok(202);
    let id = doc_id(&next["results"][0]);
    assert_eq!(id, doc_id(&results[5]));
    a.completed(&id).await;
    assert_eq!(a.status(&id).await["publishedVersion"], 2);
    assert_eq!(a.search("text", &other).await.len(), 1);
    assert_eq!(a.search("text", &mark).await.len(), 1);
}

#[tokio::test]
async fn invalid_batches_are_refused_as_a_whole() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let post = async |body: Value| a.post("/api/ingest/batch", &body).await;
    for body in [
        json!({}),
        json!({"documents": []}),
        json!({"documents": {}}),
        json!({"documents": vec![text("T", "x"); 501]}),
        json!({"documents": [], "more": 1}),
    ] {
        post(body).await.problem(422, "invalid_fields");
    }
    let large = "x".repeat(4_600_000);
    batch(&a, &[text("T", &large)])
        .await
        .problem(413, "body_too_large");
    // The document limit applies within a batch.
    a.config("max_documents = 2").await;
    let documents: Vec<Value> = (0..4)
        .map(|n| text("T", &format!("Text {n} {}", word())))
        .collect();
    let answer = batch(&a, &documents).await.ok(202);
    assert_eq!(
        (&answer["queued"], &answer["refused"]),
        (&json!(2), &json!(2))
    );
    assert_eq!(answer["results"][3]["error"]["code"], "document_limit");
}

//! Many texts at once: each is answered for itself, they share an object, and no single document waits.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    size,
    stack::{Answer, Stack, Tenant, eventually, tenant::doc_id, word},
};

async fn batch(tenant: &Tenant, documents: &[Value]) -> Answer {
    let body = json!({"documents": documents});
    tenant.post("/api/ingest/batch", &body).await
}

fn text(title: &str, content: &str) -> Value {
    json!({"title": title, "content": content})
}

/// Keys of the bundles of a tenant.
async fn bundles(tenant: &Tenant) -> Vec<String> {
    let prefix = format!("customers/{}/bundles/", tenant.id);
    let bucket = tenant.stack.documents_bucket();
    tenant.stack.keys(bucket, &prefix).await
}

#[tokio::test]
async fn each_is_answered_for_itself() {
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

    // Again: nothing is new, nothing is stored.
    let right = [&documents[0], &documents[2], &documents[5]].map(Clone::clone);
    let again = batch(&a, &right).await.ok(200);
    assert_eq!(
        (again["queued"].clone(), again["duplicates"].clone()),
        (json!(0), json!(3))
    );
    assert_eq!(bundles(&a).await.len(), 1);
    // Other content under the caller's id is a new version.
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
async fn bad_batches_are_refused_whole() {
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
    // The limit of documents counts within a batch.
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

#[tokio::test]
async fn a_deleted_document_leaves_its_bundle_and_the_others_stay() {
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
    // Two at once, whose deletions meet at the bundle.
    tokio::join!(gone(&ids[1]), gone(&ids[2]));
    for at in [1, 2] {
        assert_eq!(
            stack.holding(bucket, &prefix, &marks[at]).await,
            [] as [&str; 0]
        );
    }
    assert_eq!(bundles(&a).await.len(), 1);
    // What stays can be read again from where it is now.
    let reprocess = json!({"title": "T", "content": format!("Bundled {}.", marks[3]), "onDuplicate": "newVersion"});
    a.post("/api/ingest/document", &reprocess).await.ok(202);
    a.completed(&ids[3]).await;
    assert_eq!(stack.holding(bucket, &prefix, &marks[0]).await.len(), 1);
    gone(&ids[0]).await;
    gone(&ids[3]).await;
    assert_eq!(a.originals().await, [] as [&str; 0]);
}

#[tokio::test]
async fn many_are_one_object_and_a_single_document_does_not_wait_for_them() {
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
    eventually("all of the batch is done", async || {
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

//! `PUT /api/documents/by-external-id`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Stack, by_external_id::ask, word};

#[tokio::test]
async fn a_put_creates_or_changes_a_document_and_is_idempotent() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let put = async |body: Value| ask(&a, Method::PUT, "kb/17", Some(body)).await;
    put(json!({"title": "T"})).await.problem(404, "not_found");
    let problem = put(json!({"content": "A text."}))
        .await
        .problem(422, "invalid_fields");
    assert_eq!(problem["errors"][0]["pointer"], "/title");

    let text = format!("The first {}.", word());
    let whole = json!({"title": "First", "content": text, "metadata": {"n": 1}});
    let made = put(whole.clone()).await.ok(202);
    let id = made["docId"].as_str().unwrap();
    a.completed(id).await;
    // The same request again is a duplicate.
    let again = put(whole).await.ok(200);
    assert_eq!(
        (&again["docId"], &again["duplicate"]),
        (&json!(id), &json!(true))
    );

    // The same content is moved to the requested collection.
    let collection = a.collection("Handbook").await;
    put(json!({"content": text, "collectionId": collection}))
        .await
        .ok(200);
    let document = ask(&a, Method::GET, "kb/17", None).await.ok(200);
    assert_eq!(
        (&document["title"], &document["latestVersion"]),
        (&json!("First"), &json!(1))
    );
    assert_eq!(document["collectionId"], collection.as_str());

    // Other content is the next version, with the existing title.
    let mark = word();
    put(json!({"content": format!("The second {mark}."), "collectionId": null}))
        .await
        .ok(202);
    a.completed(id).await;
    // Without content, only the title changes.
    put(json!({"title": "Second"})).await.ok(202);
    a.completed(id).await;
    let document = ask(&a, Method::GET, "kb/17", None).await.ok(200);
    assert_eq!(
        (&document["title"], &document["latestVersion"]),
        (&json!("Second"), &json!(3))
    );
    assert!(document.get("collectionId").is_none(), "{document}");
    assert_eq!(document["metadata"], json!({"n": 1}));
    assert_eq!(a.search("text", &mark).await.len(), 1);
    assert_eq!(a.list().await, [id]);
}

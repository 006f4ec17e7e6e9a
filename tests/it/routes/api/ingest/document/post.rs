//! `POST /api/ingest/document`.

use serde_json::{Value, json};

use crate::support::stack::{Stack, tenant::doc_id};

#[tokio::test]
async fn each_invalid_field_of_a_document_is_reported() {
    let tenant = Stack::load().signup().await;
    let post = async |change: Value| {
        let mut body = json!({"title": "T", "content": "some text"});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        tenant.post("/api/ingest/document", &body).await
    };
    for (change, pointer) in [
        (json!({"title": ""}), "/title"),
        (json!({"title": " \t "}), "/title"),
        (json!({"title": "x".repeat(513)}), "/title"),
        (json!({"title": "a\u{0}b"}), "/title"),
        (json!({"title": "a\nb"}), "/title"),
        (json!({"content": ""}), "/content"),
        (json!({"content": " \n\t "}), "/content"),
        (json!({"contentType": "application/pdf"}), "/contentType"),
        (json!({"contentType": "image/png"}), "/contentType"),
        (json!({"externalId": ""}), "/externalId"),
        (json!({"externalId": "x".repeat(257)}), "/externalId"),
        (json!({"externalId": "\u{0}"}), "/externalId"),
        (json!({"metadata": []}), "/metadata"),
        (json!({"metadata": "text"}), "/metadata"),
        (json!({"metadata": {"a": "\u{0}"}}), "/metadata"),
        (json!({"metadata": {"\u{0}": 1}}), "/metadata"),
        (json!({"metadata": {"a": "x".repeat(17_000)}}), "/metadata"),
        (json!({"onDuplicate": "replace"}), "/onDuplicate"),
    ] {
        post(change).await.bad_fields(&[pointer]);
    }
    let all = json!({"title": "", "externalId": "", "metadata": 1});
    post(all)
        .await
        .bad_fields(&["/title", "/externalId", "/metadata"]);
    assert_eq!(tenant.list().await, [] as [String; 0]);
    assert_eq!(tenant.originals().await, [] as [String; 0]);

    // Long and unusual, but allowed.
    let fine = json!({"title": "é".repeat(512), "externalId": "../x y/\u{202e}", "metadata": {"a": [1, null]}});
    let id = doc_id(&post(fine).await.ok(202));
    let document = tenant.get(&format!("/api/documents/{id}")).await.ok(200);
    assert_eq!(document["title"], "é".repeat(512));
    assert_eq!(document["externalId"], "../x y/\u{202e}");
    assert_eq!(document["metadata"], json!({"a": [1, null]}));
}

#[tokio::test]
async fn invalid_chunking_is_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let post = async |chunking: Value| {
        let body = json!({"title": "T", "content": "x", "chunking": chunking});
        a.post("/api/ingest/document", &body).await
    };
    for (field, chunking) in [
        ("/chunking/size", json!({"size": 99, "overlap": 0})),
        (
            "/chunking/size",
            json!({"size": 8001, "overlap": 0, "unit": "tokens"}),
        ),
        ("/chunking/overlap", json!({"size": 100, "overlap": 51})),
        ("/chunking/overlap", json!({"size": 100})),
        (
            "/chunking/strategy",
            json!({"size": 100, "overlap": 0, "strategy": "random"}),
        ),
    ] {
        post(chunking).await.bad_fields(&[field]);
    }
    post(json!([])).await.problem(422, "invalid_fields");
}

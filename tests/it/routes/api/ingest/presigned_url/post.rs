//! `POST /api/ingest/presigned-url`.

use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, word};

/// Uploads bytes with the form of a presigned-url response, and returns S3's status.
async fn put(stack: &Stack, form: &Value, media_type: &str, bytes: &[u8]) -> u16 {
    let url = form["url"].as_str().unwrap();
    let request = stack.http.put(url).header(CONTENT_TYPE, media_type);
    Answer::raw(request.body(bytes.to_vec())).await.status
}

#[tokio::test]
async fn a_presigned_put_accepts_only_the_announced_size_and_type() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let text = format!("The text {} that is put.", word());
    let wanted = json!({"fileName": "a.txt", "size": text.len(), "method": "PUT", "title": "Put"});
    let form = tenant.presign(&wanted).await.ok(200);
    assert_eq!(form["method"], "PUT");
    assert!(form.get("fields").is_none(), "{form}");
    let length = text.len().to_string();
    assert_eq!(
        form["headers"],
        json!({"content-length": length, "content-type": "text/plain"})
    );
    assert!(
        form["url"]
            .as_str()
            .unwrap()
            .contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost"),
        "{form}"
    );
    // The signature covers size and type.
    let longer = format!("{text} And more.");
    assert_eq!(
        put(&stack, &form, "text/plain", longer.as_bytes()).await,
        403
    );
    assert_eq!(put(&stack, &form, "text/html", text.as_bytes()).await, 403);
    let id = form["docId"].as_str().unwrap();
    assert_eq!(tenant.status(id).await["status"], "awaiting_upload");

    assert_eq!(put(&stack, &form, "text/plain", text.as_bytes()).await, 200);
    tenant.completed(id).await;
    assert_eq!(tenant.search("text", &text).await.len(), 1);
}

#[tokio::test]
async fn a_presigned_put_requires_a_size_in_body_or_query() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    tenant
        .presign(&json!({"fileName": "a.txt", "method": "PUT"}))
        .await
        .bad_fields(&["/size"]);
    tenant
        .presign(&json!({"fileName": "a.txt", "method": "PUT", "size": 60_000_000}))
        .await
        .problem(413, "file_too_large");
    let path = "/api/ingest/presigned-url?fileName=a.txt&method=PUT&size=5";
    assert_eq!(tenant.get(path).await.ok(200)["method"], "PUT");
    tenant
        .get("/api/ingest/presigned-url?fileName=a.txt&method=PUT")
        .await
        .bad_fields(&["/size"]);
}

//! `POST /api/ingest/webhook`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack, answer::text, word};

#[tokio::test]
async fn payloads_of_different_types_become_documents() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let nonce = word();
    let send = async |content_type: &str, headers: &[(&str, &str)], body: String| {
        let mut request = a
            .call(Method::POST, "/api/ingest/webhook?wait=25")
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let ended = Answer::of(request.header("content-type", content_type))
            .await
            .ok(200);
        assert_eq!(ended["status"], "completed", "{ended}");
        let path = format!("/api/documents/{}", text(&ended["docId"]));
        a.get(&path).await.ok(200)
    };
    let mail = json!({"subject": "Offer", "body": nonce}).to_string();
    let document = send("application/json", &[], mail).await;
    assert_eq!(
        (&document["title"], &document["format"]),
        (&"Offer".into(), &"json".into())
    );
    assert_eq!(document["source"], "webhook");
    let csv = format!("name,code\n{nonce},1\n");
    let binary = [
        ("content-disposition", "attachment; filename=\"codes.csv\""),
        ("x-metadata", "{\"from\":\"n8n\"}"),
    ];
    let document = send("text/csv", &binary, csv).await;
    assert_eq!(
        (&document["title"], &document["format"]),
        (&"codes.csv".into(), &"csv".into())
    );
    assert_eq!(document["metadata"], json!({"from": "n8n"}));
    let form = format!("title=Form&content=From+a+form+{nonce}");
    let document = send("application/x-www-form-urlencoded", &[], form).await;
    assert_eq!(
        (&document["title"], &document["format"]),
        (&"Form".into(), &"txt".into())
    );
    assert_eq!(a.search("text", &nonce).await.len(), 3);
}

//! `/v1/files`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    tenant::file_part,
    v1::{at, document_id, file_id},
    word,
};

const PATH: &str = "/v1/files";

#[tokio::test]
async fn a_file_is_a_document_of_every_api() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let text = format!("The {mark} lamp is red.");
    let file = a.v1_file("manual.txt", &text).await;
    let document = document_id(&file);
    a.completed(&document).await;
    assert_eq!(a.search("text", &mark).await.len(), 1);
    let body = a.v1_get(&format!("{PATH}/{file}")).await.ok(200);
    assert_eq!(
        (at(&body, "/object"), at(&body, "/status")),
        ("file".into(), "processed".into())
    );
    assert_eq!(
        (at(&body, "/filename"), at(&body, "/purpose")),
        ("manual.txt".into(), "assistants".into())
    );
    assert_eq!(body["bytes"], text.len());
    // The same content is the same file.
    assert_eq!(a.v1_file("again.txt", &text).await, file);
    let content = format!("{PATH}/{file}/content");
    let download = a.v1_get(&content).await;
    assert_eq!(
        (download.status, download.body.as_slice()),
        (200, text.as_bytes())
    );
    assert_eq!(download.header("content-disposition"), Some("attachment"));
    let added = a
        .add("Of the other API", &format!("About {}.", word()))
        .await;
    let list = a.v1_get(&format!("{PATH}?limit=1")).await.ok(200);
    assert_eq!(
        (at(&list, "/data/0/id"), &list["has_more"]),
        (file_id(&added), &json!(true))
    );
    let rest = a
        .v1_get(&format!("{PATH}?after={}", at(&list, "/last_id")))
        .await
        .ok(200);
    assert_eq!(
        (at(&rest, "/data/0/id"), &rest["has_more"]),
        (file.clone(), &json!(false))
    );
    assert_eq!(
        a.v1_get(&format!("{PATH}?purpose=batch")).await.ok(200)["data"],
        json!([])
    );
    for path in [format!("{PATH}/{file}"), content.clone()] {
        b.v1_get(&path).await.refused(404, "not_found");
    }
    b.v1_delete(&format!("{PATH}/{file}"))
        .await
        .refused(404, "not_found");
    let deleted = a.v1_delete(&format!("{PATH}/{file}")).await.ok(200);
    assert_eq!(
        deleted,
        json!({"id": file, "object": "file", "deleted": true})
    );
    a.v1_get(&format!("{PATH}/{file}"))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn what_is_no_file_is_refused_and_nothing_is_kept() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let form = |text: &str| file_part("a.txt", "text/plain", text.as_bytes());
    a.v1_upload(form("x")).await.refused_parameter("purpose");
    let tune = form("x").text("purpose", "fine-tune");
    a.v1_upload(tune).await.refused_parameter("purpose");
    let none = reqwest::multipart::Form::new().text("purpose", "assistants");
    a.v1_upload(none).await.refused_parameter("file");
    let empty = form("").text("purpose", "assistants");
    a.v1_upload(empty).await.refused(400, "empty_document");
    let program =
        file_part("a.png", "image/png", b"\x89PNG\r\n\x1a\n").text("purpose", "assistants");
    a.v1_upload(program).await.refused(415, "unsupported_type");
    let key = a.key_with(&["documents:read"]).await;
    let request = a
        .v1_with(&key, Method::POST, PATH)
        .multipart(form("x").text("purpose", "assistants"));
    Answer::of(request).await.refused(403, "missing_scope");
    a.v1_get(&format!("{PATH}/file-none"))
        .await
        .refused(404, "not_found");
    a.v1_get(&format!("{PATH}?order=up"))
        .await
        .refused_parameter("order");
    assert!(a.list().await.is_empty());
}

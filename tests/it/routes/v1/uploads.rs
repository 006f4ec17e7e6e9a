//! `/v1/uploads`.

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack, Tenant,
    v1::{at, document_id},
    word,
};

const PATH: &str = "/v1/uploads";

async fn announce(tenant: &Tenant, bytes: usize) -> String {
    let body = json!({"bytes": bytes, "filename": "book.txt", "mime_type": "text/plain", "purpose": "assistants"});
    let upload = tenant.v1_post(PATH, &body).await.ok(200);
    assert_eq!(
        (at(&upload, "/status"), &upload["bytes"]),
        ("pending".into(), &json!(bytes))
    );
    at(&upload, "/id")
}

async fn send(tenant: &Tenant, upload: &str, bytes: &[u8]) -> Answer {
    let form = Form::new().part("data", Part::bytes(bytes.to_vec()).file_name("part"));
    let request = tenant.v1(Method::POST, &format!("{PATH}/{upload}/parts"));
    Answer::of(request.multipart(form)).await
}

async fn complete(tenant: &Tenant, upload: &str, body: Value) -> Answer {
    tenant
        .v1_post(&format!("{PATH}/{upload}/complete"), &body)
        .await
}

#[tokio::test]
async fn a_file_is_made_of_its_parts_in_the_order_that_is_asked_for() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    // More than S3 has in a part, in parts as large as a request can be.
    let line = format!("The {mark} lamp is red, and this line is repeated many times.\n");
    let text = line.repeat(6_000_000 / line.len());
    let upload = announce(&a, text.len()).await;
    let (first, second) = text.as_bytes().split_at(4_000_000);
    let late = at(&send(&a, &upload, second).await.ok(200), "/id");
    let early = send(&a, &upload, first).await.ok(200);
    assert_eq!(
        (at(&early, "/object"), at(&early, "/upload_id")),
        ("upload.part".into(), upload.clone())
    );
    let early = at(&early, "/id");
    // The parts are all of the file, and nobody else's.
    send(&a, &upload, first).await.ok(200);
    send(&a, &upload, first).await.refused(400, "upload_full");
    send(&b, &upload, b"x").await.refused(404, "not_found");
    complete(&a, &upload, json!({"part_ids": [early]}))
        .await
        .refused_parameter("part_ids");
    complete(&a, &upload, json!({"part_ids": [early, early]}))
        .await
        .refused_parameter("part_ids[1]");
    complete(&b, &upload, json!({"part_ids": [early, late]}))
        .await
        .refused(404, "not_found");
    let wrong = json!({"part_ids": [early, late], "md5": "0".repeat(32)});
    complete(&a, &upload, wrong).await.refused_parameter("md5");
    let done = complete(&a, &upload, json!({"part_ids": [early, late]}))
        .await
        .ok(200);
    assert_eq!(
        (at(&done, "/status"), at(&done, "/file/filename")),
        ("completed".into(), "book.txt".into())
    );
    let file = at(&done, "/file/id");
    let content = a.v1_get(&format!("/v1/files/{file}/content")).await;
    assert_eq!(content.body.len(), text.len());
    assert!(content.body == text.as_bytes());
    a.completed(&document_id(&file)).await;
    let parts = stack
        .keys(stack.documents_bucket(), &format!("parts/{}/", a.id))
        .await;
    assert!(parts.is_empty(), "{parts:?}");
    // A repeat finds what was made.
    let again = complete(&a, &upload, json!({"part_ids": [early, late]})).await;
    assert_eq!(at(&again.ok(200), "/file/id"), file);
    for answer in [
        send(&a, &upload, b"x").await,
        a.v1_post(&format!("{PATH}/{upload}/cancel"), &json!({}))
            .await,
    ] {
        answer.refused(409, "upload_ended");
    }
}

#[tokio::test]
async fn an_upload_that_is_cancelled_leaves_nothing() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let upload = announce(&a, 3).await;
    send(&a, &upload, b"abc").await.ok(200);
    let cancel = format!("{PATH}/{upload}/cancel");
    b.v1_post(&cancel, &json!({}))
        .await
        .refused(404, "not_found");
    assert_eq!(
        at(&a.v1_post(&cancel, &json!({})).await.ok(200), "/status"),
        "cancelled"
    );
    let parts = stack
        .keys(stack.documents_bucket(), &format!("parts/{}/", a.id))
        .await;
    assert!(parts.is_empty() && a.list().await.is_empty());
    send(&a, &upload, b"abc").await.refused(404, "not_found");
    let with = |change: Value| {
        let mut body = json!({"bytes": 3, "filename": "a.txt", "mime_type": "text/plain", "purpose": "assistants"});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        body
    };
    for (change, parameter) in [
        (json!({"purpose": "batch"}), "purpose"),
        (json!({"filename": ""}), "filename"),
        (json!({"bytes": -1}), "bytes"),
        (
            json!({"expires_after": {"anchor": "created_at", "seconds": 3600}}),
            "expires_after",
        ),
    ] {
        a.v1_post(PATH, &with(change))
            .await
            .refused_parameter(parameter);
    }
    let large = with(json!({"bytes": 10_000_000_000_u64}));
    a.v1_post(PATH, &large).await.refused(413, "file_too_large");
    let program = with(json!({"filename": "a.exe", "mime_type": "application/x-msdownload"}));
    a.v1_post(PATH, &program)
        .await
        .refused(415, "unsupported_type");
}

#[tokio::test]
async fn an_upload_that_has_expired_is_not_completed() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let upload = announce(&a, 3).await;
    let part = at(&send(&a, &upload, b"abc").await.ok(200), "/id");
    let document = upload.replace("upload_", "file-");
    let expire = "UPDATE documents SET upload_expires_at = now() - interval '1 hour' WHERE customer_id = $1 AND id = $2";
    a.change(expire, &document_id(&document)).await;
    crate::support::stack::eventually("the upload has expired", async || {
        stack.sweep().await;
        let status = a.status(&document_id(&document)).await;
        (status["code"] == "upload_expired").then_some(())
    })
    .await;
    send(&a, &upload, b"abc").await.refused(409, "upload_ended");
    let answer = complete(&a, &upload, json!({"part_ids": [part]})).await;
    answer.refused(409, "upload_ended");
}

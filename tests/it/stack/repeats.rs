//! Repeated requests: `Idempotency-Key`, and `?wait=`, which makes repeats unnecessary.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::stack::{
    Answer, Stack, Tenant,
    tenant::{doc_id, file_part},
    word,
};

async fn with_key(tenant: &Tenant, path: &str, key: &str, body: &Value) -> Answer {
    let request = tenant
        .call(Method::POST, path)
        .header("idempotency-key", key);
    Answer::of(request.json(body)).await
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_response_and_changes_nothing() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let key = Uuid::new_v4().to_string();
    // Without the key, each request would make a new version.
    let body =
        json!({"title": "T", "content": format!("Said {}.", word()), "onDuplicate": "newVersion"});
    let path = "/api/ingest/document";
    let first = with_key(&a, path, &key, &body).await;
    let (id, first_body) = (doc_id(&first.json()), first.ok(202));
    for _ in 0..3 {
        let again = with_key(&a, path, &key, &body).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.ok(202), first_body);
    }
    // This route has no stream that a client could reconnect to.
    let odd = a.call(Method::POST, path).header("idempotency-key", &key);
    let again = Answer::of(odd.header("last-event-id", "1").json(&body)).await;
    assert_eq!(again.ok(202), first_body);
    a.completed(&id).await;
    // Still the first response, although the document has changed since.
    assert_eq!(with_key(&a, path, &key, &body).await.ok(202), first_body);
    assert_eq!(a.status(&id).await["latestVersion"], 1);

    let other = json!({"title": "T", "content": "Something else."});
    with_key(&a, path, &key, &other)
        .await
        .problem(422, "idempotency_key_reused");
    // The same key of another tenant is independent.
    assert_ne!(doc_id(&with_key(&b, path, &key, &body).await.ok(202)), id);

    let bad = json!({"title": "", "content": "Text."});
    let key = Uuid::new_v4().to_string();
    with_key(&a, path, &key, &bad)
        .await
        .problem(422, "invalid_fields");
    let mended = json!({"title": "Mended", "content": format!("Text {}.", word())});
    with_key(&a, path, &key, &mended).await.ok(202);
    for bad in ["", &"k".repeat(256)] {
        with_key(&a, path, bad, &mended)
            .await
            .problem(422, "invalid_idempotency_key");
    }
}

#[tokio::test]
async fn a_repeated_upload_with_another_boundary_is_recognized() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let text = format!("A file {}.", word());
    let send = async || {
        let request = a.call(Method::POST, "/api/ingest/file");
        let request = request.header("idempotency-key", "file-1");
        Answer::of(request.multipart(file_part("a.txt", "text/plain", text.as_bytes()))).await
    };
    let first = send().await.ok(202);
    let again = send().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.ok(202), first);
    // The alias of the route does the same: the file is a duplicate.
    let form = file_part("a.txt", "text/plain", text.as_bytes());
    let upload = a.call(Method::POST, "/api/docs/upload").multipart(form);
    assert_eq!(Answer::of(upload).await.ok(200)["docId"], first["docId"]);
}

#[tokio::test]
async fn of_concurrent_repeats_only_one_is_carried_out() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let body =
        json!({"title": "T", "content": format!("Said {}.", word()), "onDuplicate": "newVersion"});
    let answers = futures::future::join_all(
        (0..8).map(|_| with_key(&a, "/api/ingest/document", "at-once", &body)),
    )
    .await;
    let mut done = std::collections::HashSet::new();
    for answer in &answers {
        match answer.status {
            202 => drop(done.insert(doc_id(&answer.json()))),
            409 => {
                assert_eq!(answer.json()["code"], "request_under_way");
                assert!(answer.header("retry-after").is_some());
            }
            _ => panic!("{answer:?}"),
        }
    }
    assert_eq!(done.len(), 1, "{answers:?}");
    let id = done.into_iter().next().unwrap();
    a.completed(&id).await;
    assert_eq!(a.status(&id).await["latestVersion"], 1);
}

#[tokio::test]
async fn a_response_with_a_secret_is_not_kept_for_repeats() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let body = json!({"name": "n8n", "scopes": ["search"]});
    let send = async || {
        let request = stack
            .http
            .post(stack.url("/api/keys"))
            .bearer_auth(&a.access);
        Answer::of(request.header("idempotency-key", "k1").json(&body)).await
    };
    let made = send().await.ok(201);
    assert!(made["apiKey"].as_str().unwrap().starts_with("drk_"));
    send().await.problem(409, "answer_not_kept");
    let kept =
        "SELECT count(*) FROM idempotency_keys WHERE customer_id = $1 AND answer IS NOT NULL";
    assert_eq!(a.count(kept).await, 0);
    let keys = "SELECT count(*) FROM api_keys WHERE customer_id = $1 AND name = 'n8n'";
    assert_eq!(a.count(keys).await, 1);
}

#[tokio::test]
async fn a_response_can_wait_for_the_documents_outcome() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let content = format!("Waited for {}.", word());
    let body = json!({"title": "T", "content": content});
    let path = "/api/ingest/document?wait=25";
    let ended = a.post(path, &body).await.ok(200);
    assert_eq!(ended["status"], "completed", "{ended}");
    assert_eq!(a.search("text", &content).await.len(), 1);

    let form = file_part("a.json", "application/json", b"{\"cut\": ");
    let request = a.call(Method::POST, "/api/ingest/file?wait=25");
    let ended = Answer::of(request.multipart(form)).await.ok(200);
    assert_eq!(
        (&ended["status"], &ended["code"]),
        (&"failed".into(), &"corrupt_file".into())
    );
    assert!(ended["reason"].as_str().unwrap().len() > 20);

    for bad in ["26", "-1", "x", "1.5"] {
        a.post(&format!("/api/ingest/document?wait={bad}"), &body)
            .await
            .problem(422, "invalid_fields");
    }
}

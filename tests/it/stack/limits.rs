//! The customer's limits, on every ingestion route.

use serde_json::json;

use crate::support::{
    files,
    stack::{
        Answer, Stack,
        tenant::{doc_id, file_part},
        word,
    },
};

#[tokio::test]
async fn a_file_over_the_size_limit_is_refused_on_every_route() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.config("max_file_bytes = 1000").await;
    let text = |length: usize| "word ".repeat(length / 5 + 1)[..length].to_owned();

    for too_long in [
        a.ingest("T", &text(1_001)).await,
        a.upload(file_part("a.txt", "text/plain", text(1_001).as_bytes()))
            .await,
        a.presign(&json!({"fileName": "a.txt", "size": 1_001}))
            .await,
    ] {
        let problem = too_long.problem(413, "file_too_large");
        let detail = problem["detail"].as_str().unwrap();
        assert!(
            detail.contains("1001") && detail.contains("1000"),
            "{problem}"
        );
    }
    assert_eq!(a.list().await, [] as [String; 0]);

    // Without a size the form takes up to the limit, and S3 itself refuses more.
    let form = a.presign(&json!({"fileName": "a.txt"})).await.ok(200);
    let refused = a.post_to_s3(&form, text(1_001).as_bytes()).await;
    assert!((400..500).contains(&refused.status), "{refused}");
    assert_eq!(a.originals().await, [] as [String; 0]);
    assert_eq!(a.status(&doc_id(&form)).await["status"], "awaiting_upload");
    let taken = a.post_to_s3(&form, text(1_000).as_bytes()).await;
    assert!((200..300).contains(&taken.status), "{taken}");
    a.completed(&doc_id(&form)).await;
    // With a size it takes exactly that many bytes, and only the named type.
    let form = a
        .presign(&json!({"fileName": "a.txt", "size": 500}))
        .await
        .ok(200);
    for wrong in [499, 501] {
        let refused = a.post_to_s3(&form, text(wrong).as_bytes()).await;
        assert!((400..500).contains(&refused.status), "{refused}");
    }
    let mut other_type = form.clone();
    other_type["fields"]["Content-Type"] = json!("text/html");
    let refused = a.post_to_s3(&other_type, text(500).as_bytes()).await;
    assert!((400..500).contains(&refused.status), "{refused}");
    let mut other_key = form.clone();
    other_key["fields"]["key"] = json!(format!("uploads/{}/{}", b.id, doc_id(&form)));
    let refused = a.post_to_s3(&other_key, text(500).as_bytes()).await;
    assert!((400..500).contains(&refused.status), "{refused}");

    // A file allowed when its form was signed, but too large now, ends before it is read.
    a.config("max_file_bytes = 5000").await;
    let form = a
        .presign(&json!({"fileName": "b.txt", "size": 4_000}))
        .await
        .ok(200);
    a.config("max_file_bytes = 1000").await;
    a.post_to_s3(&form, text(4_000).as_bytes()).await;
    a.ended(&doc_id(&form), "failed", "file_too_large").await;

    // Other customers have their own limit.
    b.completed(&b.add("T", &text(1_001)).await).await;
}

#[tokio::test]
async fn a_body_over_the_gateways_limit_is_pointed_to_presigned_uploads() {
    let tenant = Stack::load().signup().await;
    let text = "word ".repeat(920_000);
    let over = [
        tenant.ingest("T", &text).await,
        tenant
            .upload(file_part("a.txt", "text/plain", text.as_bytes()))
            .await,
        tenant.post("/search", &json!({"query": text})).await,
    ];
    for answer in over {
        let problem = answer.problem(413, "body_too_large");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("/api/ingest/presigned-url"),
            "{problem}"
        );
    }
    let request = tenant.stack.http.post(tenant.stack.url("/api/auth/signup"));
    let signup = json!({"email": text, "password": "long enough to pass"});
    Answer::of(request.json(&signup))
        .await
        .problem(413, "body_too_large");
    assert_eq!(tenant.originals().await, [] as [String; 0]);
}

#[tokio::test]
async fn a_type_the_customer_does_not_allow_is_refused() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.config("allowed_types = '{txt}'").await;
    let markdown = json!({"title": "T", "content": "# Text", "contentType": "text/markdown"});
    let pdf = files::pdf(&["A page."]);
    for refused in [
        a.post("/api/ingest/document", &markdown).await,
        a.upload(file_part("a.pdf", "application/pdf", &pdf)).await,
        // Detected from its bytes.
        a.upload(file_part("a.txt", "text/plain", &pdf)).await,
        a.presign(&json!({"fileName": "a.pdf"})).await,
        a.presign(&json!({"fileName": "a.docx"})).await,
    ] {
        let problem = refused.problem(415, "unsupported_type");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .ends_with("Send one of these types: txt."),
            "{problem}"
        );
    }
    assert_eq!(a.originals().await, [] as [String; 0]);
    a.ingest("T", "plain text").await.ok(202);
    b.post("/api/ingest/document", &markdown).await.ok(202);

    // Allowed when the form was signed, no longer allowed when the file is read.
    let form = a.presign(&json!({"fileName": "a.txt"})).await.ok(200);
    a.config("allowed_types = '{pdf}'").await;
    a.post_to_s3(&form, b"some plain text").await;
    a.ended(&doc_id(&form), "failed", "unsupported_type").await;
}

#[tokio::test]
async fn a_document_beyond_the_limit_leaves_nothing_behind() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.config("max_documents = 1").await;
    let first = json!({"title": "T", "content": word(), "externalId": "one"});
    let id = doc_id(&a.post("/api/ingest/document", &first).await.ok(202));
    a.completed(&id).await;
    let stored = a.originals().await;

    for refused in [
        a.ingest("T", &word()).await,
        a.upload(file_part("a.txt", "text/plain", word().as_bytes()))
            .await,
        a.presign(&json!({"fileName": "a.txt"})).await,
    ] {
        let problem = refused.problem(409, "document_limit");
        assert!(
            problem["detail"]
                .as_str()
                .unwrap()
                .contains("Delete some first"),
            "{problem}"
        );
    }
    assert_eq!(
        a.originals().await,
        stored,
        "a refused document left its bytes"
    );
    assert_eq!(a.list().await, std::slice::from_ref(&id));

    // A new version is not a new document, and a deletion makes room.
    let second = json!({"title": "T", "content": word(), "externalId": "one"});
    assert_eq!(
        doc_id(&a.post("/api/ingest/document", &second).await.ok(202)),
        id
    );
    a.completed(&id).await;
    a.delete(&id).await.ok(202);
    a.ingest("T", &word()).await.ok(202);
    b.ingest("T", &word()).await.ok(202);
}

#[tokio::test]
async fn concurrent_uploads_do_not_exceed_the_document_limit() {
    let tenant = Stack::load().signup().await;
    tenant.config("max_documents = 3").await;
    let words: Vec<String> = (0..12).map(|_| word()).collect();
    let answers =
        futures::future::join_all(words.iter().map(|word| tenant.ingest("T", word))).await;
    let taken = answers.iter().filter(|answer| answer.status == 202).count();
    let refused = answers.iter().filter(|answer| answer.status == 409).count();
    assert_eq!(
        (taken, refused),
        (3, 9),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert_eq!(tenant.list().await.len(), 3);
}

//! Messages that arrive twice or never, and unexpected uploads.

use dynrag_testing::openai::Reply;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::stack::{Stack, Tenant, eventually, tenant::doc_id, word};

fn job(tenant: &Tenant, document: &str, version: i32) -> String {
    json!({"job": "processDocument", "v": 1, "customerId": tenant.id, "documentId": document, "version": version})
        .to_string()
}

const ROWS: &str = "SELECT row_count FROM index_versions WHERE customer_id = $1";

#[tokio::test]
async fn a_message_delivered_many_times_is_processed_once() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mark = word();
    stack.reply_to(&mark, Reply::Slow { ms: 2_000 }).await;
    let id = tenant
        .add("T", &format!("Delivered many times {mark}."))
        .await;
    // Along with the first, while it is processed …
    for _ in 0..6 {
        stack.enqueue(&job(&tenant, &id, 1)).await;
    }
    eventually("the provider is asked", async || {
        (!stack.seen_with(&mark).await.is_empty()).then_some(())
    })
    .await;
    for _ in 0..6 {
        stack.enqueue(&job(&tenant, &id, 1)).await;
    }
    tenant.completed(&id).await;
    // … and long after. Documents queued later show that these messages have been read.
    for _ in 0..6 {
        stack.enqueue(&job(&tenant, &id, 1)).await;
    }
    for n in 0..3 {
        let next = tenant
            .add("Next", &format!("Number {n} after it {}.", word()))
            .await;
        tenant.completed(&next).await;
    }
    let status = tenant.status(&id).await;
    assert_eq!(status["attempts"], 1, "{status}");
    let timeline = status["timeline"].as_array().unwrap();
    let done = timeline
        .iter()
        .filter(|step| step["status"] == "completed")
        .count();
    assert_eq!(done, 1, "{status}");
    assert_eq!(stack.embedded(&mark).await, 1);
    assert_eq!(tenant.count(ROWS).await, 4);
    assert_eq!(tenant.search("text", &mark).await.len(), 1);
}

#[tokio::test]
async fn messages_about_unknown_documents_or_jobs_do_no_harm() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let id = a.add("T", &format!("The document {mark} of A.")).await;
    a.completed(&id).await;
    let delete = |tenant: &Tenant| {
        json!({"job": "deleteDocument", "v": 1, "customerId": tenant.id, "documentId": id})
            .to_string()
    };
    for message in [
        // Another tenant's document, a version that was not requested, a deletion that was not requested.
        job(&b, &id, 1),
        job(&a, &id, 2),
        job(&a, &Uuid::new_v4().to_string(), 1),
        delete(&a),
        delete(&b),
        "no job at all".to_owned(),
        json!({"job": "formatDisk", "v": 9}).to_string(),
    ] {
        stack.enqueue(&message).await;
    }
    for tenant in [&a, &b] {
        let next = tenant.add("Next", &format!("After it {}.", word())).await;
        tenant.completed(&next).await;
    }
    assert_eq!(a.status(&id).await["status"], "completed");
    assert_eq!(a.search("text", &mark).await.len(), 1);
    assert_eq!(b.search("text", &mark).await.len(), 0);
    assert_eq!((a.count(ROWS).await, b.count(ROWS).await), (2, 1));
}

/// What a request that died after its commit leaves: bytes and rows, but no message.
async fn half_accepted(tenant: &Tenant, content: &str, outbox: bool) -> String {
    let (document, object) = (Uuid::now_v7(), Uuid::new_v4());
    let key = format!("customers/{}/documents/{document}/1/{object}", tenant.id);
    let stack = &tenant.stack;
    stack
        .put(stack.documents_bucket(), &key, content.as_bytes().to_vec())
        .await;
    let sql = stack.sql().await;
    let insert = "WITH d AS (
            INSERT INTO documents (customer_id, id, title, source, status, resend_at)
            VALUES ($1, $2, 'T', 'api', 'queued', now() + interval '10 minutes'))
        INSERT INTO document_versions (customer_id, document_id, version, object_id, format)
        VALUES ($1, $2, 1, $3, 'txt')";
    sql.execute(insert, &[&tenant.id, &document, &object])
        .await
        .unwrap();
    if outbox {
        let body: Value = serde_json::from_str(&job(tenant, &document.to_string(), 1)).unwrap();
        let insert =
            "INSERT INTO outbox (customer_id, job, next_attempt_at) VALUES ($1, $2, now())";
        sql.execute(insert, &[&tenant.id, &body]).await.unwrap();
    }
    document.to_string()
}

#[tokio::test]
async fn a_job_that_never_reached_the_queue_is_sent_by_the_sweep() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let id = half_accepted(&a, "Its message was never sent.", true).await;
    let theirs = half_accepted(&b, "Its message was never sent.", true).await;
    stack.sweep().await;
    a.completed(&id).await;
    b.completed(&theirs).await;
    for tenant in [&a, &b] {
        assert_eq!(
            tenant
                .count("SELECT count(*) FROM outbox WHERE customer_id = $1")
                .await,
            0
        );
    }
}

#[tokio::test]
async fn a_lost_message_is_sent_again() {
    let tenant = Stack::load().signup().await;
    let id = half_accepted(&tenant, "Its message was sent and lost.", false).await;
    // Not before its time: the control.
    tenant.stack.sweep().await;
    assert_eq!(tenant.status(&id).await["status"], "queued");
    tenant
        .change(
            "UPDATE documents SET resend_at = now() WHERE customer_id = $1 AND id = $2",
            &id,
        )
        .await;
    tenant.stack.sweep().await;
    tenant.completed(&id).await;
}

#[tokio::test]
async fn a_dead_workers_document_is_processed_by_another() {
    let tenant = Stack::load().signup().await;
    let id = half_accepted(&tenant, "Its worker died.", false).await;
    let lapsed = "UPDATE documents SET status = 'processing', stage = 'embedding', attempts = 1,
        lease_token = 7, lease_expires_at = now() + $3::text::interval, resend_at = now() + $3::text::interval
        WHERE customer_id = $1 AND id = $2";
    let document: Uuid = id.parse().unwrap();
    let set = async |when: &str| {
        let sql = tenant.stack.sql().await;
        assert_eq!(
            sql.execute(lapsed, &[&tenant.id, &document, &when])
                .await
                .unwrap(),
            1
        );
    };
    // A valid lease is left alone, by the sweep and by a second message: the control.
    set("1 minute").await;
    tenant.stack.sweep().await;
    tenant.stack.enqueue(&job(&tenant, &id, 1)).await;
    let other = tenant
        .add("Other", "Something that is read after that message.")
        .await;
    tenant.completed(&other).await;
    assert_eq!(tenant.status(&id).await["status"], "processing");
    set("0").await;
    tenant.stack.sweep().await;
    let status = tenant.completed(&id).await;
    assert_eq!(status["attempts"], 2, "{status}");
}

#[tokio::test]
async fn an_upload_that_never_arrives_expires() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let form = tenant
        .presign(&json!({"fileName": "a.txt", "externalId": "mine"}))
        .await
        .ok(200);
    let id = doc_id(&form);
    stack.sweep().await;
    assert_eq!(
        tenant.status(&id).await["status"],
        "awaiting_upload",
        "before its time"
    );
    let late = "UPDATE documents SET upload_expires_at = now() WHERE customer_id = $1 AND id = $2";
    tenant.change(late, &id).await;
    stack.sweep().await;
    tenant.ended(&id, "failed", "upload_expired").await;

    // An upload that arrives too late is discarded.
    let posted = tenant.post_to_s3(&form, b"too late").await;
    assert!((200..300).contains(&posted.status), "{posted}");
    eventually("the late upload is gone", async || {
        tenant.originals().await.is_empty().then_some(())
    })
    .await;
    assert_eq!(tenant.status(&id).await["code"], "upload_expired");
}

#[tokio::test]
async fn an_empty_upload_ends_as_empty_document() {
    let tenant = Stack::load().signup().await;
    let form = tenant.presign(&json!({"fileName": "a.txt"})).await.ok(200);
    let id = doc_id(&form);
    // The form refuses it, but a caller with access to the bucket can still do it.
    let refused = tenant.post_to_s3(&form, b"").await;
    assert!((400..500).contains(&refused.status), "{refused}");
    let key = format!("uploads/{}/{id}", tenant.id);
    tenant
        .stack
        .put(tenant.stack.documents_bucket(), &key, Vec::new())
        .await;
    tenant.ended(&id, "failed", "empty_document").await;
    assert_eq!(tenant.originals().await, [] as [String; 0]);
}

#[tokio::test]
async fn unrequested_uploads_are_discarded() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (theirs, unknown) = (b.add("T", &word()).await, Uuid::new_v4());
    b.completed(&theirs).await;
    let keys = [
        format!("uploads/{}/{theirs}", a.id),
        format!("uploads/{}/{theirs}", b.id),
        format!("uploads/{}/{unknown}", a.id),
    ];
    for key in &keys {
        stack
            .put(stack.documents_bucket(), key, b"planted".to_vec())
            .await;
    }
    eventually("they are discarded", async || {
        stack
            .keys(stack.documents_bucket(), &format!("uploads/{}/", a.id))
            .await
            .is_empty()
            .then_some(())
    })
    .await;
    assert_eq!(a.list().await, [] as [String; 0]);
    assert_eq!(b.status(&theirs).await["publishedVersion"], 1);
    assert_eq!(b.search("text", "planted").await, [] as [Value; 0]);
}

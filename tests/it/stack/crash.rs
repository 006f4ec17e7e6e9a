//! Workers that are killed, and a notification that is lost (promise 1). These tests harm what all
//! share, so they run alone: see .config/nextest.toml.

use std::time::Duration;

use dynrag_testing::openai::Reply;
use rand::RngExt;
use serde_json::json;

use crate::support::stack::{Stack, Tenant, eventually, processes::kill, tenant::doc_id, word};

const DOCUMENTS: usize = 30;
const KILLS: usize = 10;
/// Claims after which a document is given up.
const MAX_ATTEMPTS: i64 = 6;

/// Ends the leases of killed workers now instead of in a minute and a half, and sends their jobs.
async fn lapse(tenant: &Tenant) {
    let lapsed = "UPDATE documents SET lease_expires_at = now(), resend_at = now()
                  WHERE customer_id = $1 AND status = 'processing'";
    tenant
        .stack
        .sql()
        .await
        .execute(lapsed, &[&tenant.id])
        .await
        .unwrap();
    tenant.stack.sweep().await;
}

/// Something every published chunk must pass: as many rows as the documents say, each once.
async fn check_chunks(tenant: &Tenant, mark: &str, documents: &[String]) {
    let mut expected = 0;
    for id in documents {
        let document = tenant.get(&format!("/api/documents/{id}")).await.ok(200);
        expected += document["chunks"].as_i64().unwrap();
    }
    let rows = tenant
        .count("SELECT row_count FROM index_versions WHERE customer_id = $1")
        .await;
    assert_eq!(rows, expected, "rows in the table");
    let hits = tenant
        .search_with(json!({"query": mark, "mode": "text", "topK": 100}))
        .await;
    let mut ids: Vec<&str> = hits
        .iter()
        .map(|hit| hit["chunkId"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len() as i64, expected, "chunks found");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len() as i64, expected, "chunks found twice");
}

#[tokio::test]
async fn killed_workers_lose_and_repeat_nothing() {
    let stack = Stack::load();
    let (tenant, other) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    // Long enough that a kill finds work in every stage.
    stack.reply_to(&mark, Reply::Slow { ms: 500 }).await;
    let bystander = other.add("T", "A document of another customer.").await;
    let mut documents = Vec::new();
    for n in 0..DOCUMENTS {
        let paragraph =
            |p: usize| format!("Document {n}, part {p}: {mark}. {}", "Filler. ".repeat(70));
        let text = (0..3).map(paragraph).collect::<Vec<_>>().join("\n\n");
        documents.push(tenant.add("T", &text).await);
    }
    let in_work = "SELECT count(*) FROM documents WHERE customer_id = $1 AND status = 'processing'";
    let tried = "SELECT coalesce(max(attempts), 0)::bigint FROM documents WHERE customer_id = $1
                 AND status <> 'completed'";
    let open = "SELECT count(*) FROM documents WHERE customer_id = $1 AND status <> 'completed'";
    let mut kills = 0;
    while kills < KILLS {
        if tenant.count(open).await == 0 {
            break;
        }
        let busy = tenant.count(in_work).await > 0;
        // One that was interrupted almost as often as it may be tried has a right to get through.
        if busy && tenant.count(tried).await < MAX_ATTEMPTS - 1 {
            tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..600))).await;
            let victims = stack.processes("dynrag-embed");
            if let Some(pid) = victims.get(rand::rng().random_range(0..victims.len().max(1))) {
                kill(*pid);
                kills += 1;
            }
            lapse(&tenant).await;
        } else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            if !busy {
                stack.sweep().await;
                let due = "UPDATE documents SET resend_at = now() WHERE customer_id = $1 AND status = 'queued'";
                stack.sql().await.execute(due, &[&tenant.id]).await.unwrap();
            }
        }
    }
    assert!(
        kills >= KILLS / 2,
        "only {kills} kills found something to kill"
    );
    eventually("all documents complete", async || {
        stack.sweep().await;
        let due =
            "UPDATE documents SET resend_at = now() WHERE customer_id = $1 AND status = 'queued'";
        stack.sql().await.execute(due, &[&tenant.id]).await.unwrap();
        let ended = "SELECT count(*) FROM documents WHERE customer_id = $1
                     AND status IN ('failed', 'needs_action')";
        assert_eq!(tenant.count(ended).await, 0, "a kill ended a document");
        (tenant.count(open).await == 0).then_some(())
    })
    .await;
    check_chunks(&tenant, &mark, &documents).await;
    assert_eq!(tenant.list().await.len(), DOCUMENTS);
    // The bystander may have been hit too.
    eventually("the other customer's completes", async || {
        lapse(&other).await;
        (other.status(&bystander).await["status"] == "completed").then_some(())
    })
    .await;
    for left in ["outbox", "staged_embeddings"] {
        let rows = format!("SELECT count(*) FROM {left} WHERE customer_id = $1");
        eventually(left, async || {
            stack.sweep().await;
            (tenant.count(&rows).await == 0).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn a_kill_while_embedding_does_not_pay_twice() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    // The second request of the document hangs until its worker is killed; the first was staged.
    tenant.config("chunk_size = 2000, chunk_overlap = 0").await;
    let (first, last) = (word(), word());
    let filler = |mark: &str| format!("{mark} {}", "word ".repeat(380).trim_end());
    // More than a request may hold: 2,048 texts.
    let mut parts: Vec<String> = (0..2_100)
        .map(|n| filler(&format!("{first}-{n}")))
        .collect();
    parts.push(filler(&last));
    stack.reply_to(&last, Reply::Slow { ms: 8_000 }).await;
    let text = parts.join("\n\n");
    let form = tenant
        .presign(&json!({"fileName": "long.txt"}))
        .await
        .ok(200);
    tenant.post_to_s3(&form, text.as_bytes()).await;
    let id = doc_id(&form);
    eventually("the last request is asked", async || {
        (!stack.seen_with(&last).await.is_empty()).then_some(())
    })
    .await;
    let staged = tenant
        .count("SELECT count(*) FROM staged_embeddings WHERE customer_id = $1")
        .await;
    assert!(staged > 0, "nothing was staged before the kill");
    for pid in stack.processes("dynrag-embed") {
        kill(pid);
    }
    eventually("the document completes", async || {
        if tenant
            .count("SELECT count(*) FROM documents WHERE customer_id = $1 AND attempts < 2")
            .await
            == 1
        {
            lapse(&tenant).await;
        }
        (tenant.status(&id).await["status"] == "completed").then_some(())
    })
    .await;
    assert_eq!(
        stack.embedded(&format!("{first}-0 ")).await,
        1,
        "what was staged was paid for again"
    );
    let rows = tenant
        .count("SELECT row_count FROM index_versions WHERE customer_id = $1")
        .await;
    assert!(rows >= 2_101, "{rows}");
}

#[tokio::test]
async fn an_upload_whose_notification_was_lost_is_found() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let (s3, bucket) = (stack.s3(), stack.documents_bucket());
    let known = s3
        .get_bucket_notification_configuration()
        .bucket(bucket)
        .send()
        .await
        .unwrap();
    let configure = async |lambda: Option<Vec<aws_sdk_s3::types::LambdaFunctionConfiguration>>| {
        let configuration = aws_sdk_s3::types::NotificationConfiguration::builder()
            .set_lambda_function_configurations(lambda)
            .build();
        let put = s3.put_bucket_notification_configuration().bucket(bucket);
        put.notification_configuration(configuration)
            .send()
            .await
            .unwrap();
    };
    let form = tenant.presign(&json!({"fileName": "a.txt"})).await.ok(200);
    let id = doc_id(&form);
    configure(None).await;
    let posted = tenant
        .post_to_s3(&form, b"Nobody was told of this upload.")
        .await;
    configure(known.lambda_function_configurations).await;
    assert!((200..300).contains(&posted.status), "{posted}");
    stack.sweep().await;
    assert_eq!(
        tenant.status(&id).await["status"],
        "awaiting_upload",
        "before its time"
    );
    let late = "UPDATE documents SET upload_expires_at = now() WHERE customer_id = $1 AND id = $2";
    tenant.change(late, &id).await;
    assert!(stack.sweep().await["uploadsFound"].as_u64() >= Some(1));
    tenant.completed(&id).await;
    let left = stack.keys(bucket, &format!("uploads/{}/", tenant.id)).await;
    assert_eq!(left, [] as [String; 0]);
}

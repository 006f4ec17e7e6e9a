//! Killed functions, and a lost notification. These tests harm what all tests share, so they run alone: see
//! .config/nextest.toml.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

use dynrag_testing::openai::Reply;
use futures::{StreamExt, stream};
use rand::RngExt;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    size,
    stack::{Stack, Tenant, eventually, processes::kill, receiver::Receiver, tenant::doc_id, word},
};

/// Claims after which a document is given up.
const MAX_ATTEMPTS: i64 = 6;
const OPEN: &str =
    "SELECT count(*) FROM documents WHERE customer_id = $1 AND status <> 'completed'";

/// Ends the leases of killed workers now instead of in a minute and a half, and sends their jobs.
async fn expire_leases(tenant: &Tenant) {
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

/// Makes documents that wait for their next attempt due now.
async fn retry_now(tenant: &Tenant) {
    let due = "UPDATE documents SET resend_at = now() WHERE customer_id = $1 AND status = 'queued'";
    let sql = tenant.stack.sql().await;
    sql.execute(due, &[&tenant.id]).await.unwrap();
    tenant.stack.sweep().await;
}

/// Kills one of a function's processes, if there is any.
fn kill_one(stack: &Stack, binary: &str) -> bool {
    let victims = stack.processes(binary);
    let victim = victims.get(rand::rng().random_range(0..victims.len().max(1)));
    victim.is_some_and(|pid| {
        kill(*pid);
        true
    })
}

async fn random_pause(most_ms: u64) {
    tokio::time::sleep(Duration::from_millis(rand::rng().random_range(0..most_ms))).await;
}

/// Checks that every published chunk is in the table exactly once.
async fn check_chunks(tenant: &Tenant, documents: &[String], each: usize) {
    let rows = tenant
        .count("SELECT row_count FROM index_versions WHERE customer_id = $1")
        .await;
    assert_eq!(rows, (documents.len() * each) as i64, "rows in the table");
    let chunks: Vec<(String, Vec<String>)> = stream::iter(documents)
        .map(async |id| {
            let answer = tenant
                .get(&format!("/api/documents/{id}/chunks"))
                .await
                .ok(200);
            let chunks = answer["items"].as_array().unwrap();
            let ids = chunks
                .iter()
                .map(|chunk| chunk["chunkId"].as_str().unwrap().to_owned())
                .collect();
            (id.clone(), ids)
        })
        .buffer_unordered(4)
        .collect()
        .await;
    for (document, ids) in chunks {
        assert_eq!(ids.len(), each, "{document}: {ids:?}");
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), each, "{ids:?}");
    }
}

#[tokio::test]
async fn killed_workers_lose_and_duplicate_nothing() {
    let stack = Stack::load();
    let (tenant, other) = tokio::join!(stack.signup(), stack.signup());
    let (count, most_kills) = (size(30, 500), size(10, 200));
    let mark = word();
    // Long enough that a kill finds work in every stage.
    stack.reply_to(&mark, Reply::Slow { ms: 500 }).await;
    let bystander = other.add("T", "A document of another customer.").await;
    let done = AtomicUsize::new(0);
    let open = async || tenant.count(OPEN).await;
    // A few at a time, so that a kill hits a few, and as many as there are kills for.
    let adding = async {
        let mut ids: Vec<String> = Vec::new();
        while ids.len() < count || done.load(Ordering::Relaxed) < most_kills {
            if open().await < 8 {
                let n = ids.len();
                let paragraph =
                    |p: usize| format!("Document {n}, part {p}: {mark}. {}", "Filler. ".repeat(70));
                let text = (0..3).map(paragraph).collect::<Vec<_>>().join("\n\n");
                ids.push(tenant.add("T", &text).await);
            } else {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        ids
    };
    let killing = async {
        let in_work =
            "SELECT count(*) FROM documents WHERE customer_id = $1 AND status = 'processing'";
        let tried =
            "SELECT coalesce(max(attempts), 0)::bigint FROM documents WHERE customer_id = $1
                     AND status <> 'completed'";
        while done.load(Ordering::Relaxed) < most_kills {
            let busy = tenant.count(in_work).await > 0;
            // A document on its last attempt is left alone.
            if busy && tenant.count(tried).await < MAX_ATTEMPTS - 1 {
                random_pause(600).await;
                if kill_one(&stack, "dynrag-embed") {
                    done.fetch_add(1, Ordering::Relaxed);
                }
                expire_leases(&tenant).await;
            } else {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if !busy {
                    retry_now(&tenant).await;
                }
            }
        }
    };
    let (documents, ()) = tokio::join!(adding, killing);
    println!("{} documents, {most_kills} kills", documents.len());
    eventually("all documents complete", async || {
        retry_now(&tenant).await;
        let ended = "SELECT count(*) FROM documents WHERE customer_id = $1
                     AND status IN ('failed', 'needs_action')";
        assert_eq!(tenant.count(ended).await, 0, "a kill ended a document");
        (tenant.count(OPEN).await == 0).then_some(())
    })
    .await;
    let all = "SELECT count(*) FROM documents WHERE customer_id = $1";
    assert_eq!(tenant.count(all).await, documents.len() as i64);
    check_chunks(&tenant, &documents, 3).await;
    // The bystander may have been hit too.
    eventually("the other customer's completes", async || {
        expire_leases(&other).await;
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
async fn unstarted_messages_of_a_killed_worker_are_resent_soon() {
    const DOCUMENTS: i64 = 6;
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mut ids = Vec::new();
    for n in 0..DOCUMENTS {
        ids.push(tenant.add("T", &format!("Number {n} of {}.", word())).await);
    }
    for id in &ids {
        tenant.completed(id).await;
    }
    // Queued once more, by a message each, while a lock keeps every claim waiting: nothing in the batch is started.
    let queued = "UPDATE documents SET status = 'queued', attempts = 0, resend_at = now() + interval '10 minutes'
                  WHERE customer_id = $1";
    let sql = stack.sql().await;
    sql.execute(queued, &[&tenant.id]).await.unwrap();
    let locks = stack.own_sql().await;
    let lock = "BEGIN; LOCK TABLE document_versions IN ACCESS EXCLUSIVE MODE";
    locks.batch_execute(lock).await.unwrap();
    let jobs = ids.iter().map(|id| {
        let job = json!({"job": "processDocument", "v": 1, "customerId": tenant.id, "documentId": id, "version": 1});
        job.to_string()
    });
    stack.enqueue_together(jobs).await;
    let held = "SELECT count(*) FROM documents WHERE customer_id = $1 AND status = 'queued'
                AND resend_at <= now() + interval '2 minutes'";
    // A message that reaches a worker alone is claimed at once, not held.
    eventually("a worker holds its batch", async || {
        (tenant.count(held).await >= DOCUMENTS / 2).then_some(())
    })
    .await;
    for pid in stack.processes("dynrag-embed") {
        kill(pid);
    }
    locks.batch_execute("ROLLBACK").await.unwrap();
    // The hold is over now instead of in a minute; what was not held keeps its ten minutes.
    let over = "UPDATE documents SET resend_at = now() WHERE customer_id = $1 AND status = 'queued'
                AND resend_at <= now() + interval '2 minutes'";
    let sent_again = sql.execute(over, &[&tenant.id]).await.unwrap();
    let alone = DOCUMENTS - i64::try_from(sent_again).unwrap();
    assert!(alone <= DOCUMENTS / 2, "{alone} were not held");
    eventually("they complete", async || {
        expire_leases(&tenant).await;
        (tenant.count(OPEN).await <= alone).then_some(())
    })
    .await;
    eventually("the one that came alone completes", async || {
        retry_now(&tenant).await;
        (tenant.count(OPEN).await == 0).then_some(())
    })
    .await;
    check_chunks(&tenant, &ids, 1).await;
}

#[tokio::test]
async fn killed_api_functions_leave_a_job_for_every_document() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let (least, wanted) = (size(40, 1000), size(5, 60));
    let mark = word();
    let (added, kills, ended) = (
        AtomicUsize::new(0),
        AtomicUsize::new(0),
        AtomicBool::new(false),
    );
    // As many as it takes: however fast they are added, functions are killed meanwhile.
    let numbers = stream::iter(0..)
        .take_while(|n| std::future::ready(*n < least || kills.load(Ordering::Relaxed) < wanted));
    let adding = async {
        let ids = numbers
            .map(async |n| {
                let body = json!({"title": "T", "content": format!("Number {n} of {mark}."), "externalId": format!("{n}")});
                // Like a client that was cut off: it repeats the request with the same idempotency key.
                let id = eventually("it is accepted", async || {
                    let asked = tenant
                        .call(reqwest::Method::POST, "/api/ingest/document")
                        .header("idempotency-key", format!("{mark}-{n}"))
                        .json(&body);
                    let answer = asked.send().await.ok()?;
                    let answer = answer.error_for_status().ok()?;
                    let answer: serde_json::Value = answer.json().await.ok()?;
                    Some(doc_id(&answer))
                })
                .await;
                added.fetch_add(1, Ordering::Relaxed);
                id
            })
            .buffer_unordered(4)
            .collect::<HashSet<String>>()
            .await;
        ended.store(true, Ordering::Relaxed);
        ids
    };
    let killing = async {
        while !ended.load(Ordering::Relaxed) && kills.load(Ordering::Relaxed) < wanted {
            random_pause(400).await;
            kills.fetch_add(
                usize::from(kill_one(&stack, "dynrag-ingest")),
                Ordering::Relaxed,
            );
        }
    };
    let (ids, ()) = tokio::join!(adding, killing);
    let (count, kills) = (added.into_inner(), kills.into_inner());
    println!("{count} documents, {kills} kills");
    assert!(kills >= wanted, "only {kills} kills");
    assert_eq!(ids.len(), count, "a document for each");
    eventually("all documents complete", async || {
        retry_now(&tenant).await;
        (tenant.count(OPEN).await == 0).then_some(())
    })
    .await;
    let all = "SELECT count(*) FROM documents WHERE customer_id = $1";
    assert_eq!(tenant.count(all).await, count as i64);
    let versions = "SELECT count(*) FROM document_versions WHERE customer_id = $1";
    assert_eq!(tenant.count(versions).await, count as i64, "nothing twice");
    check_chunks(&tenant, &ids.into_iter().collect::<Vec<_>>(), 1).await;
    let waiting = "SELECT count(*) FROM outbox WHERE customer_id = $1";
    assert_eq!(tenant.count(waiting).await, 0);
}

#[tokio::test]
async fn killed_deliverers_lose_no_notification() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let (count, most_kills) = (size(60, 1000), size(5, 50));
    // Half of them are refused the first time.
    let events = ["document.completed"];
    let half = |notice: &crate::support::stack::receiver::Notice, before: usize| match before {
        0 if notice.id.as_bytes()[0].is_multiple_of(2) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::NO_CONTENT,
    };
    let (receiver, _) = Receiver::start(&tenant, &events, half).await;
    let mark = word();
    for first in (0..count).step_by(500) {
        let documents: Vec<_> = (first..count.min(first + 500))
            .map(|n| json!({"title": "T", "content": format!("Number {n} of {mark}.")}))
            .collect();
        let body = json!({"documents": documents});
        tenant.post("/api/ingest/batch", &body).await.ok(202);
    }
    let told = || -> HashSet<String> {
        let seen = receiver.seen().into_iter();
        seen.map(|notice| notice.body["data"]["docId"].as_str().unwrap().to_owned())
            .collect()
    };
    let open =
        "SELECT count(*) FROM webhook_deliveries WHERE customer_id = $1 AND status <> 'delivered'";
    let kills = AtomicUsize::new(0);
    let killing = async {
        while kills.load(Ordering::Relaxed) < most_kills {
            random_pause(200).await;
            if kill_one(&stack, "dynrag-deliver") {
                kills.fetch_add(1, Ordering::Relaxed);
            }
        }
        // After the last delivery, no process is left to kill.
        std::future::pending::<()>().await;
    };
    let delivered = eventually("all notices are delivered", async || {
        // A killed worker's deliveries are due when their leases are over, the others with their turn. Make both due
        // now.
        let sql = stack.sql().await;
        let due = "UPDATE webhook_deliveries SET due_at = now(), resend_at = now(), turn_at = now()
                   WHERE customer_id = $1 AND status = 'pending'";
        sql.execute(due, &[&tenant.id]).await.unwrap();
        stack.sweep().await;
        retry_now(&tenant).await;
        (told().len() == count && tenant.count(open).await == 0).then_some(())
    });
    tokio::select! {
        () = delivered => {}
        () = killing => {}
    }
    let kills = kills.load(Ordering::Relaxed);
    println!("{kills} kills");
    assert!(kills >= most_kills / 2, "only {kills} kills");
    let mut ids: Vec<_> = receiver
        .seen()
        .into_iter()
        .map(|notice| (notice.body["data"]["docId"].to_string(), notice.id))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "one id for all tries of a notice");
}

#[tokio::test]
async fn a_worker_killed_while_embedding_does_not_pay_twice() {
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
            expire_leases(&tenant).await;
        }
        // The next message may be given to a process that was killed as well, and is invisible then for half an hour.
        retry_now(&tenant).await;
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

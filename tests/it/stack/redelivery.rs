//! The connection between the API, the queue and the workers is unreliable: messages arrive repeatedly, late and in any
//! order, and some are never sent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use rand::{RngExt, seq::SliceRandom};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    known::checkout,
    runtime::Function,
    size, soaking,
    stack::{Stack, Tenant, eventually, tenant::doc_id, word},
};

const CHUNKS: usize = 20;
const OPEN: &str =
    "SELECT count(*) FROM documents WHERE customer_id = $1 AND status <> 'completed'";

fn job(tenant: &Tenant, document: &str) -> String {
    json!({"job": "processDocument", "v": 1, "customerId": tenant.id, "documentId": document, "version": 1})
        .to_string()
}

/// Each message is sent one to five times, in any order, and for one in ten documents, as if its acknowledgement was
/// lost, once more when all is done.
#[tokio::test]
async fn repeated_and_reordered_messages_are_processed_once() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    // No two paragraphs fit in one chunk.
    tenant.config("chunk_size = 150, chunk_overlap = 0").await;
    let count = size(12, 300);
    let mark = word();
    let ids: Vec<String> = stream::iter(0..count)
        .map(|n| {
            let (tenant, mark) = (&tenant, &mark);
            let parts = (0..CHUNKS)
                .map(|part| format!("Part {part} of {n} {mark} {:x<60}", word()))
                .collect::<Vec<_>>()
                .join("\n\n");
            async move {
                let id = tenant.add("T", &parts).await;
                // In addition to the one the API sent.
                let again = rand::rng().random_range(0..5);
                for _ in 0..again / 2 {
                    tenant.stack.enqueue(&job(tenant, &id)).await;
                }
                (id, again - again / 2)
            }
        })
        .buffer_unordered(4)
        .flat_map(|(id, left)| stream::iter(vec![id; left + 1]))
        .collect()
        .await;
    let mut later = ids.clone();
    later.shuffle(&mut rand::rng());
    for id in &later {
        stack.enqueue(&job(&tenant, id)).await;
    }
    eventually("all documents complete", async || {
        (tenant.count(OPEN).await == 0).then_some(())
    })
    .await;
    later.truncate(count.div_ceil(10));
    for id in &later {
        stack.enqueue(&job(&tenant, id)).await;
    }
    // Later messages of the queue show that these have been read.
    for n in 0..3 {
        let next = tenant.add("Next", &format!("{n} after them.")).await;
        tenant.completed(&next).await;
    }
    let rows = "SELECT row_count FROM index_versions WHERE customer_id = $1";
    assert_eq!(tenant.count(rows).await, (count * CHUNKS + 3) as i64);
    let twice = "SELECT count(*) FROM documents WHERE customer_id = $1 AND attempts > 1";
    assert_eq!(tenant.count(twice).await, 0);
    let embedded = stack.embedded(&mark).await;
    println!("{embedded} texts embedded, {} needed", count * CHUNKS);
    assert!(embedded >= count * CHUNKS);
    assert!(embedded * 100 <= count * CHUNKS * 105, "{embedded} texts");
}

/// A proxy in front of SQS that lets some messages through; the others fail every time they are sent.
#[derive(Clone)]
struct Flaky {
    to: String,
    http: reqwest::Client,
    percent: usize,
    failed: Arc<AtomicUsize>,
}

impl Flaky {
    async fn start(stack: &Stack, percent: usize) -> (Self, String) {
        let flaky = Self {
            to: stack.env.aws_endpoint_url.clone(),
            http: stack.http.clone(),
            percent,
            failed: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(flaky.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (flaky, address)
    }
}

async fn pass(State(flaky): State<Flaky>, headers: HeaderMap, body: Bytes) -> Response {
    // Decided by the content, so that the same message fails on every attempt.
    let sum: usize = body.iter().map(|byte| usize::from(*byte)).sum();
    if sum * 37 % 100 < flaky.percent {
        flaky.failed.fetch_add(1, Ordering::Relaxed);
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let request = flaky.http.post(&flaky.to).headers(headers).body(body);
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    let kind = headers["content-type"].clone();
    let body = answer.bytes().await.unwrap();
    (status, [("content-type", kind)], body).into_response()
}

#[tokio::test]
async fn messages_that_could_not_be_sent_are_sent_by_the_sweep() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let (count, percent) = if soaking() { (1000, 5) } else { (12, 50) };
    let (flaky, address) = Flaky::start(&stack, percent).await;
    let variables = [("AWS_ENDPOINT_URL_SQS", address.as_str())];
    let start = Function::start_with(&stack, "IngestDocument", "dynrag-ingest", &variables);
    let mut function = start.await;
    let file = checkout().join("events/http/ingest-document.json");
    let event = std::fs::read_to_string(file).unwrap();
    let event = event.replace("ACCESS_TOKEN", &tenant.access);
    let mut event: Value = serde_json::from_str(&event).unwrap();
    event["headers"]
        .as_object_mut()
        .unwrap()
        .remove("idempotency-key");
    let mut ids = Vec::new();
    for n in 0..count {
        let body = json!({"title": "T", "content": format!("Number {n}, {}.", word())});
        event["body"] = Value::String(body.to_string());
        let answer = function.answer(&event).await;
        assert_eq!(answer["statusCode"], 202, "{answer}");
        let body = answer["body"].as_str().unwrap();
        ids.push(doc_id(&serde_json::from_str(body).unwrap()));
    }
    let failed = flaky.failed.load(Ordering::Relaxed);
    println!("{failed} requests to the queue failed");
    assert!(failed > 0, "nothing failed");
    // Only the sweep sends what is due.
    let late = "UPDATE outbox SET next_attempt_at = now() WHERE customer_id = $1";
    eventually("all documents complete", async || {
        let sql = stack.sql().await;
        sql.execute(late, &[&tenant.id]).await.unwrap();
        stack.sweep().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        (tenant.count(OPEN).await == 0).then_some(())
    })
    .await;
    for open in [
        "SELECT count(*) FROM outbox WHERE customer_id = $1",
        "SELECT count(*) FROM documents WHERE customer_id = $1 AND resend_at IS NOT NULL",
    ] {
        assert_eq!(tenant.count(open).await, 0, "{open}");
    }
    let rows = "SELECT row_count FROM index_versions WHERE customer_id = $1";
    assert_eq!(tenant.count(rows).await, count);
}

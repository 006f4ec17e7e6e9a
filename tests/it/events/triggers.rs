//! Functions that are not called over HTTP: the queue, the bucket, the schedule, CloudFormation.

use std::{path::Path, sync::Arc};

use axum::{Json, Router, extract::State, routing::put};
use dynrag_domain::{
    DocumentId, VersionNumber,
    documents::{OnDuplicate, Source},
    storage,
};
use dynrag_store::{
    Store, TenantId,
    fetches::AddedUrl,
    uploads::{Added, NewDocument},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc};
use uuid::Uuid;

use super::{CUSTOMER, DOCUMENT, Scene, USER};
use crate::support::{
    database::{ClusterLock, Role, login},
    seed,
    stack::{Stack, socket},
};

/// The database of the stack.
const DATABASE: &str = "dynrag";
const TEXT: &str = "Goods may be sent back within 30 days.";

pub(super) async fn feed(stack: Arc<Stack>, file: &Path, name: &str) {
    let (logical, binary) = match name.split_once('/').unwrap().0 {
        "sqs" if name == "sqs/fetch.json" => ("Fetch", "dynrag-fetch"),
        "sqs" if name == "sqs/deliver.json" => ("Deliver", "dynrag-deliver"),
        "sqs" if name == "sqs/tasks.json" => ("Tasks", "dynrag-tasks"),
        "sqs" if name == "sqs/embed-bulk.json" => ("EmbedBulk", "dynrag-embed"),
        "sqs" if name == "sqs/embed-slow.json" => ("EmbedSlow", "dynrag-embed"),
        "sqs" if name == "sqs/push.json" => ("Push", "dynrag-push"),
        "sqs" if name == "sqs/maintain.json" => ("Maintain", "dynrag-embed"),
        "cloudformation" => ("Migrate", "dynrag-migrate"),
        "s3" => ("Intake", "dynrag-intake"),
        "schedule" => ("Sweep", "dynrag-sweep"),
        "websocket" => ("RealtimeSocket", "dynrag-realtime-socket"),
        "sqs" => ("Embed", "dynrag-embed"),
        other => panic!("events/{other}: say here which function it is for"),
    };
    let mut scene = Scene::new(stack, file, logical, binary).await;
    match name {
        "cloudformation/migrate.json" => migrate(&mut scene).await,
        "s3/intake.json" => intake(&mut scene).await,
        "s3/test-event.json" => {
            let event = scene.event(&[]);
            assert_eq!(scene.function.answer(&event).await, Value::Null);
        }
        "schedule/sweep.json" => {
            let event = scene.event(&[]);
            let swept = scene.function.answer(&event).await;
            for count in [
                "outbox",
                "documents",
                "uploadsFound",
                "uploadsExpired",
                "schedules",
                "maintenance",
                "deliveries",
                "pushes",
                "oldDeliveries",
                "tasks",
                "jobs",
                "budgets",
                "rewrapped",
                "staged",
                "answers",
                "sessions",
                "accounts",
            ] {
                assert!(swept[count].is_u64(), "{swept}");
            }
        }
        "sqs/embed.json" | "sqs/embed-bulk.json" | "sqs/embed-slow.json" => embed(&mut scene).await,
        "sqs/fetch.json" | "sqs/deliver.json" | "sqs/maintain.json" | "sqs/push.json" => {
            // Messages about what no longer exists are done.
            let event = scene.event(&[]);
            let answer = scene.function.answer(&event).await;
            assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
            if name == "sqs/fetch.json" {
                fetch(&mut scene).await;
            }
        }
        "sqs/tasks.json" => tasks(&mut scene).await,
        "websocket/connect.json" => {
            let ticket = socket::ticket(&scene.stack, &scene.ours.key).await;
            let event = scene.event(&[("TICKET", ticket["ticket"].as_str().unwrap())]);
            assert_eq!(scene.function.answer(&event).await["statusCode"], 200);
            // The same ticket again.
            assert_eq!(scene.function.answer(&event).await["statusCode"], 401);
            let opened = "SELECT count(*) FROM connections WHERE customer_id = $1";
            assert_eq!(scene.ours.count(opened).await, 1);
        }
        // Of a connection that was closed or never opened.
        "websocket/message.json" => {
            let event = scene.event(&[]);
            let answer = scene.function.answer(&event).await;
            assert_eq!(answer["statusCode"], 200);
            let reply: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            assert_eq!(reply["problem"]["code"], "unauthenticated", "{reply}");
        }
        "websocket/disconnect.json" => {
            let event = scene.event(&[]);
            assert_eq!(scene.function.answer(&event).await["statusCode"], 200);
        }
        unknown => panic!("events/{unknown}: say here what its answer must be"),
    }
}

fn store() -> Store {
    Store::new(&login(Role::App, DATABASE), 1).unwrap()
}

/// A queued document without a message on its way, so that the deployed function leaves it alone.
async fn unsent_document(stack: &Stack, customer: TenantId) -> DocumentId {
    let (store, hash, object) = (store(), seed::sha256(TEXT), Uuid::new_v4());
    let new = seed::new_document("Refund policy", None);
    let target = store
        .resolve_upload(customer, &new, &hash, OnDuplicate::Skip)
        .await
        .unwrap();
    let added = store
        .add_document(customer, target, &new, object, TEXT.len() as i64, &hash)
        .await
        .unwrap();
    let Added::Queued(pending) = added else {
        panic!("added by another request")
    };
    store.outbox_sent(&pending).await.unwrap();
    let document = pending.job.document_id().unwrap();
    let key = storage::original_key(
        customer.customer_id(),
        document,
        VersionNumber::FIRST,
        object,
    );
    stack.put(stack.documents_bucket(), &key, TEXT.into()).await;
    document
}

async fn embed(scene: &mut Scene) {
    let customer = seed::tenant(scene.ours.id);
    let document = unsent_document(&scene.stack, customer).await.to_string();
    let event = scene.event(&[
        (CUSTOMER, &scene.ours.id.to_string()),
        (DOCUMENT, &document),
    ]);
    // Delivered twice: the second time there is nothing left to do.
    for _ in 0..2 {
        assert_eq!(
            scene.function.answer(&event).await,
            json!({"batchItemFailures": []})
        );
    }
    let status = scene.ours.status(&document).await;
    assert_eq!(
        (&status["status"], &status["attempts"]),
        (&json!("completed"), &json!(1))
    );
    let found = scene.ours.search("text", "30 days").await;
    assert_eq!(found[0]["documentId"], json!(document));
    assert!(scene.theirs.search("text", "30 days").await.is_empty());
    // A message that is not a job is reported as failed, and only that one.
    let mut event = event;
    let mut second = event["Records"][0].clone();
    second["messageId"] = json!("no-job");
    second["body"] = json!("{}");
    event["Records"].as_array_mut().unwrap().push(second);
    let answer = scene.function.answer(&event).await;
    assert_eq!(
        answer,
        json!({"batchItemFailures": [{"itemIdentifier": "no-job"}]})
    );
}

/// A page that cannot be fetched: its notification has been sent on when the function is done.
async fn fetch(scene: &mut Scene) {
    let hook = json!({"name": "out", "triggerType": "event", "url": "https://example.com/hook",
        "events": ["document.failed"]});
    scene.ours.post("/api/webhooks", &hook).await.ok(201);
    let (store, customer) = (store(), seed::tenant(scene.ours.id));
    let new = NewDocument {
        source: Source::Url,
        source_url: Some("http://169.254.169.254/"),
        ..seed::new_document("Inside", None)
    };
    let added = store.add_url(customer, &new, Uuid::new_v4()).await.unwrap();
    let AddedUrl::Queued(document, pending) = added else {
        panic!("added by another request")
    };
    store.outbox_sent(&pending).await.unwrap();
    let event = scene.event(&[
        (CUSTOMER, &scene.ours.id.to_string()),
        (DOCUMENT, &document.to_string()),
    ]);
    let answer = scene.function.answer(&event).await;
    assert_eq!(answer["batchItemFailures"], json!([]), "{answer}");
    scene
        .ours
        .ended(&document.to_string(), "failed", "url_blocked")
        .await;
    // Postponed, because it was sent to the queue; one that waits for the sweep would be due at once.
    let handed_on = "SELECT count(*) FROM webhook_deliveries
        WHERE customer_id = $1 AND (status <> 'pending' OR resend_at > created_at)";
    assert_eq!(scene.ours.count(handed_on).await, 1);
}

async fn tasks(scene: &mut Scene) {
    // The signup has emailed a link already.
    let first = scene.stack.mail(&scene.ours.email, "Verify", 1).await;
    let event = scene.event(&[
        (CUSTOMER, &scene.ours.id.to_string()),
        (USER, &scene.ours.user.to_string()),
    ]);
    assert_eq!(
        scene.function.answer(&event).await,
        json!({"batchItemFailures": []})
    );
    let second = scene.stack.mail(&scene.ours.email, "Verify", 2).await;
    assert_ne!(first.token(), second.token());
    // Another customer's user does not exist here.
    let event = scene.event(&[
        (CUSTOMER, &scene.ours.id.to_string()),
        (USER, &scene.theirs.user.to_string()),
    ]);
    assert_eq!(
        scene.function.answer(&event).await,
        json!({"batchItemFailures": []})
    );
    scene.stack.mail(&scene.theirs.email, "Verify", 1).await;
    assert_eq!(scene.stack.mails(&scene.theirs.email).await.len(), 1);
}

async fn intake(scene: &mut Scene) {
    let customer = seed::tenant(scene.ours.id);
    let document = seed::add_awaited(&store(), customer, seed::in_an_hour()).await;
    let key = storage::upload_key(customer.customer_id(), document);
    let bucket = scene.stack.documents_bucket().to_owned();
    // The deployed function is notified too: the second one finds nothing to do.
    scene.stack.put(&bucket, &key, TEXT.into()).await;
    let ids = [
        (CUSTOMER, scene.ours.id.to_string()),
        (DOCUMENT, document.to_string()),
    ];
    let event = scene.event(
        &ids.each_ref()
            .map(|(placeholder, id)| (*placeholder, id.as_str())),
    );
    for _ in 0..2 {
        assert_eq!(scene.function.answer(&event).await, Value::Null);
    }
    let status = scene.ours.status(&document.to_string()).await;
    assert_ne!(status["status"], "awaiting_upload");
    assert!(
        scene.stack.object(&bucket, &key).await.is_none(),
        "the upload is still there"
    );
    // The same document is not expected for another tenant.
    let event = scene.event(&[
        (CUSTOMER, &scene.theirs.id.to_string()),
        (DOCUMENT, &document.to_string()),
    ]);
    assert_eq!(scene.function.answer(&event).await, Value::Null);
    assert!(scene.theirs.list().await.is_empty());
}

async fn migrate(scene: &mut Scene) {
    // A run sets the password of a role of the whole cluster.
    let _lock = ClusterLock::take().await;
    let (sender, mut answers) = mpsc::channel::<Value>(4);
    let router = Router::new()
        .route(
            "/answer",
            put(
                async |State(sender): State<mpsc::Sender<Value>>, body: String| {
                    sender
                        .send(serde_json::from_str(&body).unwrap())
                        .await
                        .unwrap();
                    Json(json!({}))
                },
            ),
        )
        .with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "http://{}/answer?signature=test",
        listener.local_addr().unwrap()
    );
    let server = tokio::spawn(async move { axum::serve(listener, router).await });

    let mut event = scene.event(&[]);
    event["ResponseURL"] = json!(url);
    for request_type in ["Create", "Update", "Delete"] {
        event["RequestType"] = json!(request_type);
        event["PhysicalResourceId"] = json!("dynamic-rag-migration");
        assert_eq!(
            scene.function.answer(&event).await,
            json!({"status": "SUCCESS"}),
            "{request_type}"
        );
        let answer = answers.recv().await.unwrap();
        for member in ["StackId", "RequestId", "LogicalResourceId"] {
            assert_eq!(answer[member], event[member], "{answer}");
        }
        assert_eq!(answer["PhysicalResourceId"], "dynamic-rag-migration");
        assert_eq!(answer["Status"], "SUCCESS");
        assert_eq!(
            answer["Data"]["Version"].is_u64(),
            request_type != "Delete",
            "{answer}"
        );
    }
    server.abort();
}

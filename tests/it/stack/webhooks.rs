//! Webhooks: signed messages are accepted once, and notifications are sent until they are accepted.

use std::collections::{HashMap, HashSet};

use futures::{StreamExt, future::join_all, stream};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    size,
    stack::{
        Answer, Stack,
        answer::text,
        eventually,
        receiver::{Notice, Receiver},
        tenant::doc_id,
        webhooks::{manual, send, signed},
        word,
    },
};

#[tokio::test]
async fn a_signed_message_makes_one_document_however_often_it_is_sent() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let hook = manual(&a).await;
    let messages = size(40, 1000);
    let each = (0..messages).map(|n| {
        let (stack, hook) = (&stack, &hook);
        async move {
            let id = format!("msg_{n}");
            let body = json!({"title": id, "content": format!("Message {n}: {}.", word())});
            let body = body.to_string().into_bytes();
            let headers = signed(hook, &id, &body, 0);
            let mut flipped = body.clone();
            let at = n % body.len();
            flipped[at] ^= 1 << (n % 8);
            let mut renamed = headers.clone();
            renamed.insert("webhook-id", format!("msg_{n}x").parse().unwrap());
            // Before the valid message, so that none of it is known yet.
            for (headers, body) in [
                (headers.clone(), flipped),
                (renamed, body.clone()),
                (signed(hook, &id, &body, -600), body.clone()),
                (signed(hook, &id, &body, 600), body.clone()),
            ] {
                let refused = send(stack, hook, headers, body).await;
                assert!([401, 429].contains(&refused.status), "{refused}");
            }
            let replays = (0..4).map(|n| {
                let mut headers = headers.clone();
                // The signature does not cover this header.
                headers.insert("idempotency-key", format!("{n}").parse().unwrap());
                send(stack, hook, headers, body.clone())
            });
            let answers = join_all(replays).await;
            let mut taken = HashSet::new();
            for answer in &answers {
                match answer.status {
                    202 => drop(taken.insert(doc_id(&answer.json()))),
                    409 => drop(answer.problem(409, "request_under_way")),
                    _ => panic!("{answer}"),
                }
            }
            assert_eq!(taken.len(), 1, "{answers:?}");
            let again = send(stack, hook, headers, body).await;
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
            assert_eq!(again.ok(202)["docId"], json!(taken.iter().next().unwrap()));
        }
    });
    stream::iter(each)
        .buffer_unordered(8)
        .collect::<Vec<()>>()
        .await;
    let documents = "SELECT count(*) FROM documents WHERE customer_id = $1 AND latest_version = 1";
    assert_eq!(a.count(documents).await, i64::try_from(messages).unwrap());
    let told = "SELECT count(*) FROM audit_log WHERE customer_id = $1 AND actor_kind = 'webhook'
                AND action = 'document.added'";
    assert_eq!(a.count(told).await, i64::try_from(messages).unwrap());
}

#[tokio::test]
async fn every_outcome_is_delivered_signed_under_one_id() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let count = size(30, 1000);
    let events = ["document.completed", "document.failed", "document.deleted"];
    // Half of them are refused the first time.
    let half = |notice: &Notice, before: usize| match before {
        0 if notice.id.as_bytes()[0].is_multiple_of(2) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::NO_CONTENT,
    };
    let (receiver, hook) = Receiver::start(&a, &events, half).await;
    assert_eq!(hook["url"], receiver.url);
    let mut ids = HashSet::new();
    for n in 0..count {
        ids.insert(
            a.add(&format!("T{n}"), &format!("Text {n} {}.", word()))
                .await,
        );
    }
    let bad = a
        .add_file("a.json", "application/json", b"{\"cut\": ")
        .await;
    a.ended(&bad, "failed", "corrupt_file").await;
    let arrived = eventually("all notices arrive", async || {
        let seen = receiver.seen();
        let told: HashSet<String> = seen
            .iter()
            .map(|n| text(&n.body["data"]["docId"]))
            .collect();
        (told.len() == count + 1).then_some(seen)
    })
    .await;
    let mut by_document: HashMap<String, HashSet<String>> = HashMap::new();
    for notice in &arrived {
        let data = &notice.body["data"];
        let told = by_document.entry(text(&data["docId"])).or_default();
        told.insert(notice.id.clone());
        if data["docId"] == json!(bad) {
            assert_eq!(notice.body["type"], "document.failed");
            assert_eq!(data["code"], "corrupt_file");
        } else {
            assert_eq!(notice.body["type"], "document.completed");
            assert_eq!(
                (&data["status"], &data["version"]),
                (&"completed".into(), &1.into())
            );
        }
    }
    assert!(
        by_document.values().all(|ids| ids.len() == 1),
        "one id for all attempts"
    );
    eventually("all are recorded as delivered", async || {
        let open = "SELECT count(*) FROM webhook_deliveries WHERE customer_id = $1 AND status <> 'delivered'";
        (a.count(open).await == 0).then_some(())
    })
    .await;

    a.delete(ids.iter().next().unwrap()).await.ok(202);
    let last = eventually("the deletion is delivered", async || {
        let mut seen = receiver.seen().into_iter();
        seen.find(|notice| notice.body["type"] == "document.deleted")
    })
    .await;
    let path = format!("/api/webhooks/{}/deliveries", text(&hook["id"]));
    let replay = a
        .post(&format!("{path}/{}/replay", last.id), &json!({}))
        .await
        .ok(202);
    assert_eq!(replay["deliveryId"], json!(last.id));
    eventually("it is delivered again", async || {
        let seen = receiver.seen();
        (seen.iter().filter(|notice| notice.id == last.id).count() >= 2).then_some(())
    })
    .await;
    let listed = a.get(&format!("{path}?limit=1")).await.ok(200);
    assert_eq!(listed["items"][0]["event"], "document.deleted");
    assert!(listed["nextCursor"].is_string());
}

#[tokio::test]
async fn a_receiver_that_responds_410_disables_its_webhook() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (receiver, hook) = Receiver::start(&a, &["document.failed"], |_, _| StatusCode::GONE).await;
    let path = format!("/api/webhooks/{}", text(&hook["id"]));
    a.post(&format!("{path}/test"), &json!({})).await.ok(202);
    let stopped = eventually("the webhook is stopped", async || {
        let hook = a.get(&path).await.ok(200);
        (hook["status"] == "disabled").then_some(hook)
    })
    .await;
    assert_eq!(stopped["disabledReason"], "gone");
    assert_eq!(receiver.seen().len(), 1);
    assert_eq!(receiver.seen()[0].body["type"], "webhook.test");
    a.post(&format!("{path}/test"), &json!({}))
        .await
        .problem(409, "webhook_not_active");
    let change = json!({"status": "active"});
    let again = Answer::of(a.call(Method::PUT, &path).json(&change))
        .await
        .ok(200);
    assert!(again["disabledReason"].is_null(), "{again}");
    a.post(&format!("{path}/test"), &json!({})).await.ok(202);
}

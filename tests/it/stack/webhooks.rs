//! Webhooks: documents come in signed and once (promise 22), notices go out until they are taken
//! (promise 21), and nothing goes where it must not (promise 20).

use std::collections::{HashMap, HashSet};

use axum::http::HeaderMap;
use dynrag_web::webhook::{Secret, sign};
use futures::{StreamExt, future::join_all, stream};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    size,
    stack::{
        Answer, Stack, Tenant, eventually,
        receiver::{Notice, Receiver},
        tenant::doc_id,
        word,
    },
};

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

async fn make(tenant: &Tenant, body: Value) -> Value {
    tenant.post("/api/webhooks", &body).await.ok(201)
}

async fn manual(tenant: &Tenant) -> Value {
    make(tenant, json!({"name": "in", "triggerType": "manual"})).await
}

/// A request as its sender signs it, so many seconds from now.
fn signed(hook: &Value, id: &str, body: &[u8], shift: i64) -> HeaderMap {
    let secret = Secret::parse(hook["secret"].as_str().unwrap()).unwrap();
    let now = chrono::Utc::now().timestamp() + shift;
    sign(&[secret], id, now, body).unwrap()
}

async fn send(stack: &Stack, hook: &Value, headers: HeaderMap, body: Vec<u8>) -> Answer {
    let url = stack.url(hook["url"].as_str().unwrap());
    let request = stack.http.post(url).headers(headers).body(body);
    Answer::of(request.header("content-type", "application/json")).await
}

async fn with_token(stack: &Stack, hook: &Value, token: &str, body: &Value) -> Answer {
    let url = stack.url(hook["url"].as_str().unwrap());
    let request = stack.http.post(url).header("x-webhook-token", token);
    Answer::of(request.json(body)).await
}

#[tokio::test]
async fn a_webhook_needs_the_scopes_of_what_it_does() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let url = "https://example.com/";
    let bodies = [
        json!({"name": "in", "triggerType": "manual"}),
        json!({"name": "often", "triggerType": "scheduled", "url": url, "schedule": "rate(1 day)"}),
        json!({"name": "out", "triggerType": "event", "url": url}),
    ];
    let call = |key: &str, method: Method, path: &str, body: &Value| {
        let request = stack.http.request(method, stack.url(path));
        Answer::of(request.header("x-api-key", key).json(body))
    };
    let managing = a.key_with(&["webhooks"]).await;
    let writing = a.key_with(&["webhooks", "documents:write"]).await;
    let reading = a.key_with(&["webhooks", "documents:read"]).await;
    for body in &bodies {
        let event = body["triggerType"] == "event";
        let (able, unable) = match event {
            true => (&reading, &writing),
            false => (&writing, &reading),
        };
        let scope = if event {
            "documents:read"
        } else {
            "documents:write"
        };
        for key in [&managing, unable] {
            let refused = call(key, Method::POST, "/api/webhooks", body).await;
            let refused = refused.problem(403, "missing_scope");
            assert!(
                refused["detail"].as_str().unwrap().contains(scope),
                "{refused}"
            );
        }
        let made = call(able, Method::POST, "/api/webhooks", body)
            .await
            .ok(201);
        let path = format!("/api/webhooks/{}", text(&made["id"]));
        for change in [
            json!({"name": "mine"}),
            json!({"status": "paused"}),
            json!({"rotateSecret": true}),
        ] {
            call(&managing, Method::PUT, &path, &change)
                .await
                .problem(403, "missing_scope");
        }
        call(able, Method::PUT, &path, &json!({"name": "mine"}))
            .await
            .ok(200);
        let tested = call(&managing, Method::POST, &format!("{path}/test"), &json!({})).await;
        match body["triggerType"] == "scheduled" {
            true => drop(tested.problem(403, "missing_scope")),
            false => drop(tested.ok(202)),
        }
        // It may look, and stop it for good.
        call(&managing, Method::GET, &path, &json!({}))
            .await
            .ok(200);
        let deleted = call(&managing, Method::DELETE, &path, &json!({})).await;
        assert_eq!(deleted.status, 204, "{deleted}");
    }
}

#[tokio::test]
async fn a_webhook_shows_its_secret_once_and_belongs_to_one_tenant() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let hook = manual(&a).await;
    let id = text(&hook["id"]);
    let path = format!("/api/webhooks/{id}");
    // Absolute: it is pasted into another system.
    let address = stack.url(&format!("/api/ingest/webhook/{id}"));
    assert!(address.starts_with("http"), "{address}");
    assert_eq!(hook["url"], address);
    let tested = a.post(&format!("{path}/test"), &json!({})).await.ok(202);
    assert_eq!(tested["url"], address);
    let (secret, token) = (text(&hook["secret"]), text(&hook["token"]));
    for answer in [a.get("/api/webhooks").await, a.get(&path).await] {
        let shown = answer.ok(200).to_string();
        assert!(shown.contains(&id) && !shown.contains(&secret) && !shown.contains(&token));
    }
    let kept = "SELECT count(*) FROM webhooks w JOIN customer_secrets s USING (customer_id)
                WHERE w.customer_id = $1 AND (to_jsonb(w)::text LIKE '%whk\\_%' OR s.ciphertext::text LIKE '%whsec%')";
    assert_eq!(a.count(kept).await, 0);
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::PUT, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/test")),
        (Method::GET, format!("{path}/deliveries")),
        (Method::POST, format!("{path}/deliveries/{id}/replay")),
    ] {
        let answer = Answer::of(b.call(method, &path).json(&json!({}))).await;
        answer.problem(404, "not_found");
    }
    assert_eq!(Answer::of(a.call(Method::DELETE, &path)).await.status, 204);
    a.get(&path).await.problem(404, "not_found");
    with_token(&stack, &hook, &token, &json!({"content": "x"}))
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn each_bad_field_of_a_webhook_is_pointed_at() {
    let a = Stack::load().signup().await;
    let event = |url: &str| json!({"name": "n", "triggerType": "event", "url": url});
    for (body, pointer) in [
        (json!({"triggerType": "manual"}), "/name"),
        (
            json!({"name": "n", "triggerType": "hourly"}),
            "/triggerType",
        ),
        (event("http://example.com/"), "/url"),
        (event("https://169.254.169.254/latest/meta-data/"), "/url"),
        (event("https://[::1]/"), "/url"),
        (event("https://0x7f000001/"), "/url"),
        (event("https://metadata.google.internal/"), "/url"),
        (event("https://u:p@example.com/"), "/url"),
        (event("https://example.com:6379/"), "/url"),
        (
            json!({"name": "n", "triggerType": "scheduled", "url": "https://example.com/",
                "schedule": "rate(1 minute)"}),
            "/schedule",
        ),
    ] {
        a.post("/api/webhooks", &body).await.bad_fields(&[pointer]);
    }
    assert_eq!(
        a.count("SELECT count(*) FROM webhooks WHERE customer_id = $1")
            .await,
        0
    );
}

#[tokio::test]
async fn a_signed_message_makes_one_document_however_often_it_comes() {
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
            // Before the right one, so that nothing of it is known yet.
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
                // No signature covers it.
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
async fn what_is_wrong_with_a_request_nobody_is_told() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (hook, paused) = (manual(&a).await, manual(&a).await);
    let event = make(
        &a,
        json!({"name": "e", "triggerType": "event", "url": "https://example.com/"}),
    )
    .await;
    let change = json!({"status": "paused"});
    let path = format!("/api/webhooks/{}", text(&paused["id"]));
    Answer::of(a.call(Method::PUT, &path).json(&change))
        .await
        .ok(200);
    let token = text(&hook["token"]);
    let at = |id: &str| json!({"url": format!("/api/ingest/webhook/{id}")});
    let mut details = HashSet::new();
    for (hook, token) in [
        (at(&Uuid::now_v7().to_string()), token.clone()),
        (at("nothing"), token.clone()),
        (at(event["id"].as_str().unwrap()), token.clone()),
        (paused.clone(), text(&paused["token"])),
        (hook.clone(), text(&paused["token"])),
        (hook.clone(), format!("{token}x")),
        (hook.clone(), String::new()),
    ] {
        let refused = with_token(&stack, &hook, &token, &json!({"content": "x"})).await;
        details.insert(refused.problem(401, "unauthenticated")["detail"].to_string());
    }
    assert_eq!(details.len(), 1, "{details:?}");
    let body = json!({"content": format!("Let in {}.", word())});
    with_token(&stack, &hook, &token, &body).await.ok(202);
    // Nothing of what was refused used up a request.
    let requests = "SELECT coalesce(sum(requests), 0)::bigint FROM usage_metrics
                    WHERE customer_id = $1 AND operation = 'ingest-webhook-receive'";
    assert_eq!(a.count(requests).await, 1);
}

#[tokio::test]
async fn rotated_secrets_and_tokens_are_good_for_a_day() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let old = manual(&a).await;
    let path = format!("/api/webhooks/{}", text(&old["id"]));
    let change = json!({"rotateSecret": true});
    let new = Answer::of(a.call(Method::PUT, &path).json(&change))
        .await
        .ok(200);
    assert_ne!(old["secret"], new["secret"]);
    let text_of = |n: usize| json!({"content": format!("Text {n} {}.", word())});
    let status = async |hook: &Value, n: usize| {
        let body = text_of(n).to_string().into_bytes();
        let headers = signed(hook, &format!("msg_{n}"), &body, 0);
        let by_signature = send(&stack, hook, headers, body).await.status;
        let token = text(&hook["token"]);
        let by_token = with_token(&stack, hook, &token, &text_of(n + 10))
            .await
            .status;
        (by_signature, by_token)
    };
    assert_eq!(status(&old, 1).await, (202, 202));
    assert_eq!(status(&new, 2).await, (202, 202));
    let later = "UPDATE webhooks SET previous_until = now() WHERE customer_id = $1";
    stack.sql().await.execute(later, &[&a.id]).await.unwrap();
    assert_eq!(status(&old, 3).await, (401, 401));
    assert_eq!(status(&new, 4).await, (202, 202));
}

#[tokio::test]
async fn whatever_another_system_sends_becomes_a_document() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let nonce = word();
    let send = async |content_type: &str, headers: &[(&str, &str)], body: String| {
        let mut request = a
            .call(Method::POST, "/api/ingest/webhook?wait=25")
            .body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let ended = Answer::of(request.header("content-type", content_type))
            .await
            .ok(200);
        assert_eq!(ended["status"], "completed", "{ended}");
        let path = format!("/api/documents/{}", text(&ended["docId"]));
        a.get(&path).await.ok(200)
    };
    let mail = json!({"subject": "Offer", "body": nonce}).to_string();
    let document = send("application/json", &[], mail).await;
    assert_eq!(
        (&document["title"], &document["format"]),
        (&"Offer".into(), &"json".into())
    );
    assert_eq!(document["source"], "webhook");
    let csv = format!("name,code\n{nonce},1\n");
    let binary = [
        ("content-disposition", "attachment; filename=\"codes.csv\""),
        ("x-metadata", "{\"from\":\"n8n\"}"),
    ];
    let document = send("text/csv", &binary, csv).await;
    assert_eq!(
        (&document["title"], &document["format"]),
        (&"codes.csv".into(), &"csv".into())
    );
    assert_eq!(document["metadata"], json!({"from": "n8n"}));
    let form = format!("title=Form&content=From+a+form+{nonce}");
    let document = send("application/x-www-form-urlencoded", &[], form).await;
    assert_eq!(
        (&document["title"], &document["format"]),
        (&"Form".into(), &"txt".into())
    );
    assert_eq!(a.search("text", &nonce).await.len(), 3);
}

#[tokio::test]
async fn every_end_is_told_signed_and_under_one_id() {
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
        "one id for all tries"
    );
    eventually("all are known to be delivered", async || {
        let open = "SELECT count(*) FROM webhook_deliveries WHERE customer_id = $1 AND status <> 'delivered'";
        (a.count(open).await == 0).then_some(())
    })
    .await;

    a.delete(ids.iter().next().unwrap()).await.ok(202);
    let last = eventually("the deletion is told", async || {
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
    eventually("it is told again", async || {
        let seen = receiver.seen();
        (seen.iter().filter(|notice| notice.id == last.id).count() >= 2).then_some(())
    })
    .await;
    let listed = a.get(&format!("{path}?limit=1")).await.ok(200);
    assert_eq!(listed["items"][0]["event"], "document.deleted");
    assert!(listed["nextCursor"].is_string());
}

#[tokio::test]
async fn a_receiver_that_is_gone_stops_its_webhook() {
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

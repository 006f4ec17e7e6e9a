//! Events over WebSocket: to whom, in which order, and after a crash.

use dynrag_testing::openai::{ChatReply, ChatRule};
use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Answer, Stack, Tenant, eventually,
    keys::{make, revoke},
    socket::{Socket, ticket},
    stream::Events,
    tenant::doc_id,
    word,
};

async fn set(tenant: &Tenant, statement: &str) {
    let sql = tenant.stack.sql().await;
    sql.query(statement, &[&tenant.id]).await.unwrap();
}

async fn add_to(tenant: &Tenant, collection: &str) -> String {
    let body = json!({"title": "T", "content": word(), "collectionId": collection});
    doc_id(&tenant.post("/api/ingest/document", &body).await.ok(202))
}

#[tokio::test]
async fn a_document_is_told_step_by_step_as_its_event_stream_has_it() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (mut ours, mut theirs) = (a.connect().await, b.connect().await);
    ours.subscribe("documents").await;
    theirs.subscribe("documents").await;
    let id = a.add("T", &word()).await;
    let told = ours.until("end", &id).await;

    let path = format!("/api/documents/{id}/events");
    let request = stack.http.get(stack.streamed_url(&path));
    let streamed = Events::of(request.header("x-api-key", &a.key)).await;
    let of = |name: &'static str| streamed.all.iter().filter(move |event| event.name == name);
    let numbers: Vec<i64> = told
        .iter()
        .filter_map(|event| event["number"].as_i64())
        .collect();
    let all: Vec<i64> = (1..=of("status").count() as i64).collect();
    assert_eq!(numbers, all, "each step once, in order: {told:?}");
    for (event, streamed) in told.iter().zip(of("status")) {
        for member in ["version", "status", "stage", "attempt", "startedAt"] {
            assert_eq!(event["data"][member], streamed.data[member], "{event}");
        }
    }
    let end = of("end").next().unwrap();
    assert_eq!(told.last().unwrap()["data"], end.data);

    // The other customer hears its own document first.
    let other = b.add("T", &word()).await;
    assert_eq!(theirs.event().await["id"], other.as_str());
}

#[tokio::test]
async fn a_client_that_connects_again_gets_what_it_missed() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.add("T", &word()).await;
    a.completed(&id).await;
    let mut socket = a.connect().await;
    let subscribe = json!({"action": "subscribe", "channel": "documents", "id": id, "after": 2, "requestId": "r1"});
    let reply = socket.ask(&subscribe).await;
    assert_eq!(reply["requestId"], "r1");
    let events = reply["events"].as_array().unwrap();
    assert_eq!(events[0]["number"], 3, "{reply}");
    assert_eq!(events.last().unwrap()["event"], "end");

    // Only that document is told from now on.
    a.add("T", &word()).await;
    a.delete(&id).await;
    let event = socket.event().await;
    assert_eq!(event["id"], id.as_str(), "{event}");
    assert_eq!(event["data"]["deleted"], true, "{event}");
}

#[tokio::test]
async fn a_ticket_opens_one_connection_within_a_minute() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let ours = ticket(&stack, &a.key).await;
    let url = ours["url"].as_str().unwrap();
    let (base, text) = url.split_once("?ticket=").unwrap();
    assert_eq!(ours["ticket"], text);
    // A character in the middle of the secret is another one.
    let other = if &text[60..61] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &text[..60], &text[61..]);
    for bad in ["", "x", &text[..85], &forged] {
        let url = format!("{base}?ticket={bad}");
        assert!(Socket::open(&url).await.is_err(), "{bad}");
    }
    assert!(Socket::open(base).await.is_err());
    let mut socket = Socket::open(url).await.unwrap();
    assert_eq!(socket.ask(&json!({"action": "ping"})).await["type"], "pong");
    assert!(Socket::open(url).await.is_err(), "used");

    let late = ticket(&stack, &a.key).await;
    set(
        &a,
        "UPDATE connection_tickets SET expires_at = now() - interval '1 second' WHERE customer_id = $1",
    )
    .await;
    assert!(Socket::open(late["url"].as_str().unwrap()).await.is_err());

    // Of a key that was revoked in between.
    let (id, text) = make(&a, json!({"scopes": ["documents:read"]})).await;
    let revoked = ticket(&stack, &text).await;
    assert_eq!(revoke(&a, &id).await.status, 204);
    assert!(
        Socket::open(revoked["url"].as_str().unwrap())
            .await
            .is_err()
    );
    assert_eq!(
        a.count("SELECT count(*) FROM connections WHERE customer_id = $1")
            .await,
        1
    );
}

#[tokio::test]
async fn what_is_no_message_gets_a_typed_error_and_the_connection_stays() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let theirs = b.add("T", &word()).await;
    let mut socket = a.connect().await;
    let long = format!(r#"{{"action":"ping","requestId":"{}"}}"#, "x".repeat(5000));
    for (text, status, code) in [
        ("hello", 400, "invalid_message"),
        (r#"{"action":"dance"}"#, 400, "invalid_message"),
        (r#"{"action":"subscribe"}"#, 422, "invalid_fields"),
        (
            r#"{"action":"subscribe","channel":"all"}"#,
            400,
            "invalid_message",
        ),
        (
            r#"{"action":"subscribe","channel":"usage","id":"01936f6e-3c00-7000-8000-000000000001"}"#,
            422,
            "invalid_fields",
        ),
        (
            r#"{"action":"subscribe","channel":"jobs","id":"01936f6e-3c00-7000-8000-000000000001"}"#,
            404,
            "not_found",
        ),
        (long.as_str(), 413, "message_too_large"),
    ] {
        socket.send(text).await;
        let reply = socket.next().await.unwrap();
        assert_eq!(reply["type"], "error", "{text}: {reply}");
        assert_eq!(reply["problem"]["status"], status, "{text}: {reply}");
        assert_eq!(reply["problem"]["code"], code, "{text}: {reply}");
    }
    let other =
        json!({"action": "subscribe", "channel": "documents", "id": theirs, "requestId": "r"});
    let reply = socket.ask(&other).await;
    assert_eq!(reply["problem"]["code"], "not_found", "{reply}");
    assert_eq!(reply["requestId"], "r");
    assert_eq!(socket.ask(&json!({"action": "ping"})).await["type"], "pong");
    assert_eq!(
        a.count("SELECT count(*) FROM subscriptions WHERE customer_id = $1")
            .await,
        0
    );
}

#[tokio::test]
async fn a_connection_hears_what_its_key_may_see_at_that_moment() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (inside, outside) = (a.collection("Inside").await, a.collection("Outside").await);
    let (id, bound) = make(
        &a,
        json!({"scopes": ["documents:read"], "collectionIds": [inside]}),
    )
    .await;
    let mut socket = Socket::with_key(&stack, &bound).await;
    for channel in ["chat", "usage"] {
        let subscribe = json!({"action": "subscribe", "channel": channel});
        let reply = socket.ask(&subscribe).await;
        assert_eq!(reply["problem"]["code"], "missing_scope", "{reply}");
    }
    socket.subscribe("documents").await;
    let hidden = add_to(&a, &outside).await;
    a.completed(&hidden).await;
    a.delete(&hidden).await;
    let seen = add_to(&a, &inside).await;
    let told = socket.until("end", &seen).await;
    assert!(
        told.iter().all(|event| event["id"] == seen.as_str()),
        "{told:?}"
    );
    a.delete(&seen).await;
    assert_eq!(socket.event().await["data"]["deleted"], true);

    // The connection of a key that was revoked is closed, although nothing happens that it would hear.
    assert_eq!(revoke(&a, &id).await.status, 204);
    stack.sweep().await;
    assert_eq!(socket.next().await, None);
    let gone = async || {
        let left = a.count("SELECT count(*) FROM connections WHERE customer_id = $1");
        (left.await == 0).then_some(())
    };
    eventually("the connection to be forgotten", gone).await;
}

#[tokio::test]
async fn rights_count_when_an_event_is_delivered() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mut socket = a.connect_as_user().await;
    socket.subscribe("documents").await;
    set(&a, "UPDATE users SET role = 'user' WHERE customer_id = $1").await;
    let id = a.add("T", &word()).await;
    a.completed(&id).await;
    let waiting = "SELECT count(*) FROM pushes WHERE customer_id = $1";
    let settled = async || (a.count(waiting).await == 0).then_some(());
    eventually("its events to be settled", settled).await;
    socket.send(&json!({"action": "ping"}).to_string()).await;
    assert_eq!(
        socket.next().await.unwrap()["type"],
        "pong",
        "before any event"
    );
}

#[tokio::test]
async fn a_change_that_is_being_made_is_not_missed() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.add("T", &word()).await;
    a.completed(&id).await;
    let before = a.get(&format!("/api/documents/{id}/status")).await.ok(200);
    let steps = before["timeline"].as_array().unwrap().len();
    let mut socket = a.connect().await;
    let mut sql = stack.own_sql().await;
    let change = sql.transaction().await.unwrap();
    let again = "UPDATE documents SET status = 'queued', resend_at = now() + interval '1 hour' WHERE customer_id = $1";
    change.execute(again, &[&a.id]).await.unwrap();
    let subscribe =
        json!({"action": "subscribe", "channel": "documents", "id": id, "after": steps});
    let subscribing = tokio::spawn(async move { socket.ask(&subscribe).await });
    let subscribed = "SELECT count(*) FROM subscriptions WHERE customer_id = $1";
    let stored = async || (a.count(subscribed).await == 1).then_some(());
    eventually("the subscription", stored).await;
    change.commit().await.unwrap();
    let reply = subscribing.await.unwrap();
    assert_eq!(reply["events"][0]["data"]["status"], "queued", "{reply}");
}

#[tokio::test]
async fn an_answer_is_told_to_the_caller_who_asked() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let id = a
        .add("Manual", &format!("The {mark} guarantee lasts 24 months."))
        .await;
    a.completed(&id).await;
    let (mut key, mut user) = (a.connect().await, a.connect_as_user().await);
    key.subscribe("chat").await;
    user.subscribe("chat").await;
    let question = json!({"message": format!("How long is the {mark} guarantee?")});
    let asked = a.post("/api/chat", &question).await.ok(200);
    let event = key.event().await;
    assert_eq!(event["event"], "answer");
    assert_eq!(event["id"], asked["sessionId"]);
    for member in [
        "sessionId",
        "messageNumber",
        "answer",
        "citations",
        "sources",
    ] {
        assert_eq!(event["data"][member], asked[member], "{member}");
    }

    // The user hears its own conversation, not that of the key.
    let request = a.call_as_user(Method::POST, "/api/chat");
    let own = Answer::of(request.json(&question)).await.ok(200);
    assert_eq!(user.event().await["id"], own["sessionId"]);
    let subscribe = json!({"action": "subscribe", "channel": "chat", "id": asked["sessionId"]});
    let reply = user.ask(&subscribe).await;
    assert_eq!(reply["problem"]["code"], "not_found", "{reply}");
}

#[tokio::test]
async fn an_answer_is_told_while_it_is_written() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let id = a
        .add("Manual", &format!("The {mark} guarantee lasts 24 months."))
        .await;
    a.completed(&id).await;
    a.own_chat_models().await;
    let rule = |reply: ChatReply, times: usize| ChatRule {
        contains: mark.clone(),
        model: None,
        times: Some(times),
        reply,
    };
    let said = ChatReply::Text {
        text: format!("The {mark} guarantee lasts 24 months [1].").repeat(20),
        piece: 7,
        ms: 5,
        usage: true,
        streams: true,
    };
    stack.chat_rule(rule(said, 2)).await;
    let (mut key, mut user) = (a.connect().await, a.connect_as_user().await);
    key.subscribe("chat").await;
    user.subscribe("chat").await;

    // An answer that is not stored is not sent to other connections.
    let mut question =
        json!({"message": format!("How long is the {mark} guarantee?"), "store": false});
    Events::of(a.stream(&question)).await.answer();
    question["store"] = json!(true);
    let streamed = Events::of(a.stream(&question)).await;
    let answer_id = streamed.all[0].id.split('.').next().unwrap();
    let text = streamed.text();
    let (mut heard, mut told, mut session) = (String::new(), Vec::new(), None);
    while heard.len() < text.len() || session.is_none() {
        let event = key.event().await;
        let data = &event["data"];
        match event["event"].as_str().unwrap() {
            "sources" => {
                for member in ["query", "sources"] {
                    assert_eq!(data[member], streamed.all[0].data[member], "{member}");
                }
            }
            "delta" => {
                assert_eq!(data["offset"], heard.chars().count(), "{event}");
                heard.push_str(data["text"].as_str().unwrap());
            }
            "answer" => {
                assert_eq!(data["answer"], text.as_str());
                session = Some(event["id"].clone());
                continue;
            }
            other => panic!("{other}"),
        }
        assert_eq!(data["answerId"], answer_id, "{event}");
        told.push(event["event"].clone());
    }
    assert_eq!(heard, text);
    assert_eq!(told[0], "sources");
    assert!(told.len() > 3, "piece by piece: {told:?}");

    // The user hears its own conversations only, and by its id one of them.
    let own = Events::of(a.stream_as_user(&json!({"message": "Which guarantee?"}))).await;
    let session = &own.answer()["sessionId"];
    let first = user.event().await;
    assert_eq!(first["data"]["query"], "Which guarantee?", "{first}");
    let subscribe = json!({"action": "subscribe", "channel": "chat", "id": session});
    let mut other = a.connect_as_user().await;
    assert_eq!(other.ask(&subscribe).await["type"], "subscribed");
    Events::of(a.stream_as_user(&json!({"message": "Anything else?"}))).await;
    let more = json!({"message": "And what else?", "sessionId": session});
    Events::of(a.stream_as_user(&more)).await;
    let heard = other.event().await;
    assert_eq!(
        (&heard["id"], &heard["event"]),
        (session, &json!("sources"))
    );

    // What a model wrote before it broke off is void.
    let text = "The guarantee".to_owned();
    stack.chat_rule(rule(ChatReply::Breaks { text }, 1)).await;
    question["model"] = json!("fake/large");
    let asked = Events::of(a.stream(&question)).await;
    let mut heard = String::new();
    while heard != asked.text() {
        let event = key.event().await;
        match event["event"].as_str().unwrap() {
            "reset" => heard.clear(),
            "delta" => {
                assert_eq!(event["data"]["offset"], heard.chars().count(), "{event}");
                heard.push_str(event["data"]["text"].as_str().unwrap());
            }
            _ => {}
        }
    }
    assert!(asked.all.iter().any(|event| event.name == "reset"));
}

#[tokio::test]
async fn jobs_and_budget_alerts_are_told() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mut socket = a.connect().await;
    socket.subscribe("jobs").await;
    socket.subscribe("usage").await;
    let job = a.post("/api/customers/export", &json!({})).await.ok(202);
    let id = job["jobId"].as_str().unwrap();
    loop {
        let event = socket.event().await;
        assert_eq!((&event["event"], &event["id"]), (&json!("job"), &json!(id)));
        if event["data"]["status"] == "completed" {
            assert_eq!(event["data"]["kind"], "export");
            break;
        }
    }

    let budget = json!({"monthlyBudgetUsd": "1", "budgetAlertPercent": 50});
    a.put("/api/customers/config", &budget).await.ok(200);
    let spend = "SELECT set_config('app.customer_id', $1::uuid::text, false), record_spend($1, 'embeddings', 1, 600000000)";
    let client = stack.app_sql().await;
    client.query(spend, &[&a.id]).await.unwrap();
    stack.sweep().await;
    // The end of the export may be told twice, as its progress and its status are two changes.
    let event = loop {
        let event = socket.event().await;
        if event["event"] != "job" {
            break event;
        }
    };
    assert_eq!(event["event"], "budgetAlert", "{event}");
    assert_eq!(event["data"]["spentUsd"], "0.6");
    assert_eq!(event["data"]["budgetUsd"], "1");
}

#[tokio::test]
async fn events_whose_function_died_are_told_later_and_dead_connections_are_forgotten() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.add("T", &word()).await;
    a.completed(&id).await;
    let mut socket = a.connect().await;
    socket.subscribe("documents").await;
    // As a function leaves them that dies after its commit; one of them for a client that is gone.
    set(
        &a,
        "WITH gone AS (
             INSERT INTO connections (customer_id, id, api_key_id)
             SELECT customer_id, 'gone-' || customer_id, api_key_id FROM connections WHERE customer_id = $1
             RETURNING customer_id, id)
         INSERT INTO subscriptions SELECT customer_id, id, 'documents', '00000000-0000-0000-0000-000000000000' FROM gone",
    )
    .await;
    let event =
        "SELECT push_event($1, 'documents', e.document_id, max(e.id), NULL) FROM document_events e
                 WHERE e.customer_id = $1 GROUP BY e.document_id";
    set(&a, event).await;
    let waiting = "SELECT count(*) FROM pushes WHERE customer_id = $1";
    stack.sweep().await;
    let told = socket.until("end", &id).await;
    assert_eq!(told[0]["data"]["status"], "completed", "{told:?}");
    let connections = "SELECT count(*) FROM connections WHERE customer_id = $1";
    let forgotten = async || (a.count(connections).await == 1).then_some(());
    eventually("the dead connection to be forgotten", forgotten).await;
    assert_eq!(a.count(waiting).await, 0);

    // None lasts longer than API Gateway's two hours.
    set(
        &a,
        "UPDATE connections SET opened_at = now() - interval '131 minutes' WHERE customer_id = $1",
    )
    .await;
    stack.sweep().await;
    assert_eq!(a.count(connections).await, 0);
}

#[tokio::test]
async fn an_unsubscribed_or_closed_connection_costs_nothing() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mut socket = a.connect().await;
    socket.subscribe("documents").await;
    socket.subscribe("jobs").await;
    let end = json!({"action": "unsubscribe", "channel": "documents"});
    assert_eq!(socket.ask(&end).await["type"], "unsubscribed");
    let left =
        "SELECT count(*) FROM subscriptions WHERE customer_id = $1 AND channel = 'documents'";
    assert_eq!(a.count(left).await, 0);
    let id = a.add("T", &word()).await;
    a.completed(&id).await;
    socket.send(&json!({"action": "ping"}).to_string()).await;
    assert_eq!(
        socket.next().await.unwrap()["type"],
        "pong",
        "before any event"
    );
    drop(socket);
    let connections = "SELECT count(*) FROM connections WHERE customer_id = $1";
    let forgotten = async || (a.count(connections).await == 0).then_some(());
    eventually("the closed connection to be forgotten", forgotten).await;
}

#[tokio::test]
async fn a_customer_has_a_hundred_connections_at_most() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mut socket = a.connect().await;
    set(
        &a,
        "INSERT INTO connections (customer_id, id, api_key_id)
         SELECT c.customer_id, 'many-' || n || c.customer_id, c.api_key_id FROM connections c, generate_series(1, 99) n
         WHERE c.customer_id = $1",
    )
    .await;
    // Those that have ended without a word make room.
    let mut others = vec![a.connect().await];
    let open = "SELECT count(*) FROM connections WHERE customer_id = $1";
    assert_eq!(a.count(open).await, 2);
    while others.len() < 99 {
        others.push(a.connect().await);
    }
    let refused = ticket(&stack, &a.key).await;
    let url = refused["url"].as_str().unwrap();
    assert!(Socket::open(url).await.is_err());
    drop(others);
    let closed = async || (a.count(open).await == 1).then_some(());
    eventually("the others to be closed", closed).await;
    // The ticket is still good.
    Socket::open(url).await.unwrap();
    set(
        &a,
        "INSERT INTO subscriptions SELECT customer_id, id, 'documents', gen_random_uuid()
         FROM connections, generate_series(1, 100) WHERE customer_id = $1",
    )
    .await;
    let subscribe = json!({"action": "subscribe", "channel": "documents"});
    let reply = socket.ask(&subscribe).await;
    assert_eq!(
        reply["problem"]["code"], "too_many_subscriptions",
        "{reply}"
    );
}

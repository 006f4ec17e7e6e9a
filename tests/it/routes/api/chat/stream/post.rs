//! `POST /api/chat/stream`, from a function URL.

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::stack::{Answer, Stack, stream::Events, word};

#[tokio::test]
async fn a_question_is_answered_from_the_callers_documents_alone() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let id = a
        .add(
            "Manual",
            &format!("The {mark} lamp is switched on with the red button."),
        )
        .await;
    a.completed(&id).await;
    let body = json!({"message": format!("How is the {mark} lamp switched on?"), "store": false});
    let events = Events::of(a.stream(&body)).await;
    let answer = events.answer();
    assert_eq!(answer["status"], "answered", "{answer}");
    assert_eq!(answer["citations"][0]["documentId"], id.as_str());
    assert_eq!(events.text(), answer["answer"].as_str().unwrap());
    assert_eq!(events.all[0].name, "sources");
    assert_eq!(events.all[0].data["sources"], answer["sources"]);
    assert!(answer["sessionId"].is_null() && answer["messageNumber"].is_null());
    let theirs = Events::of(b.stream(&body)).await;
    assert_eq!(theirs.answer()["status"], "not_found");
    assert_eq!(theirs.all[0].data["sources"], json!([]));
    assert_eq!(theirs.text(), theirs.answer()["answer"].as_str().unwrap());
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_said_before_the_stream_begins() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = json!({"message": "Is there anything?", "model": "extractive"});
    let session = a.post("/api/chat", &body).await.ok(200)["sessionId"].clone();
    for (body, status, code) in [
        (json!({"message": " "}), 422, "invalid_fields"),
        (
            json!({"message": "x".repeat(100_000)}),
            422,
            "invalid_fields",
        ),
        (
            json!({"message": "Yes?", "stream": true}),
            422,
            "invalid_fields",
        ),
        (
            json!({"message": "Yes?", "model": "fake/none"}),
            422,
            "invalid_fields",
        ),
        (
            json!({"message": "Yes?", "sessionId": session}),
            404,
            "not_found",
        ),
        (
            json!({"message": "Yes?", "collectionId": Uuid::new_v4()}),
            422,
            "invalid_fields",
        ),
    ] {
        let answer = Answer::of(b.stream(&body)).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (status, Some(code)),
            "{body}"
        );
        answer.problem(status, code);
    }
    let url = stack.streamed_url("/api/chat/stream");
    Answer::of(stack.http.post(&url).json(&body))
        .await
        .problem(401, "unauthenticated");
    // It is not in the API, and nothing else is at its URL.
    let there = stack
        .http
        .post(stack.url("/api/chat/stream"))
        .header("x-api-key", &a.key);
    assert_eq!(Answer::raw(there.json(&body)).await.status, 404);
    let got = stack
        .http
        .request(Method::GET, url)
        .header("x-api-key", &a.key);
    Answer::of(got).await.problem(404, "method_not_allowed");
    let messages = "SELECT count(*) FROM chat_messages WHERE customer_id = $1";
    assert_eq!((a.count(messages).await, b.count(messages).await), (2, 0));
}

#[tokio::test]
async fn a_broken_stream_is_continued_for_its_caller_alone() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let id = a
        .add(
            "Manual",
            &format!("The {mark} lamp is red. The {mark} lamp is on."),
        )
        .await;
    a.completed(&id).await;
    a.own_chat_models().await;
    let said = format!("The {mark} lamp is red [1]. The {mark} lamp is on [1].");
    let reply = dynrag_testing::openai::ChatReply::text(&said);
    stack.chat_reply_to(&mark, reply).await;
    let body = json!({"message": format!("What is the {mark} lamp?")});
    let whole = Events::of(a.stream(&body)).await;
    let (end, before) = whole.all.split_last().unwrap();
    assert!(before.len() > 5, "{whole:?}");
    for (at, event) in before.iter().enumerate() {
        let rest = a.stream(&body).header("last-event-id", &event.id);
        let rest = Events::of(rest).await;
        let text: String = whole.texts().take(at).chain(rest.texts()).collect();
        assert_eq!(text, said);
        let last = rest.all.last().unwrap();
        for member in [
            "answer",
            "citations",
            "sentences",
            "sessionId",
            "messageNumber",
        ] {
            assert_eq!(last.data[member], end.data[member]);
        }
        assert_eq!(last.id, end.id);
    }
    // What the client has is not what is stored: it begins anew.
    let other = format!("{}.3.00000000", end.id.split_once('.').unwrap().0);
    let rest = Events::of(a.stream(&body).header("last-event-id", &other)).await;
    assert_eq!(rest.all[0].name, "reset");
    assert_eq!(rest.text(), said);
    // Once, whatever was asked for again.
    assert_eq!(stack.chat_seen_with(&mark).await.len(), 1);
    assert_eq!(
        a.count("SELECT count(*) FROM chat_messages WHERE customer_id = $1")
            .await,
        2
    );

    let now = Uuid::now_v7();
    for last in [&end.id, &format!("{now}.0.00000000")] {
        for other in [b.stream(&body), a.stream_as_user(&body)] {
            let answer = Answer::of(other.header("last-event-id", last)).await;
            answer.problem(404, "answer_not_found");
        }
    }
    let bad = a.stream(&body).header("last-event-id", "12");
    Answer::of(bad).await.problem(400, "invalid_last_event_id");
}

//! `GET /api/documents/{id}/events`, streamed from a function URL.
//!
//! The emulator passes a streamed response on as a whole, so these tests see its content, not its timing.
//! `functions/documents/events` tests that frames are sent one by one.

use dynrag_testing::openai::Reply;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::stack::{Answer, Stack, Tenant, answer::form, word};

/// An event: its name, its id and its data.
type Event = (String, Option<i64>, Value);

fn request(tenant: &Tenant, document: &str) -> RequestBuilder {
    let path = format!("/api/documents/{document}/events");
    let url = tenant.stack.streamed_url(&path);
    tenant.stack.http.get(url).header("x-api-key", &tenant.key)
}

/// The events of a stream that has ended.
fn events(answer: &Answer) -> Vec<Event> {
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let text = std::str::from_utf8(&answer.body).unwrap();
    assert!(text.starts_with("retry: "), "{text}");
    let blocks = text.split("\n\n").filter(|block| block.contains("data: "));
    blocks
        .map(|block| {
            let line = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
            (
                line("event: ").unwrap().to_owned(),
                line("id: ").map(|id| id.parse().unwrap()),
                serde_json::from_str(line("data: ").unwrap()).unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_stream_sends_every_step_and_the_end() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let id = tenant.add("Followed", &format!("A text {}.", word())).await;
    // The document is followed from the start, and the stream ends by itself.
    let live = events(&Answer::of(request(&tenant, &id)).await);
    let status = tenant.completed(&id).await;
    let timeline = status["timeline"].as_array().unwrap();
    let (end, steps) = live.split_last().unwrap();
    assert_eq!(
        (end.0.as_str(), end.1, &end.2),
        (
            "end",
            None,
            &json!({"docId": id, "status": "completed", "deleted": false})
        )
    );
    assert_eq!(steps.len(), timeline.len(), "{live:?}");
    for (number, ((name, id, data), told)) in (1..).zip(steps.iter().zip(timeline)) {
        assert_eq!((name.as_str(), *id), ("status", Some(number)));
        for member in ["startedAt", "version", "status", "stage", "attempt"] {
            assert_eq!(data[member], told[member], "{member} of {data}");
        }
    }
    assert_eq!(steps.last().unwrap().2["status"], "completed");

    // Read afterwards, the stream is exactly the timeline.
    let whole = events(&Answer::of(request(&tenant, &id)).await);
    let data: Vec<_> = whole[..timeline.len()]
        .iter()
        .map(|event| &event.2)
        .collect();
    assert!(data.into_iter().eq(timeline), "{whole:?}");

    // A client that reconnects continues after the last event that it has received.
    let again = request(&tenant, &id).header("last-event-id", "2");
    let rest = events(&Answer::of(again).await);
    assert_eq!(rest, whole[2..]);
    let again = request(&tenant, &id).header("last-event-id", timeline.len());
    assert_eq!(events(&Answer::of(again).await), whole[timeline.len()..]);
}

#[tokio::test]
async fn a_stream_of_a_failed_document_gives_the_reason() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let bad = word();
    stack.reply_to(&bad, Reply::Rejected).await;
    let id = tenant.add("Refused", &format!("The text {bad}.")).await;
    let events = events(&Answer::of(request(&tenant, &id)).await);
    let (name, _, end) = events.last().unwrap();
    assert_eq!(name, "end");
    assert_eq!(
        (&end["status"], &end["code"]),
        (&json!("failed"), &json!("embedding_rejected"))
    );
    let status = tenant.status(&id).await;
    assert_eq!(end["reason"], status["reason"]);
}

#[tokio::test]
async fn only_the_callers_documents_have_streams() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let theirs = b.add("B", &format!("A text {}.", word())).await;
    let unknown = Answer::of(request(&a, &Uuid::new_v4().to_string())).await;
    unknown.problem(404, "not_found");
    for id in [theirs.as_str(), "none"] {
        let answer = Answer::of(request(&a, id)).await;
        answer.problem(404, "not_found");
        assert_eq!(form(&answer), form(&unknown), "{id}");
    }
    let path = format!("/api/documents/{theirs}/events");
    let bare = stack.http.get(stack.streamed_url(&path));
    Answer::of(bare).await.problem(401, "unauthenticated");
    // The other routes are not on the function URL, and this one is not in the API.
    let get = |url: String| stack.http.get(url).header("x-api-key", &b.key);
    let other = get(stack.streamed_url(&format!("/api/documents/{theirs}")));
    Answer::of(other).await.problem(404, "not_found");
    assert_eq!(Answer::raw(get(stack.url(&path))).await.status, 404);
    let posted = stack
        .http
        .request(Method::POST, stack.streamed_url(&path))
        .header("x-api-key", &b.key);
    Answer::of(posted).await.problem(404, "method_not_allowed");
}

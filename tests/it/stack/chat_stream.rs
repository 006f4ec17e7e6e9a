//! Streamed answers: the same as whole ones, whatever a provider does in the middle, and paid for once.

use std::{fs, sync::Arc};

use dynrag_testing::openai::{ChatReply, ChatRule};
use serde_json::{Value, json};

use crate::support::{
    known::checkout,
    runtime::Function,
    stack::{Answer, Stack, Tenant, stream::Events, word},
};

/// A customer with a document about a word, and two models.
async fn customer(stack: &Arc<Stack>) -> (Tenant, String) {
    let tenant = stack.signup().await;
    let mark = word();
    let id = tenant
        .add(
            "Manual",
            &format!("The {mark} guarantee lasts 24 months. It covers the motor."),
        )
        .await;
    tenant.completed(&id).await;
    tenant.own_chat_models().await;
    (tenant, mark)
}

fn question(mark: &str) -> Value {
    json!({"message": format!("How long is the {mark} guarantee?")})
}

async fn outcomes(tenant: &Tenant, outcome: &str) -> i64 {
    let calls = format!(
        "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND operation = 'answers' AND outcome = '{outcome}'"
    );
    tenant.count(&calls).await
}

#[tokio::test]
async fn a_streamed_answer_is_that_of_the_whole_one() {
    let stack = Stack::load();
    let (a, mark) = customer(&stack).await;
    let said = format!(
        "The {mark} guarantee lasts 24 months [1][9]. See ![p](https://evil.example/p) 【1†x】. It covers the motör [1, 2]."
    );
    // Every border of bytes: pieces end between characters.
    for piece in 1..=3 {
        let text = said.clone();
        let (ms, usage, streams) = (0, true, true);
        let rule = ChatRule {
            contains: mark.clone(),
            model: None,
            times: Some(2),
            reply: ChatReply::Text {
                text,
                piece,
                ms,
                usage,
                streams,
            },
        };
        stack.chat_rule(rule).await;
        let whole = a.post("/api/chat", &question(&mark)).await.ok(200);
        let events = Events::of(a.stream(&question(&mark))).await;
        let answer = events.answer();
        for member in [
            "status",
            "answer",
            "citations",
            "sentences",
            "sources",
            "model",
            "query",
            "warnings",
        ] {
            assert_eq!(answer[member], whole[member], "{member}");
        }
        for member in ["inputTokens", "outputTokens", "chatCalls", "costUsd"] {
            assert_eq!(answer["usage"][member], whole["usage"][member]);
        }
        assert_eq!(events.text(), answer["answer"].as_str().unwrap());
        assert!(
            events.all.iter().all(|event| event.name != "reset"),
            "{events:?}"
        );
        assert!(events.texts().count() > 3, "{events:?}");
        for text in events.texts() {
            let half = text.contains('[') && !text.contains(']');
            assert!(
                !half && !text.contains("evil") && !text.contains('†'),
                "{events:?}"
            );
        }
        let path = format!(
            "/api/chat/sessions/{}",
            answer["sessionId"].as_str().unwrap()
        );
        let kept = a.get(&path).await.ok(200);
        assert_eq!(kept["items"][1]["answer"]["citations"], answer["citations"]);
    }
    assert_eq!(outcomes(&a, "ok").await, 6);
}

#[tokio::test]
async fn a_provider_that_breaks_off_is_replaced_and_both_are_recorded() {
    let stack = Stack::load();
    for (reply, outcome) in [
        (
            ChatReply::Breaks {
                text: "The guarantee".to_owned(),
            },
            "broken",
        ),
        (
            ChatReply::Errs {
                text: "The guarantee".to_owned(),
            },
            "broken",
        ),
        (ChatReply::Html, "malformed"),
        (
            ChatReply::RateLimited {
                retry_after_ms: None,
            },
            "rate_limited",
        ),
        (ChatReply::Quota, "insufficient_quota"),
        (ChatReply::ContextTooLong, "context_too_long"),
    ] {
        let (a, mark) = customer(&stack).await;
        let starts = matches!(reply, ChatReply::Breaks { .. } | ChatReply::Errs { .. });
        let rule = |model: Option<&str>, reply: ChatReply| ChatRule {
            contains: mark.clone(),
            model: model.map(str::to_owned),
            times: Some(1),
            reply,
        };
        stack.chat_rule(rule(Some("large"), reply.clone())).await;
        let said = format!("The {mark} guarantee lasts 24 months [1].");
        stack
            .chat_rule(rule(Some("small"), ChatReply::text(&said)))
            .await;
        let events = Events::of(a.stream(&question(&mark))).await;
        let answer = events.answer();
        assert_eq!(
            (&answer["answer"], &answer["model"]),
            (&json!(said), &json!("fake/small")),
            "{outcome}"
        );
        assert_eq!(events.text(), said);
        let resets = events
            .all
            .iter()
            .filter(|event| event.name == "reset")
            .count();
        assert_eq!(resets, usize::from(starts), "{outcome}: {events:?}");
        assert_eq!(
            (outcomes(&a, outcome).await, outcomes(&a, "ok").await),
            (1, 1),
            "{outcome}"
        );
        assert_eq!(answer["usage"]["chatCalls"], 2);

        // No model answers: sentences are quoted.
        stack
            .chat_rule(ChatRule {
                times: None,
                ..rule(None, reply)
            })
            .await;
        let events = Events::of(a.stream(&question(&mark))).await;
        let answer = events.answer();
        assert_eq!(answer["model"], "extractive", "{answer}");
        assert_eq!(answer["warnings"][0]["code"], "model_failed", "{answer}");
        assert_eq!(events.text(), answer["answer"].as_str().unwrap());
    }
}

#[tokio::test]
async fn what_may_be_left_out_is_not_shown_before() {
    let stack = Stack::load();
    let (a, mark) = customer(&stack).await;
    let said = format!("The {mark} guarantee lasts 36 months [1]. It covers the motor [1].");
    stack.chat_reply_to(&mark, ChatReply::text(&said)).await;
    for (policy, text) in [("drop", "It covers the motor [1]."), ("refuse", "")] {
        let mut body = question(&mark);
        body["unsupported"] = json!(policy);
        let events = Events::of(a.stream(&body)).await;
        assert!(
            events.texts().all(|text| !text.contains("36")),
            "{events:?}"
        );
        let answer = events.answer()["answer"].as_str().unwrap();
        assert_eq!(events.text(), answer);
        assert!(text.is_empty() || answer == text, "{answer}");
    }
    let (a, none) = customer(&stack).await;
    stack
        .chat_reply_to(&none, ChatReply::text("NO_ANSWER"))
        .await;
    let body = question(&none);
    let events = Events::of(a.stream(&body)).await;
    assert_eq!(events.answer()["status"], "not_found");
    assert!(!events.text().contains("NO_ANSWER"), "{events:?}");
}

/// The sample event of the route, with a question of a user.
fn event(tenant: &Tenant, body: &Value) -> Value {
    let file = checkout().join("events/http/chat-stream.json");
    let mut event: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let body = body.to_string();
    event["headers"]["authorization"] = format!("Bearer {}", tenant.access).into();
    event["headers"]["content-length"] = body.len().to_string().into();
    event["body"] = body.into();
    event["isBase64Encoded"] = false.into();
    event
}

#[tokio::test]
async fn text_is_sent_as_the_model_writes_it_and_a_client_that_leaves_ends_the_call() {
    let stack = Stack::load();
    let (a, mark) = customer(&stack).await;
    let text = format!("The {mark} guarantee lasts 24 months [1]. It");
    stack.chat_reply_to(&mark, ChatReply::Silent { text }).await;
    let mut function = Function::start(&stack, "ChatStream", "dynrag-chat-stream").await;
    function.begin(&event(&a, &question(&mark))).await;
    // The model has not ended, and never will: what it wrote is here all the same.
    let mut sent = String::new();
    loop {
        sent.push_str(&function.chunk().await);
        let body = sent.split_once("\0\0\0\0\0\0\0\0");
        let whole = body.and_then(|(_, body)| body.rsplit_once("\n\n"));
        let text = whole.map(|(events, _)| Events::parse(events).text());
        if text.is_some_and(|text| text.contains("months [1]")) {
            break;
        }
    }
    function.hang_up();
    // Nothing runs from here on: what is not recorded by now may never be.
    function.freezes().await;
    assert_eq!(outcomes(&a, "cancelled").await, 1);
    let streams = "SELECT count(*) FROM chat_streams WHERE customer_id = $1";
    assert_eq!(a.count(streams).await, 0);
    let seen = stack.chat_seen_with(&mark).await;
    assert!(seen.len() == 1 && seen[0].was_dropped, "{seen:?}");
    let cost = "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND output_tokens > 5 AND nano_usd > 0";
    assert_eq!(a.count(cost).await, 1);
    assert_eq!(
        a.count("SELECT count(*) FROM chat_messages WHERE customer_id = $1")
            .await,
        0
    );
}

#[tokio::test]
async fn a_client_that_comes_back_waits_for_the_answer_that_is_being_made() {
    let stack = Stack::load();
    let (a, mark) = customer(&stack).await;
    let said = format!("The {mark} guarantee lasts 24 months [1].");
    let rule = ChatRule {
        contains: mark.clone(),
        model: None,
        times: None,
        reply: ChatReply::Text {
            text: said.clone(),
            piece: 4,
            ms: 300,
            usage: true,
            streams: true,
        },
    };
    stack.chat_rule(rule).await;
    let mut function = Function::start(&stack, "ChatStream", "dynrag-chat-stream").await;
    function.begin(&event(&a, &question(&mark))).await;
    let mut sent = String::new();
    let last = loop {
        sent.push_str(&function.chunk().await);
        let body = sent.split_once("\0\0\0\0\0\0\0\0");
        let whole = body.and_then(|(_, body)| body.rsplit_once("\n\n"));
        let events = whole.map(|(events, _)| Events::parse(events));
        let delta = events.and_then(|events| events.all.into_iter().find(|e| e.name == "delta"));
        if let Some(delta) = delta {
            break delta;
        }
    };
    // Only its own caller finds it.
    let key = a.stream(&question(&mark)).header("last-event-id", &last.id);
    Answer::of(key).await.problem(404, "answer_not_found");
    let user = a.stream_as_user(&question(&mark));
    let rest = Events::of(user.header("last-event-id", &last.id)).await;
    let had = last.data["text"].as_str().unwrap();
    assert_eq!(format!("{had}{}", rest.text()), said);
    assert_eq!(rest.answer()["answer"], said);
    assert_eq!(stack.chat_seen_with(&mark).await.len(), 1);
    assert_eq!(outcomes(&a, "ok").await, 1);
}

#[tokio::test]
async fn a_customer_has_so_many_streams_and_no_more() {
    let stack = Stack::load();
    let (a, mark) = customer(&stack).await;
    stack
        .chat_reply_to(&mark, ChatReply::text("It does [1]."))
        .await;
    let full = "INSERT INTO chat_streams (customer_id, id, asked_by) SELECT $1, gen_random_uuid(), $2 FROM generate_series(1, 10)";
    stack
        .sql()
        .await
        .execute(full, &[&a.id, &a.user])
        .await
        .unwrap();
    let refused = Answer::of(a.stream(&question(&mark))).await;
    refused.problem(429, "too_many_streams");
    assert!(refused.header("retry-after").is_some(), "{refused}");
    assert!(stack.chat_seen_with(&mark).await.is_empty());
    // Those whose function died are forgotten.
    let aged =
        "UPDATE chat_streams SET started_at = now() - interval '4 minutes' WHERE customer_id = $1";
    stack.sql().await.execute(aged, &[&a.id]).await.unwrap();
    Events::of(a.stream(&question(&mark))).await.answer();
    let streams = "SELECT count(*) FROM chat_streams WHERE customer_id = $1";
    assert_eq!(a.count(streams).await, 0);
}

#[tokio::test]
async fn a_repeat_of_a_streamed_question_is_not_paid_again_unless_it_failed() {
    let stack = Stack::load();
    let (a, mark) = customer(&stack).await;
    stack
        .chat_reply_to(&mark, ChatReply::text("It does [1]."))
        .await;
    let ask = || a.stream(&question(&mark)).header("idempotency-key", &mark);
    let events = Events::of(ask()).await;
    Answer::of(ask()).await.problem(409, "answer_not_kept");
    // The rest of the same answer is not a repeat.
    let id = &events.all[0].id;
    let rest = Events::of(ask().header("last-event-id", id)).await;
    assert_eq!(rest.text(), events.text());
    assert_eq!(stack.chat_seen_with(&mark).await.len(), 1);
    let session = json!({"message": "And?", "sessionId": uuid::Uuid::new_v4()});
    for _ in 0..2 {
        let failed = a.stream(&session).header("idempotency-key", "failed");
        Answer::of(failed).await.problem(404, "not_found");
    }
    // What is not to be stored cannot be found again.
    let body = json!({"message": question(&mark)["message"], "store": false});
    let events = Events::of(a.stream(&body)).await;
    let again = a.stream(&body).header("last-event-id", &events.all[0].id);
    Answer::of(again).await.problem(404, "answer_not_found");
}

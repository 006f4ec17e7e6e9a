//! `POST /v1/chat/completions`.

use dynrag_testing::openai::ChatReply;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack, Tenant,
    chat::MODEL,
    v1::{at, events, file_id, store_id},
    word,
};

const PATH: &str = "/v1/chat/completions";

async fn lamp(tenant: &Tenant) -> (String, String) {
    let mark = word();
    let text = format!("The {mark} lamp is red. The {mark} lamp is switched on with the button.");
    let id = tenant.add("Manual", &text).await;
    tenant.completed(&id).await;
    (mark, id)
}

fn asked(model: &str, text: &str) -> Value {
    json!({"model": model, "messages": [{"role": "user", "content": text}]})
}

#[tokio::test]
async fn an_answer_is_a_completion_whole_and_streamed() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (mark, id) = lamp(&a).await;
    a.own_chat_models().await;
    let said = format!("The {mark} lamp is red [1].");
    stack.chat_reply_to(&mark, ChatReply::text(&said)).await;
    let mut body = asked("large", &format!("Which colour has the {mark} lamp?"));
    let whole = a.v1_post(PATH, &body).await.ok(200);
    assert_eq!(at(&whole, "/choices/0/message/content"), said);
    assert_eq!(
        (at(&whole, "/object"), at(&whole, "/model")),
        ("chat.completion".into(), MODEL.into())
    );
    assert_eq!(at(&whole, "/choices/0/finish_reason"), "stop");
    let citation = &whole["choices"][0]["message"]["annotations"][0]["url_citation"];
    let url = at(citation, "/url");
    assert!(
        url.ends_with(&format!("/v1/files/{}/content", file_id(&id))),
        "{url}"
    );
    let cited = &said[citation["start_index"].as_u64().unwrap() as usize
        ..citation["end_index"].as_u64().unwrap() as usize];
    assert_eq!(cited, "[1]");
    let tokens = whole["usage"]["total_tokens"].as_u64().unwrap();
    assert!(tokens > 10);

    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    let chunks = events(&a.v1_post(PATH, &body).await);
    let (done, chunks) = chunks.split_last().unwrap();
    assert_eq!(done.1, "[DONE]");
    let content = |chunk: &Value| {
        chunk["choices"][0]["delta"]["content"]
            .as_str()
            .map(str::to_owned)
    };
    let text: String = chunks
        .iter()
        .filter_map(|(_, chunk)| content(chunk))
        .collect();
    assert_eq!(text, said);
    assert_eq!(chunks[0].1["choices"][0]["delta"]["role"], "assistant");
    let (usage, before) = chunks.split_last().unwrap();
    assert_eq!(
        (&usage.1["choices"], &usage.1["usage"]["total_tokens"]),
        (&json!([]), &json!(tokens))
    );
    assert_eq!(
        before.last().unwrap().1["choices"][0]["finish_reason"],
        "stop"
    );
    assert!(
        before
            .iter()
            .all(|(_, chunk)| chunk["usage"].is_null() && chunk["id"] == usage.1["id"])
    );
    // Nothing is kept unless it is asked for, and another customer has nothing to answer from.
    assert_eq!(
        a.count("SELECT count(*) FROM chat_messages WHERE customer_id = $1")
            .await,
        0
    );
    let theirs = b
        .v1_post(
            PATH,
            &asked("auto", &format!("Which colour has the {mark} lamp?")),
        )
        .await
        .ok(200);
    assert!(!at(&theirs, "/choices/0/message/content").contains("red"));
}

#[tokio::test]
async fn what_was_said_before_is_told_to_the_model() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mark, _) = lamp(&a).await;
    a.own_chat_models().await;
    stack
        .chat_reply_to(
            &mark,
            ChatReply::text(format!("The {mark} lamp is red [1].")),
        )
        .await;
    let earlier = word();
    let body = json!({"model": "auto", "store": true, "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": format!("What is {earlier}?")}]},
        {"role": "assistant", "content": "A word."},
        {"role": "user", "content": format!("Which colour has the {mark} lamp?")},
    ]});
    a.v1_post(PATH, &body).await.ok(200);
    let seen = stack.chat_seen_with(&earlier).await;
    assert!(seen.last().unwrap().text().contains("Be brief."));
    assert_eq!(
        a.count("SELECT count(*) FROM chat_messages WHERE customer_id = $1")
            .await,
        2
    );
    // Ten thousand messages: the last are told, and it is answered.
    let turns = (0..5_000).flat_map(|n| {
        [
            json!({"role": "user", "content": format!("Question {n}?")}),
            json!({"role": "assistant", "content": "Yes."}),
        ]
    });
    let question = json!({"role": "user", "content": format!("Which colour has the {mark} lamp?")});
    let messages: Vec<Value> = turns.chain([question]).collect();
    a.v1_post(PATH, &json!({"model": "auto", "messages": messages}))
        .await
        .ok(200);
    let last = stack.chat_seen_with(&mark).await;
    let last = last.last().unwrap().text();
    assert!(last.contains("Question 4999?") && !last.contains("Question 0?"));
}

#[tokio::test]
async fn what_a_model_took_back_is_followed_by_the_whole_answer() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mark, _) = lamp(&a).await;
    a.own_chat_models().await;
    let said = format!("The {mark} lamp is red [1].");
    stack
        .chat_rule(dynrag_testing::openai::ChatRule {
            contains: mark.clone(),
            model: Some("large".to_owned()),
            times: None,
            reply: ChatReply::Breaks {
                text: format!("The {mark} lamp is green. It"),
            },
        })
        .await;
    stack.chat_reply_to(&mark, ChatReply::text(&said)).await;
    let mut body = asked("auto", &format!("Which colour has the {mark} lamp?"));
    body["stream"] = json!(true);
    let chunks = events(&a.v1_post(PATH, &body).await);
    let content = |chunk: &Value| {
        chunk["choices"][0]["delta"]["content"]
            .as_str()
            .map(str::to_owned)
    };
    let text: String = chunks
        .iter()
        .filter_map(|(_, chunk)| content(chunk))
        .collect();
    assert!(
        text.ends_with(&format!("\n\n---\n\n{said}")) || text == said,
        "{text}"
    );
    let response = json!({"model": "auto", "input": format!("Which colour has the {mark} lamp?"), "stream": true});
    let told = events(&a.v1_post("/v1/responses", &response).await);
    let (name, last) = told.last().unwrap();
    assert_eq!(name, "response.completed");
    assert_eq!(at(last, "/response/output/1/content/0/text"), said);
}

#[tokio::test]
async fn every_bad_request_is_refused_before_anything_is_paid() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.own_chat_models().await;
    let theirs = store_id(&b.collection("Theirs").await);
    let with = |change: Value| {
        let mut body = asked("auto", "How?");
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        body
    };
    for (change, parameter) in [
        (json!({"messages": []}), "messages"),
        (
            json!({"messages": [{"role": "user", "content": ""}]}),
            "messages",
        ),
        (
            json!({"messages": [{"role": "user", "content": "x".repeat(100_000)}]}),
            "messages",
        ),
        (
            json!({"messages": [{"role": "tool", "content": "x"}]}),
            "messages[0].role",
        ),
        (json!({"tool_choice": "required"}), "tool_choice"),
        (
            json!({"response_format": {"type": "json_object"}}),
            "response_format",
        ),
        (json!({"n": 2}), "n"),
        (json!({"temperature": 3}), "temperature"),
        (json!({"max_tokens": 0}), "max_completion_tokens"),
        (json!({"stream": "yes"}), "stream"),
        (json!({"vector_store_ids": ["vs_x"]}), "vector_store_ids[0]"),
    ] {
        for stream in [false, true] {
            let mut body = with(change.clone());
            if change.get("stream").is_none() {
                body["stream"] = json!(stream);
            }
            a.v1_post(PATH, &body).await.refused_parameter(parameter);
        }
    }
    let unknown = with(json!({"model": "gpt-none"}));
    a.v1_post(PATH, &unknown)
        .await
        .refused(404, "model_not_found");
    a.v1_post(PATH, &with(json!({"vector_store_ids": [theirs]})))
        .await
        .refused(404, "not_found");
    let odd = a
        .v1(Method::POST, PATH)
        .header("content-type", "application/json")
        .body("{");
    Answer::of(odd).await.refused(400, "invalid_json");
    let key = a.key_with(&["search"]).await;
    let request = a.v1_with(&key, Method::POST, PATH).json(&with(json!({})));
    Answer::of(request).await.refused(403, "missing_scope");
    // What is not known is ignored.
    a.v1_post(
        PATH,
        &with(json!({"brand_new": {"a": 1}, "tools": [{"type": "function", "function": {"name": "f"}}], "seed": 7, "top_p": 0.5})),
    )
    .await
    .ok(200);
    assert_eq!(
        a.count("SELECT count(*) FROM provider_calls WHERE customer_id = $1")
            .await,
        0
    );
}

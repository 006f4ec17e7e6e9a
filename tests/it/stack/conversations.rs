//! Conversations: whose they are, and what becomes of their answers when documents go.

use dynrag_testing::openai::{ChatReply, ChatRule};
use reqwest::Method;
use serde_json::{Value, json};

use super::chat::add;
use crate::support::stack::{
    Answer, Stack, eventually,
    tenant::{doc_id, with_query},
    word,
};

const CHAT: &str = "/api/chat";

#[tokio::test]
async fn a_conversation_goes_on_and_is_its_callers_alone() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    add(
        &a,
        "Manual",
        &format!("The {mark} kettle holds 2 litres. The {mark} kettle costs 40 euros."),
    )
    .await;
    a.own_chat_models().await;
    let standing = format!("How much does the {mark} kettle cost?");
    let rule = |contains: String, reply: String| ChatRule {
        contains,
        model: None,
        times: None,
        reply: ChatReply::text(reply),
    };
    stack
        .chat_rule(rule(
            format!("And what does it cost, {mark}?\n\nThe last question"),
            standing.clone(),
        ))
        .await;
    stack
        .chat_rule(rule(
            format!("Question: And what does it cost, {mark}?"),
            format!("The {mark} kettle costs 40 euros [1]."),
        ))
        .await;
    stack
        .chat_rule(rule(
            mark.clone(),
            format!("The {mark} kettle holds 2 litres [1]."),
        ))
        .await;

    let first = a
        .post(
            CHAT,
            &json!({"message": format!("How much does the {mark} kettle hold?")}),
        )
        .await
        .ok(200);
    let session = first["sessionId"].as_str().unwrap().to_owned();
    let body = json!({"message": format!("And what does it cost, {mark}?"), "sessionId": session});
    let second = a.post(CHAT, &body).await.ok(200);
    assert_eq!(
        (&second["query"], &second["messageNumber"]),
        (&json!(standing), &json!(4)),
        "{second}"
    );
    assert!(
        second["answer"].as_str().unwrap().contains("40 euros"),
        "{second}"
    );

    let path = format!("/api/chat/sessions/{session}");
    let kept = a.get(&path).await.ok(200);
    assert_eq!(kept["messages"], 4);
    assert_eq!(kept["items"][2]["content"], body["message"]);
    let listed = a
        .get(&with_query("/api/chat/sessions", &[("q", &mark)]))
        .await
        .ok(200);
    assert_eq!(listed["items"][0]["sessionId"], session.as_str());

    // Neither another customer nor another user of this one sees it, nor a key.
    let colleague = a.user_with("business").await;
    let key = a.key_with(&["chat"]).await;
    for (name, value) in [
        ("authorization", format!("Bearer {}", b.access)),
        ("authorization", format!("Bearer {}", colleague)),
        ("x-api-key", key),
    ] {
        let call = |method: Method, path: &str| {
            stack
                .http
                .request(method, stack.url(path))
                .header(name, &value)
        };
        Answer::of(call(Method::GET, &path))
            .await
            .problem(404, "not_found");
        Answer::of(call(Method::DELETE, &path))
            .await
            .problem(404, "not_found");
        let listed = Answer::of(call(Method::GET, "/api/chat/sessions"))
            .await
            .ok(200);
        assert_eq!(listed["items"], json!([]));
        let body = json!({"message": "And now?", "sessionId": session, "model": "extractive"});
        let refused = Answer::of(call(Method::POST, CHAT).json(&body)).await;
        refused.problem(404, "not_found");
    }
    assert_eq!(Answer::of(a.call(Method::DELETE, &path)).await.status, 204);
    a.get(&path).await.problem(404, "not_found");
    let messages = "SELECT count(*) FROM chat_messages WHERE customer_id = $1";
    assert_eq!(a.count(messages).await, 0);
}

#[tokio::test]
async fn answers_go_with_the_documents_that_they_are_from() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mark, kept) = (word(), word());
    let id = add(
        &a,
        "Gone",
        &format!("The {mark} door opens with a key of brass."),
    )
    .await;
    add(&a, "Kept", &format!("The {kept} door opens with a card.")).await;
    let ask = async |mark: &str| {
        let body = json!({"message": format!("What does the {mark} door open with?"), "topK": 1});
        a.post(CHAT, &body).await.ok(200)
    };
    let (first, second) = (ask(&mark).await, ask(&kept).await);
    assert_eq!(
        (&first["status"], &second["status"]),
        (&json!("answered"), &json!("answered"))
    );
    let path = |answer: &Value| {
        format!(
            "/api/chat/sessions/{}",
            answer["sessionId"].as_str().unwrap()
        )
    };
    a.delete(&id).await.ok(202);
    let gone = eventually("the answer is withdrawn", async || {
        let conversation = a.get(&path(&first)).await.ok(200);
        (conversation["items"][1]["answer"]["status"] == "withdrawn").then_some(conversation)
    })
    .await;
    assert!(!gone["items"][1].to_string().contains("brass"), "{gone}");
    assert_eq!(gone["items"][1]["content"], "");
    assert_eq!(gone["items"][1]["answer"]["query"], "");
    let conversation = a.get(&path(&second)).await.ok(200);
    assert_eq!(
        conversation["items"][1]["answer"]["citations"],
        second["citations"]
    );
}

#[tokio::test]
async fn a_bound_key_does_not_see_answers_from_what_it_no_longer_sees() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let collection = a.collection("Inside").await;
    let body = json!({"title": "T", "content": format!("The {mark} gate is green."), "collectionId": collection});
    let id = doc_id(&a.post("/api/ingest/document?wait=25", &body).await.ok(200));
    let body = json!({"name": "Bound", "scopes": ["chat"], "collectionIds": [collection]});
    let made = a.post("/api/keys", &body).await.ok(201);
    let key = made["key"]
        .as_str()
        .or(made["apiKey"].as_str())
        .unwrap()
        .to_owned();
    let call = |method: Method, path: &str| {
        stack
            .http
            .request(method, stack.url(path))
            .header("x-api-key", &key)
    };
    let body = json!({"message": format!("Which colour has the {mark} gate?")});
    let answer = Answer::of(call(Method::POST, CHAT).json(&body))
        .await
        .ok(200);
    assert_eq!(answer["status"], "answered", "{answer}");
    let path = format!(
        "/api/chat/sessions/{}",
        answer["sessionId"].as_str().unwrap()
    );
    let seen = Answer::of(call(Method::GET, &path)).await.ok(200);
    assert_eq!(seen["items"].as_array().unwrap().len(), 2);
    let outside = a.collection("Outside").await;
    let moved = json!({"collectionId": outside});
    a.put(&format!("/api/documents/{id}?wait=25"), &moved).await;
    let seen = Answer::of(call(Method::GET, &path)).await.ok(200);
    let items = seen["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{seen}");
    let found = call(
        Method::GET,
        &with_query("/api/chat/sessions", &[("q", "green")]),
    );
    assert_eq!(Answer::of(found).await.ok(200)["items"], json!([]));
}

#[tokio::test]
async fn an_answer_goes_with_what_its_model_was_told_before() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mark, other) = (word(), word());
    let id = add(&a, "Gone", &format!("The {mark} safe opens with 1789.")).await;
    let kept = add(&a, "Kept", &format!("The {other} lamp is blue.")).await;
    a.own_chat_models().await;
    let said = format!("The {mark} safe opens with 1789 [1].");
    stack.chat_reply_to(&mark, ChatReply::text(&said)).await;
    let ask = async |message: String, document: &str, session: &Value| {
        let body = json!({"message": message, "documentIds": [document], "sessionId": session});
        a.post(CHAT, &body).await.ok(200)
    };
    let first = ask(format!("What opens the {mark} safe?"), &id, &Value::Null).await;
    // Its own passage is another, but the model repeats what it was told.
    let second = ask(
        format!("What colour has the {other} lamp?"),
        &kept,
        &first["sessionId"],
    )
    .await;
    assert!(
        second["answer"].as_str().unwrap().contains("1789"),
        "{second}"
    );
    let path = format!(
        "/api/chat/sessions/{}",
        first["sessionId"].as_str().unwrap()
    );
    a.delete(&id).await.ok(202);
    let gone = eventually("the answers are withdrawn", async || {
        let conversation = a.get(&path).await.ok(200);
        (conversation["items"][1]["answer"]["status"] == "withdrawn").then_some(conversation)
    })
    .await;
    assert_eq!(gone["items"][3]["answer"]["status"], "withdrawn", "{gone}");
    assert!(!gone.to_string().contains("1789"), "{gone}");
}

#[tokio::test]
async fn questions_at_the_same_time_are_turns_of_their_own() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let body = json!({"message": "Is there anything?", "model": "extractive"});
    let session = a.post(CHAT, &body).await.ok(200)["sessionId"].clone();
    let ask = async |message: &str| {
        let body = json!({"message": message, "sessionId": session, "model": "extractive"});
        a.post(CHAT, &body).await.ok(200)["messageNumber"]
            .as_i64()
            .unwrap()
    };
    let mut numbers = <[i64; 4]>::from(tokio::join!(
        ask("One?"),
        ask("Two?"),
        ask("Three?"),
        ask("Four?")
    ));
    numbers.sort_unstable();
    assert_eq!(numbers, [4, 6, 8, 10]);
    let path = format!("/api/chat/sessions/{}", session.as_str().unwrap());
    let kept = a.get(&path).await.ok(200);
    assert_eq!(kept["items"].as_array().unwrap().len(), 10, "{kept}");
}

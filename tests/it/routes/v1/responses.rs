//! `/v1/responses`.

use dynrag_testing::openai::ChatReply;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack, Tenant,
    v1::{at, events, file_id},
    word,
};

const PATH: &str = "/v1/responses";

/// A vector store with a file about a lamp: its id, the file's and a word of it.
async fn lamp(tenant: &Tenant) -> (String, String, String) {
    let mark = word();
    let file = tenant
        .v1_file("manual.txt", &format!("The {mark} lamp is red."))
        .await;
    let store = tenant
        .v1_store(&json!({"name": mark, "file_ids": [file]}))
        .await;
    tenant.v1_ready(&store).await;
    (store, file, mark)
}

fn search(store: &str) -> Value {
    json!([{"type": "file_search", "vector_store_ids": [store]}])
}

#[tokio::test]
async fn a_response_is_from_its_vector_stores_and_is_stored() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (store, file, mark) = lamp(&a).await;
    let other = a.v1_store(&json!({})).await;
    let input = format!("Which colour has the {mark} lamp?");
    let body = json!({"model": "extractive", "input": input, "tools": search(&store), "metadata": {"a": "b"},
        "instructions": "Be brief.", "include": ["file_search_call.results"]});
    let made = a.v1_post(PATH, &body).await.ok(200);
    assert_eq!(
        (at(&made, "/object"), at(&made, "/status")),
        ("response".into(), "completed".into())
    );
    let (call, message) = (&made["output"][0], &made["output"][1]);
    assert_eq!(call["queries"], json!([input]));
    assert_eq!(at(call, "/results/0/file_id"), file);
    assert!(at(call, "/results/0/text").contains(&mark));
    assert!(at(message, "/content/0/text").contains("is red"));
    assert_eq!(at(message, "/content/0/annotations/0/file_id"), file);
    assert_eq!(
        (&made["metadata"], &made["tools"]),
        (&json!({"a": "b"}), &body["tools"])
    );
    // It is read as it was made; the passages are not kept with it.
    let path = format!("{PATH}/{}", at(&made, "/id"));
    let stored = a.v1_get(&path).await.ok(200);
    for member in [
        "id",
        "status",
        "model",
        "metadata",
        "instructions",
        "tools",
        "usage",
    ] {
        assert_eq!(stored[member], made[member], "{member}");
    }
    assert_eq!(stored["output"][1], made["output"][1]);
    let items = a.v1_get(&format!("{path}/input_items")).await.ok(200);
    assert_eq!(at(&items, "/data/0/content/0/text"), input);
    a.v1_post(&format!("{path}/cancel"), &json!({}))
        .await
        .refused(400, "not_cancellable");
    // Another vector store, another customer and another caller have none of it.
    let elsewhere = json!({"model": "extractive", "input": input, "tools": search(&other)});
    let elsewhere = a.v1_post(PATH, &elsewhere).await.ok(200);
    assert!(!at(&elsewhere, "/output/1/content/0/text").contains("is red"));
    for answer in [
        b.v1_get(&path).await,
        Answer::of(a.v1_with(&a.access, Method::GET, &path)).await,
        b.v1_delete(&path).await,
        b.v1_post(
            PATH,
            &json!({"model": "auto", "input": "And?", "previous_response_id": at(&made, "/id")}),
        )
        .await,
        b.v1_post(
            PATH,
            &json!({"model": "auto", "input": "And?", "tools": search(&store)}),
        )
        .await,
    ] {
        answer.refused(404, "not_found");
    }
    // It is gone with its question, and so is the conversation.
    assert_eq!(a.v1_delete(&path).await.ok(200)["deleted"], true);
    a.v1_get(&path).await.refused(404, "not_found");
    let sessions = "SELECT count(*) FROM chat_sessions WHERE customer_id = $1";
    assert_eq!(a.count(sessions).await, 1);
}

#[tokio::test]
async fn a_response_continues_the_one_before_and_store_false_keeps_nothing() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (_, _, mark) = lamp(&a).await;
    a.own_chat_models().await;
    stack
        .chat_reply_to(
            &mark,
            ChatReply::text(format!("The {mark} lamp is red [1].")),
        )
        .await;
    let first = json!({"model": "large", "input": format!("Which colour has the {mark} lamp?")});
    let first = at(&a.v1_post(PATH, &first).await.ok(200), "/id");
    let follow = json!({"model": "large", "input": "Is it?", "previous_response_id": first});
    let second = a.v1_post(PATH, &follow).await.ok(200);
    assert_eq!(at(&second, "/previous_response_id"), first);
    let seen = stack.chat_seen_with(&mark).await;
    assert!(seen.iter().any(|seen| seen.text().contains("Is it?")));
    let rows = "SELECT count(*) FROM responses WHERE customer_id = $1";
    assert_eq!(a.count(rows).await, 2);
    let unkept =
        json!({"model": "large", "input": "Is it?", "previous_response_id": first, "store": false});
    let unkept = at(&a.v1_post(PATH, &unkept).await.ok(200), "/id");
    a.v1_get(&format!("{PATH}/{unkept}"))
        .await
        .refused(404, "not_found");
    assert_eq!(a.count(rows).await, 2);
    // A message of an answer can be referred to, by its caller alone.
    let reference = |message: &str| {
        json!({"model": "large", "store": false, "input": [
        {"type": "item_reference", "id": message}, {"role": "user", "content": format!("Is the {mark} lamp so?")}]})
    };
    let message = at(&second, "/output/1/id");
    a.v1_post(PATH, &reference(&message)).await.ok(200);
    let seen = stack.chat_seen_with("lamp so?").await;
    assert!(seen.iter().any(|seen| seen.text().contains("is red")));
    let other = Answer::of(
        a.v1_with(&a.access, Method::POST, PATH)
            .json(&reference(&message)),
    )
    .await;
    other.refused(404, "not_found");
    // What comes after a deleted one is continued without it.
    a.v1_delete(&format!("{PATH}/{first}")).await.ok(200);
    let third =
        json!({"model": "large", "input": "Why?", "previous_response_id": at(&second, "/id")});
    a.v1_post(PATH, &third).await.ok(200);
}

#[tokio::test]
async fn the_events_of_a_response_are_in_order_and_end_with_it() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (store, file, mark) = lamp(&a).await;
    a.own_chat_models().await;
    let said = format!("The {mark} lamp is red [1].");
    stack.chat_reply_to(&mark, ChatReply::text(&said)).await;
    let body = json!({"model": "large", "input": format!("Which colour has the {mark} lamp?"), "stream": true,
        "tools": search(&store)});
    let events = events(&a.v1_post(PATH, &body).await);
    for (n, (name, data)) in events.iter().enumerate() {
        assert_eq!(
            (&data["type"], &data["sequence_number"]),
            (&json!(name), &json!(n))
        );
    }
    let mut names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    names.dedup();
    assert_eq!(
        names,
        [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.file_search_call.in_progress",
            "response.file_search_call.searching",
            "response.file_search_call.completed",
            "response.output_item.done",
            "response.output_item.added",
            "response.content_part.added",
            "response.output_text.delta",
            "response.output_text.annotation.added",
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
    );
    let deltas = events
        .iter()
        .filter(|(name, _)| name == "response.output_text.delta");
    let text: String = deltas.map(|(_, data)| at(data, "/delta")).collect();
    assert_eq!(text, said);
    let response = &events.last().unwrap().1["response"];
    assert_eq!(
        at(response, "/output/1/content/0/annotations/0/file_id"),
        file
    );
    // It is stored under the id that the first event told.
    let id = at(&events[0].1, "/response/id");
    assert_eq!(
        a.v1_get(&format!("{PATH}/{id}")).await.ok(200)["output"],
        response["output"]
    );
}

#[tokio::test]
async fn an_answer_is_withdrawn_with_its_document() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let id = a.add("Manual", &format!("The {mark} lamp is red.")).await;
    a.completed(&id).await;
    let body =
        json!({"model": "extractive", "input": format!("Which colour has the {mark} lamp?")});
    let made = a.v1_post(PATH, &body).await.ok(200);
    assert_eq!(
        at(&made, "/output/1/content/0/annotations/0/file_id"),
        file_id(&id)
    );
    a.v1_delete(&format!("/v1/files/{}", file_id(&id)))
        .await
        .ok(200);
    let path = format!("{PATH}/{}", at(&made, "/id"));
    let refusal = crate::support::stack::eventually("the answer is withdrawn", async || {
        let stored = a.v1_get(&path).await.ok(200);
        let content = stored["output"][1]["content"][0].clone();
        (content["type"] == "refusal").then_some(content)
    });
    assert!(at(&refusal.await, "/refusal").contains("removed"));
}

#[tokio::test]
async fn every_bad_request_is_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let with = |change: Value| {
        let mut body = json!({"model": "auto", "input": "How?"});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        body
    };
    for (change, parameter) in [
        (json!({"input": ""}), "input"),
        (json!({"input": "x".repeat(100_000)}), "input"),
        (
            json!({"input": [{"type": "function_call_output", "output": "x"}]}),
            "input[0].type",
        ),
        (json!({"tools": [{"type": "web_search"}]}), "tools[0].type"),
        (
            json!({"tools": [{"type": "file_search", "vector_store_ids": [], "filters": {"type": "x"}}]}),
            "tools[0].filters.type",
        ),
        (json!({"background": true}), "background"),
        (json!({"conversation": "conv_1"}), "conversation"),
        (json!({"text": {"format": {"type": "json_schema"}}}), "text"),
        (
            json!({"previous_response_id": "resp_1"}),
            "previous_response_id",
        ),
        (json!({"metadata": {"a": "x".repeat(513)}}), "metadata"),
    ] {
        a.v1_post(PATH, &with(change))
            .await
            .refused_parameter(parameter);
    }
    let gone = format!("resp_{}", uuid::Uuid::new_v4().simple());
    let continues = with(json!({"previous_response_id": gone}));
    a.v1_post(PATH, &continues).await.refused(404, "not_found");
    for path in [
        format!("{PATH}/{gone}"),
        format!("{PATH}/none"),
        format!("{PATH}/{gone}/input_items"),
    ] {
        a.v1_get(&path).await.refused(404, "not_found");
    }
    a.v1_get(&format!("{PATH}/{gone}?stream=true"))
        .await
        .refused_parameter("stream");
    assert_eq!(
        a.count("SELECT count(*) FROM chat_messages WHERE customer_id = $1")
            .await,
        0
    );
}

#[tokio::test]
async fn nothing_of_a_deleted_document_is_left_in_a_stored_response() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let id = a.add("Manual", &format!("The {mark} lamp is red.")).await;
    a.completed(&id).await;
    // A client that sends the answer before with its next question.
    let body = json!({"model": "extractive", "input": [
        {"role": "user", "content": "Which colour?"},
        {"role": "assistant", "content": format!("The {mark} lamp is red [1].")},
        {"role": "user", "content": format!("Is the {mark} lamp red?")},
    ]});
    a.v1_post(PATH, &body).await.ok(200);
    let document = format!("/api/documents/{id}?permanent=true");
    Answer::of(a.call(Method::DELETE, &document)).await.ok(202);
    let kept =
        "SELECT count(*) FROM responses WHERE customer_id = $1 AND request::text LIKE '%is red%'";
    assert_eq!(a.count(kept).await, 0);
    crate::support::stack::eventually("the answer is withdrawn", async || {
        let said =
            "SELECT count(*) FROM chat_messages WHERE customer_id = $1 AND content LIKE '%is red%'
            AND role = 'assistant'";
        (a.count(said).await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_slow_answer_is_made_once_for_one_key_and_takes_a_stream() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (_, _, mark) = lamp(&a).await;
    a.own_chat_models().await;
    let reply = ChatReply::text(format!("The {mark} lamp is red [1]."));
    stack.chat_reply_to(&mark, reply).await;
    let begin = "INSERT INTO chat_streams (customer_id, id, asked_by) SELECT customer_id, gen_random_uuid(), id FROM users, \
        generate_series(1, 10) WHERE customer_id = $1";
    let sql = stack.sql().await;
    sql.execute(begin, &[&a.id]).await.unwrap();
    let body = json!({"model": "large", "input": format!("Which colour has the {mark} lamp?")});
    a.v1_post(PATH, &body)
        .await
        .refused(429, "too_many_streams");
    let end = "DELETE FROM chat_streams WHERE customer_id = $1";
    sql.execute(end, &[&a.id]).await.unwrap();
    let keyed = || {
        a.v1(Method::POST, PATH)
            .header("idempotency-key", "once")
            .json(&body)
    };
    Answer::of(keyed()).await.ok(200);
    Answer::of(keyed()).await.refused(409, "answer_not_kept");
    assert_eq!(
        a.count("SELECT count(*) FROM responses WHERE customer_id = $1")
            .await,
        1
    );
    assert_eq!(
        a.count("SELECT count(*) FROM chat_streams WHERE customer_id = $1")
            .await,
        0
    );
}

#[tokio::test]
async fn an_answer_after_a_reference_is_withdrawn_with_what_it_refers_to() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mark, other) = (word(), word());
    let first = a.add("First", &format!("The {mark} lamp is red.")).await;
    let second = a
        .add("Second", &format!("The {other} table is green."))
        .await;
    a.completed(&first).await;
    a.completed(&second).await;
    // Nothing of the first is found for the second question.
    let store = a.v1_store(&json!({"file_ids": [file_id(&second)]})).await;
    a.own_chat_models().await;
    let said = |text: String| ChatReply::text(format!("{text} [1]."));
    let reply = said(format!("The {mark} lamp is red"));
    stack.chat_reply_to(&format!("{mark} lamp?"), reply).await;
    let reply = said(format!("The {other} table is green"));
    stack.chat_reply_to(&format!("{other} table?"), reply).await;
    let body = json!({"model": "large", "input": format!("Which colour has the {mark} lamp?")});
    let before = a.v1_post(PATH, &body).await.ok(200);
    let body = json!({"model": "large", "input": [
        {"type": "item_reference", "id": at(&before, "/output/1/id")},
        {"role": "user", "content": format!("Which colour has the {other} table?")},
    ], "tools": search(&store), "include": null, "unsupported": null, "metadata": null, "temperature": null});
    let after = a.v1_post(PATH, &body).await.ok(200);
    Answer::of(a.call(
        Method::DELETE,
        &format!("/api/documents/{first}?permanent=true"),
    ))
    .await
    .ok(202);
    let path = format!("{PATH}/{}", at(&after, "/id"));
    crate::support::stack::eventually("the answer is withdrawn", async || {
        let stored = a.v1_get(&path).await.ok(200);
        (stored["output"][1]["content"][0]["type"] == "refusal").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_title_goes_with_the_question_that_it_was_made_of() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let ask = async |question: &str, previous: Option<&str>| {
        let body =
            json!({"model": "extractive", "input": question, "previous_response_id": previous});
        at(&a.v1_post(PATH, &body).await.ok(200), "/id")
    };
    let title = async || {
        let sessions = a.get("/api/chat/sessions").await.ok(200);
        at(&sessions, "/items/0/title")
    };
    let first = ask("What is a lamp?", None).await;
    let second = ask("What is a table?", Some(&first)).await;
    let third = ask("What is a chair?", Some(&second)).await;
    assert_eq!(title().await, "What is a lamp?");
    a.v1_delete(&format!("{PATH}/{second}")).await.ok(200);
    assert_eq!(title().await, "What is a lamp?");
    a.v1_delete(&format!("{PATH}/{first}")).await.ok(200);
    assert_eq!(title().await, "What is a chair?");
    let sessions = a.get("/api/chat/sessions").await.ok(200);
    let session = format!("/api/chat/sessions/{}", at(&sessions, "/items/0/sessionId"));
    let named = a.put(&session, &json!({"title": "Mine"})).await;
    assert_eq!(named.status, 204);
    let last = ask("What is a bed?", Some(&third)).await;
    a.v1_delete(&format!("{PATH}/{third}")).await.ok(200);
    assert_eq!(title().await, "Mine");
    a.v1_delete(&format!("{PATH}/{last}")).await.ok(200);
    assert_eq!(
        a.count("SELECT count(*) FROM chat_sessions WHERE customer_id = $1")
            .await,
        0
    );
}

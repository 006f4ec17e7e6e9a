//! Searches with the help of a customer's chat model.

use dynrag_testing::openai::{ChatReply, ChatRule};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, chat::MODEL, word};

/// Adds a document and waits until it is searchable.
async fn add(tenant: &Tenant, title: &str, content: &str) {
    let id = tenant.add(title, content).await;
    tenant.completed(&id).await;
}

fn titles(found: &Value) -> Vec<&str> {
    let results = found["results"].as_array().unwrap().iter();
    results.map(|hit| hit["title"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_query_is_searched_in_other_ways_too_and_the_ledger_says_so() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (asked, other) = (word(), word());
    add(&a, "Other", &format!("It is called {other} here.")).await;
    add(&a, "Unlike", "Nothing of that kind.").await;
    let key = a.own_chat_models().await;
    stack
        .chat_reply_to(&asked, ChatReply::text(format!("1. {other}\n2. {asked}\n")))
        .await;
    let body = json!({"query": asked, "mode": "text", "explain": true});
    let plain = a.post("/search", &body).await.ok(200);
    assert_eq!(titles(&plain), [""; 0]);
    let mut body = body;
    body["rewrite"] = json!(true);
    let found = a.post("/search", &body).await.ok(200);
    assert_eq!(titles(&found), ["Other"], "{found}");
    assert_eq!(found["explain"]["rewritten"], json!([other]));
    assert_eq!(
        (&found["warnings"], &found["nextCursor"]),
        (&json!([]), &Value::Null)
    );
    let usage = &found["usage"];
    assert_eq!(usage["chatCalls"], 1);
    let seen = stack.chat_seen_with(&asked).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].key.as_deref(), Some(key.as_str()));
    assert_eq!(seen[0].body["model"], "large");

    let ledger = "SELECT tokens, output_tokens, nano_usd, model, outcome FROM provider_calls
        WHERE customer_id = $1 AND operation = 'query-rewriting'";
    let rows = stack.sql().await.query(ledger, &[&a.id]).await.unwrap();
    let (tokens, output, nanos): (i64, i64, i64) = (rows[0].get(0), rows[0].get(1), rows[0].get(2));
    assert_eq!(usage["chatTokens"], tokens);
    // Two dollars a million tokens of the request, eight of the answer.
    assert_eq!(nanos, (tokens - output) * 2_000 + output * 8_000);
    assert_eq!((rows.len(), rows[0].get::<_, &str>(3)), (1, MODEL));
    let cost: f64 = usage["chatCostUsd"].as_str().unwrap().parse().unwrap();
    assert!((cost * 1e9 - nanos as f64).abs() < 0.5, "{usage}");
}

#[tokio::test]
async fn a_passage_that_would_answer_is_searched_for() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (asked, said) = (word(), word());
    add(
        &a,
        "Answer",
        &format!("The {said} {said} is descaled with vinegar."),
    )
    .await;
    add(
        &a,
        "Question",
        &format!("Somebody asked about {asked} once, and nobody knew."),
    )
    .await;
    a.own_chat_models().await;
    let passage = format!("The {said} {said} is descaled with vinegar.");
    stack.chat_reply_to(&asked, ChatReply::text(&passage)).await;
    let body =
        json!({"query": asked, "mode": "vector", "hypothetical": true, "explain": true, "topK": 1});
    let found = a.post("/search", &body).await.ok(200);
    assert_eq!(titles(&found), ["Answer"], "{found}");
    assert_eq!(found["explain"]["passage"], passage.as_str());
}

#[tokio::test]
async fn the_next_model_is_asked_and_without_any_the_query_is_searched_as_it_is() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    add(&a, "T", &format!("A text about {mark}.")).await;
    let body = json!({"query": mark, "mode": "text", "rewrite": true});
    let refused = a.post("/search", &body).await;
    refused.bad_fields(&["/rewrite"]);
    a.own_chat_models().await;
    let fails = |model: &str, reply: ChatReply| ChatRule {
        contains: mark.clone(),
        model: Some(model.to_owned()),
        times: None,
        reply,
    };
    stack.chat_rule(fails("large", ChatReply::Quota)).await;
    let found = a.post("/search", &body).await.ok(200);
    assert_eq!(
        (titles(&found), &found["warnings"]),
        (vec!["T"], &json!([]))
    );
    assert_eq!(found["usage"]["chatCalls"], 2);

    stack.chat_rule(fails("small", ChatReply::Html)).await;
    // The rule of the small model comes after the default of the fake: ask with another word.
    let other = word();
    for (model, reply) in [
        ("large", ChatReply::ServerError),
        ("small", ChatReply::Html),
    ] {
        stack
            .chat_rule(ChatRule {
                contains: other.clone(),
                ..fails(model, reply)
            })
            .await;
    }
    let body = json!({"query": format!("{mark} {other}"), "mode": "text", "rewrite": true});
    let found = a.post("/search", &body).await.ok(200);
    assert_eq!(titles(&found), ["T"]);
    assert_eq!(found["warnings"][0]["code"], "rewrite_failed", "{found}");

    // A budget that is spent stops before the call.
    a.config("monthly_budget_usd = 0").await;
    let before = stack.chat_seen_with(&mark).await.len();
    let found = a.post("/search", &body).await.ok(200);
    assert_eq!(found["warnings"][0]["code"], "rewrite_failed", "{found}");
    assert_eq!(stack.chat_seen_with(&mark).await.len(), before);
}

#[tokio::test]
async fn the_platform_pays_for_its_models_within_its_budget() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    add(&a, "T", &format!("A text about {mark}.")).await;
    let config = json!({"chatModels": ["platform/fake-chat"]});
    a.put("/api/customers/config", &config).await.ok(200);
    let body = json!({"query": mark, "mode": "text", "rewrite": true});
    let found = a.post("/search", &body).await.ok(200);
    assert_eq!(found["usage"]["chatCalls"], 1, "{found}");
    let seen = stack.chat_seen_with(&mark).await;
    assert_eq!(seen[0].key.as_deref(), Some("fake-key"));
    let paid = "SELECT count(*) FROM provider_calls WHERE customer_id = $1 AND operation = 'query-rewriting'
        AND paid_by = 'platform' AND nano_usd > 0";
    assert_eq!(a.count(paid).await, 1);
    a.config("platform_budget_micro_usd = 0").await;
    let found = a.post("/search", &body).await.ok(200);
    assert_eq!(found["warnings"][0]["code"], "rewrite_failed", "{found}");
    assert_eq!(stack.chat_seen_with(&mark).await.len(), 1);
}

#[tokio::test]
async fn a_callers_and_a_conversations_budget_stop_the_call_that_could_exceed_them() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let id = a.add("Manual", &format!("The {mark} lamp is red.")).await;
    a.completed(&id).await;
    a.own_chat_models().await;
    let said = format!("The {mark} lamp is red [1].");
    stack.chat_reply_to(&mark, ChatReply::text(&said)).await;
    let config = async |change: Value| a.put("/api/customers/config", &change).await.ok(200);
    // One model, with a price: at 8 dollars a million tokens, 1,024 of them cost less than a cent.
    config(
        json!({"chatModels": [MODEL], "chatSessionBudgetUsd": "0.01", "chatUserBudgetUsd": "0.02"}),
    )
    .await;
    let body = json!({"message": format!("What is the {mark} lamp?")});
    let ask = async |session: &Value, as_user: bool| {
        let body = json!({"message": body["message"], "sessionId": session});
        let call = match as_user {
            true => a.call_as_user(Method::POST, "/api/chat"),
            false => a.call(Method::POST, "/api/chat"),
        };
        Answer::of(call.json(&body)).await.ok(200)
    };
    let is_from_model = |answer: &Value| {
        let is_quoted = answer["model"] == "extractive";
        assert_eq!(
            is_quoted,
            answer["warnings"][0]["code"] == "model_failed",
            "{answer}"
        );
        !is_quoted
    };
    let first = ask(&Value::Null, false).await;
    assert!(is_from_model(&first));
    // The rest of the budget is less than another call could cost.
    let grow = "UPDATE provider_calls SET nano_usd = 5000000 WHERE customer_id = $1 AND operation = 'answers' AND nano_usd > 0";
    stack.sql().await.execute(grow, &[&a.id]).await.unwrap();
    let second = ask(&first["sessionId"], false).await;
    assert!(!is_from_model(&second));
    let detail = second["warnings"].to_string();
    assert!(detail.contains("chatSessionBudgetUsd"), "{detail}");
    // Another conversation of the same caller has its own, and then the caller has nothing left.
    assert!(is_from_model(&ask(&Value::Null, false).await));
    let grow = "UPDATE provider_calls SET nano_usd = 9000000 WHERE customer_id = $1 AND operation = 'answers' AND nano_usd > 0";
    stack.sql().await.execute(grow, &[&a.id]).await.unwrap();
    let refused = ask(&Value::Null, false).await;
    assert!(!is_from_model(&refused));
    let detail = refused["warnings"].to_string();
    assert!(detail.contains("chatUserBudgetUsd"), "{detail}");
    // Another caller of the same customer is not concerned, and nobody is without budgets.
    assert!(is_from_model(&ask(&Value::Null, true).await));
    config(json!({"chatSessionBudgetUsd": null, "chatUserBudgetUsd": null})).await;
    assert!(is_from_model(&ask(&first["sessionId"], false).await));
}

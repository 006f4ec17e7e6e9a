//! `GET /api/customers/chat-models`.

use serde_json::json;

use crate::support::stack::{Stack, chat::MODEL};

#[tokio::test]
async fn what_can_be_asked_is_listed_with_its_prices() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.own_chat_models().await;
    let path = "/api/customers/chat-models";
    let models = a.get(path).await.ok(200);
    let ids: Vec<_> = models["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| &m["id"])
        .collect();
    assert_eq!(
        ids,
        ["extractive", "platform/fake-chat", MODEL, "fake/small"]
    );
    let platform = &models["items"][1];
    assert_eq!(
        (
            &platform["platform"],
            &platform["model"]["usdPerMillionCachedTokens"]
        ),
        (&json!(true), &json!("0.5"))
    );
    assert_eq!(models["order"], json!([MODEL, "fake/small"]));
    let theirs = b.get(path).await.ok(200);
    assert_eq!(theirs["items"].as_array().unwrap().len(), 2);
    assert_eq!(theirs["order"], json!([]));
}

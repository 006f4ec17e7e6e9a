//! `GET /api/customers/chat-providers`.

use crate::support::stack::Stack;

#[tokio::test]
async fn providers_are_listed_without_their_keys() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = "/api/customers/chat-providers";
    let key = a.own_chat_models().await;
    let listed = a.get(path).await.ok(200);
    assert_eq!(listed["allowed"], serde_json::json!(["fake", "openai"]));
    let provider = &listed["items"][0];
    assert_eq!(provider["name"], "fake");
    assert_eq!(provider["hasApiKey"], true);
    assert_eq!(provider["models"][0]["usdPerMillionOutputTokens"], "8");
    assert_eq!(provider["models"][1]["contextTokens"], 32_768);
    assert!(!listed.to_string().contains(&key), "{listed}");
    let theirs = b.get(path).await.ok(200);
    assert_eq!(theirs["items"], serde_json::json!([]));
}

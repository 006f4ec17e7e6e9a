//! `PUT /api/customers/openai-key`.

use dynrag_testing::openai::Reply;
use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack, word};

#[tokio::test]
async fn a_provider_key_is_used_at_once_and_releases_waiting_documents() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let put = async |key: &str| {
        let request = a.call(Method::PUT, "/api/customers/openai-key");
        Answer::of(request.json(&json!({"apiKey": key}))).await
    };
    for bad in ["", "short", "with a space in it", "ünïcödé-key"] {
        put(bad).await.bad_fields(&["/apiKey"]);
    }
    let (mistyped, key) = (format!("sk-bad-{}", word()), format!("sk-own-{}", word()));
    stack.reply_to_key(&mistyped, Reply::InvalidKey).await;
    assert_eq!(put(&mistyped).await.status, 204);
    let id = a.add("Waits", &format!("A text {mark}.")).await;
    a.ended(&id, "needs_action", "embedding_key_invalid").await;
    assert_eq!(put(&key).await.status, 204);
    stack.sweep().await;
    a.completed(&id).await;
    assert_eq!(
        a.get("/api/customers/profile").await.ok(200)["hasOpenaiKey"],
        true
    );
    assert_eq!(
        b.get("/api/customers/profile").await.ok(200)["hasOpenaiKey"],
        false
    );
    let seen = stack.seen_with(&mark).await;
    let keys: Vec<_> = seen.iter().map(|seen| seen.key.as_deref()).collect();
    assert_eq!(keys, [Some(mistyped.as_str()), Some(key.as_str())]);
    let log = a.get("/api/customers/audit").await.ok(200);
    assert_eq!(log["items"][0]["action"], "openai_key.set");
    assert!(!log.to_string().contains(&key));

    // Another key replaces it, and can be deleted.
    assert_eq!(put(&format!("sk-other-{}", word())).await.status, 204);
    let rows =
        "SELECT count(*) FROM customer_secrets WHERE customer_id = $1 AND purpose = 'openai_key'
                AND (retires_at IS NULL OR retires_at > now())";
    assert_eq!(a.count(rows).await, 1);
    let delete = || a.call(Method::DELETE, "/api/customers/openai-key");
    assert_eq!(Answer::of(delete()).await.status, 204);
    Answer::of(delete()).await.problem(404, "not_found");

    // Without a key of its own, the platform's key releases what waited.
    assert_eq!(put(&mistyped).await.status, 204);
    let id = a.add("Waits", &format!("Another text {}.", word())).await;
    a.ended(&id, "needs_action", "embedding_key_invalid").await;
    assert_eq!(Answer::of(delete()).await.status, 204);
    let log = a.get("/api/customers/audit").await.ok(200);
    assert_eq!(log["items"][0]["details"]["documentsReleased"], 1, "{log}");
    stack.sweep().await;
    a.completed(&id).await;
}

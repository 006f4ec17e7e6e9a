//! `GET /api/chat/feedback`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn ratings_are_listed_for_the_customer_until_the_conversation_is_deleted() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = json!({"message": "What is it?", "model": "extractive"});
    let answer = a.post("/api/chat", &body).await.ok(200);
    let session = format!(
        "/api/chat/sessions/{}",
        answer["sessionId"].as_str().unwrap()
    );
    let rated = json!({"rating": "down", "comment": "No."});
    let path = format!("{session}/messages/2/feedback");
    assert_eq!(a.put(&path, &rated).await.status, 204);
    let listed = a.get("/api/chat/feedback").await.ok(200);
    let item = &listed["items"][0];
    assert_eq!(
        (&item["question"], &item["comment"]),
        (&json!("What is it?"), &json!("No."))
    );
    assert_eq!(item["answer"]["answer"], answer["answer"]);
    assert_eq!(listed["nextCursor"], json!(null));
    let up = a.get("/api/chat/feedback?rating=up").await.ok(200);
    assert_eq!(up["items"], json!([]));
    assert_eq!(
        b.get("/api/chat/feedback").await.ok(200)["items"],
        json!([])
    );
    let deleted = Answer::of(a.call(Method::DELETE, &session)).await;
    assert_eq!(deleted.status, 204);
    let listed = a.get("/api/chat/feedback").await.ok(200);
    assert_eq!(listed["items"], json!([]));
    let key = a.key_with(&["chat"]).await;
    let request = stack
        .http
        .get(stack.url("/api/chat/feedback"))
        .header("x-api-key", key);
    Answer::of(request).await.problem(403, "missing_scope");
}

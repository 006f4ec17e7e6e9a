//! `PUT /api/chat/sessions/{id}/messages/{number}/feedback`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn an_answer_is_rated_by_whom_it_was_given() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = json!({"message": "What is it?", "model": "extractive"});
    let answer = a.post("/api/chat", &body).await.ok(200);
    let session = format!(
        "/api/chat/sessions/{}",
        answer["sessionId"].as_str().unwrap()
    );
    let path = |number: i32| format!("{session}/messages/{number}/feedback");
    let down = json!({"rating": "down", "comment": " Not what I asked. "});
    assert_eq!(a.put(&path(2), &down).await.status, 204);
    let kept = a.get(&session).await.ok(200);
    let expected = json!({"rating": "down", "comment": "Not what I asked."});
    assert_eq!(kept["items"][1]["rating"], expected);
    assert_eq!(a.put(&path(2), &json!({"rating": "up"})).await.status, 204);
    let kept = a.get(&session).await.ok(200);
    assert_eq!(kept["items"][1]["rating"], json!({"rating": "up"}));
    // A question, nothing, and somebody else's.
    for number in [1, 3, -1] {
        a.put(&path(number), &down).await.problem(404, "not_found");
    }
    b.put(&path(2), &down).await.problem(404, "not_found");
    a.put(&path(2), &json!({"rating": "meh"}))
        .await
        .bad_fields(&["/rating"]);
    let long = json!({"rating": "up", "comment": "x".repeat(2_001)});
    a.put(&path(2), &long).await.bad_fields(&["/comment"]);
}

//! `DELETE /api/chat/sessions/{id}`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn a_conversation_is_deleted_with_its_messages() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = json!({"message": "What is it?", "model": "extractive"});
    let answer = a.post("/api/chat", &body).await.ok(200);
    let path = format!(
        "/api/chat/sessions/{}",
        answer["sessionId"].as_str().unwrap()
    );
    let theirs = Answer::of(b.call(Method::DELETE, &path)).await;
    theirs.problem(404, "not_found");
    assert_eq!(Answer::of(a.call(Method::DELETE, &path)).await.status, 204);
    a.get(&path).await.problem(404, "not_found");
    let messages = "SELECT count(*) FROM chat_messages WHERE customer_id = $1";
    assert_eq!(a.count(messages).await, 0);
    let body =
        json!({"message": "And now?", "sessionId": answer["sessionId"], "model": "extractive"});
    a.post("/api/chat", &body).await.problem(404, "not_found");
}

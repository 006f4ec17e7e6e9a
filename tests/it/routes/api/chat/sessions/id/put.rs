//! `PUT /api/chat/sessions/{id}`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_conversation_gets_another_title() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = json!({"message": "What is it?", "model": "extractive"});
    let answer = a.post("/api/chat", &body).await.ok(200);
    let path = format!(
        "/api/chat/sessions/{}",
        answer["sessionId"].as_str().unwrap()
    );
    let title = json!({"title": " About it "});
    b.put(&path, &title).await.problem(404, "not_found");
    assert_eq!(a.put(&path, &title).await.status, 204);
    assert_eq!(a.get(&path).await.ok(200)["title"], "About it");
    for bad in ["", &"x".repeat(201), "a\u{0}"] {
        a.put(&path, &json!({"title": bad}))
            .await
            .bad_fields(&["/title"]);
    }
}

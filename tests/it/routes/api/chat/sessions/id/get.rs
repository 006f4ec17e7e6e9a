//! `GET /api/chat/sessions/{id}`.

use serde_json::{Value, json};

use crate::support::stack::Stack;

#[tokio::test]
async fn a_conversation_is_read_page_by_page_from_its_end() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mut session = Value::Null;
    for message in ["One?", "Two?", "Three?"] {
        let body = json!({"message": message, "sessionId": session, "model": "extractive"});
        session = a.post("/api/chat", &body).await.ok(200)["sessionId"].clone();
    }
    let path = format!("/api/chat/sessions/{}", session.as_str().unwrap());
    let numbers = |page: &Value| -> Vec<i64> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["number"].as_i64().unwrap()).collect()
    };
    let page = a.get(&format!("{path}?limit=4")).await.ok(200);
    assert_eq!(
        (numbers(&page), &page["nextBefore"]),
        (vec![3, 4, 5, 6], &json!(3))
    );
    assert_eq!(
        (&page["title"], &page["messages"]),
        (&json!("One?"), &json!(6))
    );
    assert_eq!(
        (&page["items"][0]["role"], &page["items"][1]["role"]),
        (&json!("user"), &json!("assistant"))
    );
    let page = a.get(&format!("{path}?limit=4&before=3")).await.ok(200);
    assert_eq!(
        (numbers(&page), &page["nextBefore"]),
        (vec![1, 2], &Value::Null)
    );
    a.get(&format!("{path}?before=0"))
        .await
        .bad_fields(&["/before"]);
    b.get(&path).await.problem(404, "not_found");
}

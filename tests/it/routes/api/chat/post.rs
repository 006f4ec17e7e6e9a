//! `POST /api/chat`.

use serde_json::json;

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn a_question_is_answered_from_the_callers_documents_alone() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let id = a
        .add(
            "Manual",
            &format!("The {mark} lamp is switched on with the red button."),
        )
        .await;
    a.completed(&id).await;
    let body = json!({"message": format!("How is the {mark} lamp switched on?"), "store": false});
    let answer = a.post("/api/chat", &body).await.ok(200);
    assert_eq!(answer["status"], "answered", "{answer}");
    assert_eq!(answer["citations"][0]["documentId"], id.as_str());
    assert!(answer["sessionId"].is_null() && answer["messageNumber"].is_null());
    let theirs = b.post("/api/chat", &body).await.ok(200);
    assert_eq!(
        (&theirs["status"], &theirs["sources"]),
        (&json!("not_found"), &json!([]))
    );
    let sessions = a.get("/api/chat/sessions").await.ok(200);
    assert_eq!(sessions["items"], json!([]));
}

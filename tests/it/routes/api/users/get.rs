//! `GET /api/users`.

use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn users_are_listed_to_their_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let users = a.get("/api/users").await.ok(200);
    assert_eq!(users["items"].as_array().unwrap().len(), 1);
    assert_eq!(users["items"][0]["email"], json!(a.email));
    assert_eq!(users["items"][0]["role"], "business");
    let theirs = b.get("/api/users").await.ok(200).to_string();
    assert!(!theirs.contains(&a.email), "{theirs}");
    a.get("/api/users?limit=0")
        .await
        .problem(422, "invalid_fields");
    let key = a.key_with(&["search"]).await;
    let request = stack.http.get(stack.url("/api/users"));
    Answer::of(request.header("x-api-key", key))
        .await
        .problem(403, "missing_scope");
}

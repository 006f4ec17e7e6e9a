//! `GET /api/oauth/grants`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack, oauth::REDIRECT};

#[tokio::test]
async fn a_user_sees_its_own_clients() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let client = stack.client(&[REDIRECT]).await;
    client.connect(&a, "search chat").await;
    let list = Answer::of(a.call_as_user(Method::GET, "/api/oauth/grants"))
        .await
        .ok(200);
    let grant = &list["items"][0];
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(grant["clientName"], "Claude");
    assert_eq!(grant["clientId"], client.id);
    assert_eq!(grant["redirectUri"], REDIRECT);
    assert_eq!(grant["scopes"], json!(["search", "chat"]));
    let theirs = Answer::of(b.call_as_user(Method::GET, "/api/oauth/grants"))
        .await
        .ok(200);
    assert_eq!(theirs["items"], json!([]));
    a.get("/api/oauth/grants")
        .await
        .problem(403, "user_required");
}

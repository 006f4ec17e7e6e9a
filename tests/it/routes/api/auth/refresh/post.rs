//! `POST /api/auth/refresh`.

use serde_json::json;

use crate::support::stack::{Answer, Stack, sessions::refresh};

#[tokio::test]
async fn a_refresh_token_gives_the_next_one_and_an_access_token_gives_none() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let next = refresh(&stack, &a.refresh).await.ok(200);
    assert!(next["accessToken"].is_string(), "{next}");
    assert_ne!(next["refreshToken"], json!(a.refresh));
    refresh(&stack, &a.access)
        .await
        .problem(401, "invalid_refresh_token");
    let empty = stack.http.post(stack.url("/api/auth/refresh"));
    Answer::of(empty.json(&json!({})))
        .await
        .bad_fields(&["/refreshToken"]);
}

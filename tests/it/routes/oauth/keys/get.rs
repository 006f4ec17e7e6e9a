//! `GET /oauth/keys`.

use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn there_are_no_public_keys() {
    let stack = Stack::load();
    let request = stack.http.get(stack.url("/oauth/keys"));
    assert_eq!(Answer::of(request).await.ok(200), json!({"keys": []}));
}

//! `PUT /api/webhooks/{id}`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack,
    answer::text,
    webhooks::{manual, send, signed, with_token},
    word,
};

#[tokio::test]
async fn rotated_secrets_and_tokens_stay_valid_for_a_day() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let old = manual(&a).await;
    let path = format!("/api/webhooks/{}", text(&old["id"]));
    let change = json!({"rotateSecret": true});
    let new = Answer::of(a.call(Method::PUT, &path).json(&change))
        .await
        .ok(200);
    assert_ne!(old["secret"], new["secret"]);
    let text_of = |n: usize| json!({"content": format!("Text {n} {}.", word())});
    let status = async |hook: &Value, n: usize| {
        let body = text_of(n).to_string().into_bytes();
        let headers = signed(hook, &format!("msg_{n}"), &body, 0);
        let by_signature = send(&stack, hook, headers, body).await.status;
        let token = text(&hook["token"]);
        let by_token = with_token(&stack, hook, &token, &text_of(n + 10))
            .await
            .status;
        (by_signature, by_token)
    };
    assert_eq!(status(&old, 1).await, (202, 202));
    assert_eq!(status(&new, 2).await, (202, 202));
    let later = "UPDATE webhooks SET previous_until = now() WHERE customer_id = $1";
    stack.sql().await.execute(later, &[&a.id]).await.unwrap();
    assert_eq!(status(&old, 3).await, (401, 401));
    assert_eq!(status(&new, 4).await, (202, 202));
}

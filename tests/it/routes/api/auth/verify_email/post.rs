//! `POST /api/auth/verify-email`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    accounts::{post, user},
};

#[tokio::test]
async fn a_verification_link_works_once_for_its_own_address() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    assert_eq!(user(&a).await["emailVerified"], false);
    let token = stack.mail(&a.email, "Verify", 1).await.token();
    let verify = async |token: &str| post(&stack, "verify-email", json!({"token": token})).await;

    // Changing any character makes the token invalid.
    for position in [0, 30, 60, token.len() - 2] {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let mutant = String::from_utf8(bytes).unwrap();
        verify(&mutant).await.problem(422, "invalid_link");
    }
    // The token of one purpose is invalid for another.
    let reset = json!({"token": token, "newPassword": "a new password, and a long one"});
    post(&stack, "reset-password", reset)
        .await
        .problem(422, "invalid_link");
    let accept = json!({"token": token, "password": "a new password, and a long one"});
    let request = stack
        .http
        .post(stack.url("/api/users/accept"))
        .json(&accept);
    Answer::of(request).await.problem(422, "invalid_link");

    assert_eq!(verify(&token).await.status, 204);
    assert_eq!(user(&a).await["emailVerified"], true);
    assert_eq!(user(&b).await["emailVerified"], false);
    verify(&token).await.problem(422, "invalid_link");

    // A verified user gets no further link; an unverified one gets one per minute.
    let resend = async |access: &str| {
        let url = stack.url("/api/auth/resend-verification");
        Answer::of(stack.http.request(Method::POST, url).bearer_auth(access)).await
    };
    assert_eq!(resend(&a.access).await.status, 204);
    assert_eq!(resend(&b.access).await.status, 202);
    stack.mail(&b.email, "Verify", 2).await;
    let limited = resend(&b.access).await;
    limited.problem(429, "too_many_attempts");
    assert!(limited.headers.contains_key("retry-after"), "{limited}");
    assert_eq!(stack.mails(&a.email).await.len(), 1);
}

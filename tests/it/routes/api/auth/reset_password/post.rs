//! `POST /api/auth/reset-password`.

use serde_json::json;

use crate::support::stack::{
    Answer, Stack, Tenant,
    accounts::{forgot, login, post, user},
    random,
};

#[tokio::test]
async fn a_forgotten_password_is_reset_with_the_emailed_link() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    forgot(&stack, &a.email.to_uppercase()).await;
    let token = stack.mail(&a.email, "new password", 1).await.token();
    let reset = async |token: &str, password: &str| {
        let body = json!({"token": token, "newPassword": password});
        post(&stack, "reset-password", body).await
    };
    // A refused request does not use up the link.
    reset(&token, "short").await.bad_fields(&["/newPassword"]);
    reset(&token, &a.email).await.bad_fields(&["/newPassword"]);
    reset(&token, "Password123!")
        .await
        .bad_fields(&["/newPassword"]);
    let password = format!("new {}", random(20));
    assert_eq!(reset(&token, &password).await.status, 204);
    reset(&token, &random(20))
        .await
        .problem(422, "invalid_link");

    login(&a, &a.password)
        .await
        .problem(401, "invalid_credentials");
    login(&a, &password).await.ok(200);
    login(&b, &b.password).await.ok(200);
    // Open sessions are ended, and the owner is notified.
    let me = stack.http.get(stack.url("/api/auth/me"));
    let me = Answer::of(me.bearer_auth(&a.access)).await;
    me.problem(401, "unauthenticated");
    stack.mail(&a.email, "was changed", 1).await;
    // Access to the mailbox proves ownership of the address.
    assert_eq!(user(&a).await["emailVerified"], true);
    let log = a.get("/api/customers/audit").await.ok(200);
    assert_eq!(log["items"][0]["action"], "user.password_reset");
}

#[tokio::test]
async fn a_reset_link_is_invalid_after_expiry_or_a_password_change() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = |token: &str| json!({"token": token, "newPassword": random(20)});
    for tenant in [&a, &b] {
        forgot(&stack, &tenant.email).await;
        stack.mail(&tenant.email, "new password", 1).await;
    }
    let of = async |tenant: &Tenant| stack.mail(&tenant.email, "new password", 1).await.token();
    let expire = "UPDATE mail_tokens SET expires_at = now() WHERE customer_id = $1";
    stack.sql().await.execute(expire, &[&a.id]).await.unwrap();
    post(&stack, "reset-password", body(&of(&a).await))
        .await
        .problem(422, "invalid_link");
    let change = json!({"currentPassword": b.password, "newPassword": random(24)});
    let request = stack.http.post(stack.url("/api/auth/change-password"));
    let request = request.bearer_auth(&b.access).json(&change);
    Answer::of(request).await.ok(200);
    post(&stack, "reset-password", body(&of(&b).await))
        .await
        .problem(422, "invalid_link");
}

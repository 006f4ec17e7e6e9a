//! Verifying an address, forgetting a password, and what the answers do not tell.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, answer::form, eventually, random, word};

async fn post(stack: &Stack, route: &str, body: Value) -> Answer {
    let request = stack.http.post(stack.url(&format!("/api/auth/{route}")));
    Answer::raw(request.json(&body)).await
}

async fn forgot(stack: &Stack, email: &str) {
    let answer = post(stack, "forgot-password", json!({"email": email})).await;
    assert_eq!((answer.status, answer.body.len()), (202, 0), "{answer}");
}

async fn login(tenant: &Tenant, password: &str) -> Answer {
    let body = json!({"email": tenant.email, "password": password});
    post(&tenant.stack, "login", body).await
}

/// The one user of a tenant, as it is listed.
async fn user(tenant: &Tenant) -> Value {
    tenant.get("/api/users").await.ok(200)["items"][0].clone()
}

#[tokio::test]
async fn an_address_is_verified_by_its_own_link_once() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    assert_eq!(user(&a).await["emailVerified"], false);
    let token = stack.mail(&a.email, "Verify", 1).await.token();
    let verify = async |token: &str| post(&stack, "verify-email", json!({"token": token})).await;

    // A changed letter anywhere is another token, or none.
    for position in [0, 30, 60, token.len() - 2] {
        let mut bytes = token.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let mutant = String::from_utf8(bytes).unwrap();
        verify(&mutant).await.problem(422, "invalid_link");
    }
    // The token of one purpose is none for another.
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

    // Whoever is verified gets no further link; whoever is not, one a minute.
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

#[tokio::test]
async fn a_forgotten_password_is_set_by_whoever_reads_the_mail() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    forgot(&stack, &a.email.to_uppercase()).await;
    let token = stack.mail(&a.email, "new password", 1).await.token();
    let reset = async |token: &str, password: &str| {
        let body = json!({"token": token, "newPassword": password});
        post(&stack, "reset-password", body).await
    };
    // What is refused does not spend the link.
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
    // What was open is closed, and the owner is told.
    let me = stack.http.get(stack.url("/api/auth/me"));
    let me = Answer::of(me.bearer_auth(&a.access)).await;
    me.problem(401, "unauthenticated");
    stack.mail(&a.email, "was changed", 1).await;
    // Whoever reads the mail owns the address.
    assert_eq!(user(&a).await["emailVerified"], true);
    let log = a.get("/api/customers/audit").await.ok(200);
    assert_eq!(log["items"][0]["action"], "user.password_reset");
}

#[tokio::test]
async fn a_link_expires_and_a_changed_password_ends_it() {
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

#[tokio::test]
async fn nobody_learns_by_asking_who_has_an_account() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let nobody = format!("{}@example.com", word());
    forgot(&stack, &nobody).await;
    forgot(&stack, &a.email).await;
    stack.mail(&a.email, "new password", 1).await;
    // The one that was asked for first got nothing.
    assert!(stack.mails(&nobody).await.is_empty());

    let known = login(&a, "not the password").await;
    let body = json!({"email": nobody, "password": "not the password"});
    let unknown = post(&stack, "login", body).await;
    assert_eq!(form(&known), form(&unknown));

    // Three mails an hour; the fourth question is answered like the others.
    for n in 2..=3 {
        forgot(&stack, &a.email).await;
        stack.mail(&a.email, "new password", n).await;
    }
    forgot(&stack, &a.email).await;
    forgot(&stack, &nobody).await;
    eventually("the queue is empty", async || {
        stack.tasks_done().await.then_some(())
    })
    .await;
    let mails = stack.mails(&a.email).await;
    let resets = mails
        .iter()
        .filter(|mail| mail.subject.contains("new password"));
    assert_eq!(resets.count(), 3);
}

#[tokio::test]
async fn a_mail_that_did_not_reach_the_queue_is_sent_by_the_sweep() {
    let stack = Stack::load();
    let a = stack.signup().await;
    stack.mail(&a.email, "Verify", 1).await;
    let lost = "INSERT INTO outbox (customer_id, job, next_attempt_at)
                VALUES ($1::uuid, jsonb_build_object('task', 'verifyEmail', 'v', 1, 'customerId', $1::uuid, 'userId', $2::uuid), now())";
    stack
        .sql()
        .await
        .execute(lost, &[&a.id, &a.user])
        .await
        .unwrap();
    stack.sweep().await;
    stack.mail(&a.email, "Verify", 2).await;
    assert_eq!(
        a.count("SELECT count(*) FROM outbox WHERE customer_id = $1")
            .await,
        0
    );
}

//! A customer's secrets are rotated without ending sessions, or immediately.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, eventually};

async fn rotate(tenant: &Tenant, immediately: bool) -> Value {
    let request = tenant.call(Method::POST, "/api/customers/rotate-secrets");
    Answer::of(request.json(&json!({"immediately": immediately})))
        .await
        .ok(200)
}

async fn me(stack: &Stack, access: &str) -> Answer {
    Answer::of(
        stack
            .http
            .get(stack.url("/api/auth/me"))
            .bearer_auth(access),
    )
    .await
}

async fn refresh(stack: &Stack, token: &str) -> Answer {
    let request = stack.http.post(stack.url("/api/auth/refresh"));
    Answer::of(request.json(&json!({"refreshToken": token}))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_secret_rotation_ends_no_session() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let done = Arc::new(AtomicBool::new(false));
    // Callers with the first token, and callers that log in repeatedly.
    let callers: Vec<_> = (0..4)
        .map(|n| {
            let (stack, a, done) = (stack.clone(), a.clone(), done.clone());
            tokio::spawn(async move {
                let mut requests = 0;
                while !done.load(Ordering::Relaxed) {
                    let access = if n % 2 == 0 {
                        a.access.clone()
                    } else {
                        let login = a.login().await.ok(200);
                        login["accessToken"].as_str().unwrap().to_owned()
                    };
                    me(&stack, &access).await.ok(200);
                    requests += 1;
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                requests
            })
        })
        .collect();
    for version in 2..=4 {
        assert_eq!(rotate(&a, false).await["version"], version);
        // A token of the new secret is accepted even where only the old secret is cached.
        let login = a.login().await.ok(200);
        me(&stack, login["accessToken"].as_str().unwrap())
            .await
            .ok(200);
        refresh(&stack, login["refreshToken"].as_str().unwrap())
            .await
            .ok(200);
    }
    done.store(true, Ordering::Relaxed);
    for caller in callers {
        assert!(caller.await.unwrap() > 0);
    }
    refresh(&stack, &a.refresh).await.ok(200);
    let live =
        "SELECT count(*) FROM customer_secrets WHERE customer_id = $1 AND purpose = 'access_token'
                AND (retires_at IS NULL OR retires_at > now())";
    assert!(a.count(live).await >= 2);
}

#[tokio::test]
async fn an_immediate_rotation_ends_all_sessions_at_once() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    // The functions have the old secret cached.
    me(&stack, &a.access).await.ok(200);
    let login = a.login().await.ok(200);
    assert!(rotate(&a, true).await["sessionsEnded"].as_i64().unwrap() >= 2);
    me(&stack, &a.access).await.problem(401, "unauthenticated");
    let access = login["accessToken"].as_str().unwrap();
    me(&stack, access).await.problem(401, "unauthenticated");
    for token in [&a.refresh, login["refreshToken"].as_str().unwrap()] {
        refresh(&stack, token)
            .await
            .problem(401, "invalid_refresh_token");
    }
    me(&stack, &b.access).await.ok(200);
    let again = a.login().await.ok(200);
    me(&stack, again["accessToken"].as_str().unwrap())
        .await
        .ok(200);
    // Even with the secret valid again, the ended session is refused.
    let revive = "UPDATE customer_secrets SET retires_at = NULL WHERE customer_id = $1";
    stack.sql().await.execute(revive, &[&a.id]).await.unwrap();
    me(&stack, &a.access).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn data_keys_are_rewrapped_after_a_year() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let wrapped = async || -> Vec<u8> {
        let query = "SELECT wrapped_data_key FROM customers WHERE id = $1";
        stack
            .sql()
            .await
            .query_one(query, &[&a.id])
            .await
            .unwrap()
            .get(0)
    };
    let before = wrapped().await;
    stack.sweep().await;
    assert_eq!(wrapped().await, before);
    let age =
        "UPDATE customers SET data_key_wrapped_at = now() - interval '367 days' WHERE id = $1";
    stack.sql().await.execute(age, &[&a.id]).await.unwrap();
    eventually("the key is rewrapped", async || {
        stack.sweep().await;
        (wrapped().await != before).then_some(())
    })
    .await;
    // Secrets sealed under it can still be opened.
    a.login().await.ok(200);
    me(&stack, &a.access).await.ok(200);
}

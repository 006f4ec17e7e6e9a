//! `POST /api/customers/api-key`.

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack, answer::text, keys::with};

#[tokio::test]
async fn replacing_the_default_key_leaves_exactly_one() {
    let stack = Stack::load();
    let (mut a, b) = tokio::join!(stack.signup(), stack.signup());
    let old = a.key.clone();
    let made = a.post("/api/customers/api-key", &json!({})).await.ok(201);
    assert_eq!(
        (&made["isDefault"], &made["name"]),
        (&true.into(), &"default".into())
    );
    with(&stack, &old, Method::GET, "/api/auth/me")
        .await
        .problem(401, "unauthenticated");
    a.key = text(&made["apiKey"]);
    a.get("/api/auth/me").await.ok(200);
    b.get("/api/auth/me").await.ok(200);

    // Of eight concurrent replacements, one key remains.
    let request = || {
        let url = stack.url("/api/customers/api-key");
        Answer::of(stack.http.post(url).bearer_auth(&a.access))
    };
    let answers = join_all((0..8).map(|_| request())).await;
    let mut live = 0;
    for answer in &answers {
        let key = text(&answer.ok(201)["apiKey"]);
        live += u16::from(with(&stack, &key, Method::GET, "/api/auth/me").await.status == 200);
    }
    assert_eq!(live, 1);
    let defaults = "SELECT count(*) FROM api_keys WHERE customer_id = $1 AND is_default AND revoked_at IS NULL";
    assert_eq!(a.count(defaults).await, 1);
}

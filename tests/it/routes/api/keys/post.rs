//! `POST /api/keys`.

use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::stack::{Stack, answer::text, keys::with};

#[tokio::test]
async fn each_invalid_field_of_a_key_is_reported() {
    let a = Stack::load().signup().await;
    for (change, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": "a\nb"}), "/name"),
        (json!({"name": "x".repeat(101)}), "/name"),
        (json!({"scopes": []}), "/scopes"),
        (json!({"scopes": ["documents:all"]}), "/scopes/0"),
        (json!({"scopes": "search"}), "/scopes"),
        (json!({"requestsPerMinute": 0}), "/requestsPerMinute"),
        (json!({"requestsPerMinute": -1}), "/requestsPerMinute"),
        (json!({"expiresAt": "2020-01-01T00:00:00Z"}), "/expiresAt"),
        (json!({"expiresAt": "tomorrow"}), "/expiresAt"),
        (json!({"secret": "mine"}), "/secret"),
    ] {
        let mut body = json!({"name": "n", "scopes": ["search"]});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        a.post("/api/keys", &body).await.bad_fields(&[pointer]);
    }
    let keys = "SELECT count(*) FROM api_keys WHERE customer_id = $1";
    assert_eq!(a.count(keys).await, 1);
}

#[tokio::test]
async fn concurrent_requests_do_not_exceed_the_key_limit() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let fill = "INSERT INTO api_keys (customer_id, id, name, public_id, secret_hash, scopes)
                SELECT $1, gen_random_uuid(), 'filler', gen_random_uuid()::text, decode(repeat('00', 32), 'hex'), '{search}'
                FROM generate_series(1, 96)";
    stack.sql().await.execute(fill, &[&a.id]).await.unwrap();
    let body = json!({"name": "n", "scopes": ["search"]});
    let answers = join_all((0..8).map(|_| a.post("/api/keys", &body))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 3, "97 exist, the limit is 100");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.problem(409, "key_limit");
    }
    b.post("/api/keys", &body).await.ok(201);
    // Page by page, each once.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = a.get(&format!("/api/keys?limit=30{cursor}")).await.ok(200);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| text(&key["id"])),
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 100);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 100);
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let soon = (chrono::Utc::now() + chrono::TimeDelta::hours(1)).to_rfc3339();
    let body = json!({"name": "n", "scopes": ["search"], "expiresAt": soon});
    let made = a.post("/api/keys", &body).await.ok(201);
    let key = text(&made["apiKey"]);
    assert_eq!(
        with(&stack, &key, Method::GET, "/api/auth/me").await.status,
        200
    );
    let id: Uuid = made["id"].as_str().unwrap().parse().unwrap();
    let expire = "UPDATE api_keys SET expires_at = now() WHERE id = $1";
    stack.sql().await.execute(expire, &[&id]).await.unwrap();
    with(&stack, &key, Method::GET, "/api/auth/me")
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn each_invalid_field_of_a_bound_key_is_reported() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (own, theirs) = (a.collection("Own").await, b.collection("Theirs").await);
    let many: Vec<String> = (0..51).map(|_| Uuid::new_v4().to_string()).collect();
    for (scopes, ids, pointers) in [
        (json!(["search"]), json!([]), &["/collectionIds"][..]),
        (json!(["search"]), json!(many), &["/collectionIds"]),
        (
            json!(["search"]),
            json!([own, theirs]),
            &["/collectionIds/1"],
        ),
        (
            json!(["search"]),
            json!([Uuid::nil()]),
            &["/collectionIds/0"],
        ),
        (json!(["search", "webhooks"]), json!([own]), &["/scopes"]),
        (json!(["metrics"]), json!([own]), &["/scopes"]),
        (json!(["admin:tenant"]), json!([own]), &["/scopes"]),
    ] {
        let body = json!({"name": "n", "scopes": scopes, "collectionIds": ids});
        a.post("/api/keys", &body).await.bad_fields(pointers);
    }
    let body = json!({"name": "n", "scopes": ["search"], "collectionIds": [own, own]});
    let made = a.post("/api/keys", &body).await.ok(201);
    assert_eq!(made["collectionIds"], json!([own]));
}

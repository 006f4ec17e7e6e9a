//! `PUT /api/customers/chat-providers/{name}`.

use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    chat::{MODEL, PROVIDER},
    word,
};

#[tokio::test]
async fn a_provider_is_replaced_with_its_key_and_audited() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let key = a.own_chat_models().await;
    let log = a.get("/api/customers/audit").await.ok(200);
    let set = log["items"].as_array().unwrap().iter();
    let set: Vec<_> = set
        .filter(|line| line["action"] == "chat_provider.set")
        .collect();
    assert_eq!(
        set[0]["details"],
        json!({"provider": "fake", "models": ["large", "small"], "hasApiKey": true})
    );
    assert!(!log.to_string().contains(&key), "{log}");
    let sealed = "SELECT ciphertext FROM chat_providers WHERE customer_id = $1";
    let sql = stack.sql().await;
    let row = sql.query_one(sealed, &[&a.id]).await.unwrap();
    let ciphertext: Vec<u8> = row.get(0);
    let bytes = key.as_bytes();
    assert!(!ciphertext.windows(bytes.len()).any(|part| part == bytes));

    // Without a key the provider has none, also if it had one.
    let body = json!({"models": [{"name": "large"}]});
    assert_eq!(a.put(PROVIDER, &body).await.status, 204);
    let listed = a.get("/api/customers/chat-providers").await.ok(200);
    assert_eq!(listed["items"][0]["hasApiKey"], false);
}

#[tokio::test]
async fn a_provider_is_one_that_the_deployment_allows_and_every_bad_field_is_named() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let good = json!({"models": [{"name": "m"}]});
    for name in ["unknown", "Fake"] {
        let path = format!("/api/customers/chat-providers/{name}");
        let refused = a.put(&path, &good).await;
        assert_eq!(refused.status, 404, "{name}: {refused}");
    }
    let models = |models: serde_json::Value| json!({"models": models});
    for (body, field) in [
        (models(json!([])), "/models"),
        (models(json!([{"name": ""}])), "/models/0/name"),
        (
            models(json!([{"name": "m"}, {"name": "m"}])),
            "/models/1/name",
        ),
        (
            models(json!([{"name": "m", "contextTokens": 5}])),
            "/models/0/contextTokens",
        ),
        (
            models(json!([{"name": "m", "price": "1"}])),
            "/models/0/price",
        ),
        (
            json!({"models": [{"name": "m"}], "apiKey": "short"}),
            "/apiKey",
        ),
        (
            json!({"models": [{"name": "m"}], "url": "https://a.example"}),
            "/url",
        ),
    ] {
        a.put(PROVIDER, &body).await.bad_fields(&[field]);
    }
    let config = json!({"chatModels": [MODEL, "nonsense"]});
    let refused = a.put("/api/customers/config", &config).await;
    refused.bad_fields(&["/chatModels/1"]);
    let config = json!({"chatModels": [MODEL]});
    let refused = a.put("/api/customers/config", &config).await;
    refused.bad_fields(&["/chatModels/0"]);
}

#[tokio::test]
async fn no_key_is_kept_before_an_address_is_verified() {
    let stack = Stack::load();
    let a = stack.signup_unverified().await;
    let body = json!({"models": [{"name": "m"}], "apiKey": "sk-0123456789"});
    a.put(PROVIDER, &body)
        .await
        .problem(403, "email_not_verified");
    let key = a.key_with(&["chat"]).await;
    let request = stack.http.put(stack.url(PROVIDER)).header("x-api-key", key);
    Answer::of(request.json(&body))
        .await
        .problem(403, "missing_scope");
}

#[tokio::test]
async fn a_key_opens_for_the_provider_that_it_was_given_for_alone() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mark = word();
    let id = a.add("T", &format!("A text about {mark}.")).await;
    a.completed(&id).await;
    a.own_chat_models().await;
    let other = json!({"models": [{"name": "large"}], "apiKey": "sk-of-another-0123456789"});
    let path = "/api/customers/chat-providers/openai";
    assert_eq!(a.put(path, &other).await.status, 204);
    let body = json!({"query": mark, "mode": "text", "rewrite": true});
    a.post("/search", &body).await.ok(200);
    let seen = stack.chat_seen_with(&mark).await.len();
    assert!(seen > 0);
    // The row of one provider with the sealed key of the other.
    let copy = "UPDATE chat_providers c SET nonce = o.nonce, ciphertext = o.ciphertext FROM chat_providers o
        WHERE c.customer_id = $1 AND o.customer_id = $1 AND c.name = 'fake' AND o.name = 'openai'";
    let sql = stack.sql().await;
    assert_eq!(sql.execute(copy, &[&a.id]).await.unwrap(), 1);
    a.post("/search", &body)
        .await
        .problem(500, "internal_error");
    assert_eq!(stack.chat_seen_with(&mark).await.len(), seen);
}

//! `GET /api/auth/me`.

use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant};

async fn me(tenant: &Tenant) -> Answer {
    tenant.get("/api/auth/me").await
}

#[tokio::test]
async fn a_caller_sees_its_identity_and_scopes() {
    let tenant = Stack::load().signup().await;
    let by_key = me(&tenant).await.ok(200);
    assert_eq!(
        (&by_key["kind"], &by_key["customerId"]),
        (&"apiKey".into(), &tenant.id.to_string().into())
    );
    let user = tenant.user_with("user").await;
    let request = tenant
        .stack
        .http
        .get(tenant.stack.url("/api/auth/me"))
        .bearer_auth(user);
    let by_token = Answer::of(request).await.ok(200);
    assert_eq!(
        (&by_token["kind"], &by_token["role"]),
        (&"user".into(), &"user".into())
    );
    assert_eq!(by_token["scopes"], json!(["search", "chat"]));
    for secret in [
        &tenant.key,
        &tenant.access,
        &tenant.refresh,
        &tenant.password,
    ] {
        assert!(!by_token.to_string().contains(secret.as_str()));
    }
    assert!(
        by_token["config"]["maxFileBytes"].as_i64() == Some(52_428_800),
        "{by_token}"
    );
    // It sees the settings for its work, not those of the account.
    for (name, shown) in [
        ("chunking", true),
        ("monthlyBudgetUsd", false),
        ("maxDocuments", false),
    ] {
        assert_eq!(by_token["config"].get(name).is_some(), shown, "{by_token}");
        assert!(by_key["config"].get(name).is_some(), "{by_key}");
    }
    assert!(matches!(by_key["scopes"], Value::Array(ref scopes) if scopes.len() == 7));
}

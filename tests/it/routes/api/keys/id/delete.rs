//! `DELETE /api/keys/{id}`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Stack,
    answer::text,
    keys::{revoke, with},
};

#[tokio::test]
async fn a_key_works_within_its_scopes_until_it_is_revoked() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let wanted = json!({"name": " n8n ", "scopes": ["search", "documents:read", "search"], "requestsPerMinute": 50});
    let made = a.post("/api/keys", &wanted).await.ok(201);
    assert_eq!(made["name"], "n8n");
    assert_eq!(made["scopes"], json!(["documents:read", "search"]));
    assert_eq!(
        (&made["isDefault"], &made["requestsPerMinute"]),
        (&false.into(), &50.into())
    );
    let (key, id) = (text(&made["apiKey"]), text(&made["id"]));
    assert!(key.starts_with(made["prefix"].as_str().unwrap()), "{made}");

    let listed = a.get("/api/keys").await.ok(200);
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{listed}");
    assert_eq!(
        (&items[0]["id"], &items[1]["isDefault"]),
        (&made["id"], &true.into())
    );
    let secret = key.rsplit('_').next().unwrap();
    assert!(!listed.to_string().contains(secret), "{listed}");

    assert_eq!(
        with(&stack, &key, Method::GET, "/api/documents")
            .await
            .status,
        200
    );
    with(&stack, &key, Method::GET, "/api/keys")
        .await
        .problem(403, "missing_scope");
    let now = a.get("/api/keys").await.ok(200);
    assert!(now["items"][0]["lastUsedAt"].is_string(), "{now}");

    // Another tenant cannot revoke it.
    revoke(&b, &id).await.problem(404, "not_found");
    assert_eq!(
        with(&stack, &key, Method::GET, "/api/documents")
            .await
            .status,
        200
    );
    assert_eq!(revoke(&a, &id).await.status, 204);
    with(&stack, &key, Method::GET, "/api/documents")
        .await
        .problem(401, "unauthenticated");
    revoke(&a, &id).await.problem(404, "not_found");
    assert_eq!(
        a.get("/api/keys").await.ok(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

//! `GET /api/collections`.

use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn callers_that_can_search_can_see_collections() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.collection("Handbook").await;
    let bearers = [
        a.user_with("user").await,
        a.key_with(&["search"]).await,
        a.key_with(&["documents:read"]).await,
    ];
    let path = format!("/api/collections/{id}");
    let get = |bearer: &str, path: &str| {
        let request = stack.http.get(stack.url(path));
        Answer::of(request.bearer_auth(bearer))
    };
    for bearer in &bearers {
        let listed = get(bearer, "/api/collections").await.ok(200);
        assert_eq!(listed["items"][0]["id"], json!(id));
        assert_eq!(get(bearer, &path).await.ok(200)["name"], "Handbook");
    }
    let writing = a.key_with(&["documents:write"]).await;
    let refused = get(&writing, "/api/collections").await;
    let refused = refused.problem(403, "missing_scope");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("documents:read or search"), "{refused}");
    // They can do nothing more.
    for bearer in &bearers[..2] {
        get(bearer, "/api/documents")
            .await
            .problem(403, "missing_scope");
        let request = stack.http.delete(stack.url(&path)).bearer_auth(bearer);
        Answer::of(request).await.problem(403, "missing_scope");
    }
}

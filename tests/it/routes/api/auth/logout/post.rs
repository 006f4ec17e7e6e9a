//! `POST /api/auth/logout`.

use serde_json::json;

use crate::support::stack::{
    Stack,
    sessions::{me, post, refresh, tokens},
};

#[tokio::test]
async fn a_logout_ends_one_session_or_all() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let first = tokens(&a.login().await.ok(200));
    let second = tokens(&a.login().await.ok(200));
    let out = post(&stack, &first.access, "logout", None).await;
    assert_eq!((out.status, out.body.len()), (204, 0));
    assert_eq!(me(&stack, &first.access).await, 401);
    refresh(&stack, &first.refresh)
        .await
        .problem(401, "invalid_refresh_token");
    assert_eq!(me(&stack, &second.access).await, 200);
    assert_eq!(me(&stack, &a.access).await, 200);

    let everywhere = Some(json!({"everywhere": true}));
    let out = post(&stack, &second.access, "logout", everywhere).await;
    assert_eq!(out.status, 204);
    for tokens in [&second.access, &a.access] {
        assert_eq!(me(&stack, tokens).await, 401);
    }
    assert_eq!(me(&stack, &b.access).await, 200);
    // Keys have no session, and keep working.
    a.post("/api/auth/logout", &json!({}))
        .await
        .problem(403, "user_required");
    a.get("/api/auth/me").await.ok(200);
}

//! `POST /oauth/revoke`.

use serde_json::json;

use crate::support::stack::{
    Stack,
    oauth::{Fields, REDIRECT, refused},
};

#[tokio::test]
async fn a_client_gives_its_tokens_back() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let client = stack.client(&[REDIRECT]).await;
    let form = |token: &str| -> Fields { [("token", token.to_owned())].into() };
    for of in ["access", "refresh"] {
        let tokens = client.connect(&a, "search").await;
        let other = client.connect(&a, "search").await;
        let token = match of {
            "access" => &tokens.access,
            _ => &tokens.refresh,
        };
        assert_eq!(stack.oauth("/oauth/revoke", &form(token)).await.status, 200);
        let answer = stack.mcp_answer(&tokens.access, "ping", json!({})).await;
        answer.problem(401, "unauthenticated");
        let answer = stack
            .oauth("/oauth/token", &client.refreshing(&tokens.refresh))
            .await;
        assert_eq!(refused(&answer), "invalid_grant");
        // The other is as before; a token that is none is revoked already.
        stack.mcp_method(&other.access, "ping", json!({})).await;
        for none in [token.as_str(), "x", a.access.as_str()] {
            assert_eq!(stack.oauth("/oauth/revoke", &form(none)).await.status, 200);
        }
        a.get("/api/documents").await.ok(200);
    }
    assert_eq!(
        refused(&stack.oauth("/oauth/revoke", &Fields::new()).await),
        "invalid_request"
    );
}

//! `DELETE /api/oauth/grants/{id}`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    oauth::{REDIRECT, refused},
};

#[tokio::test]
async fn a_user_ends_what_a_client_may_do() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let client = stack.client(&[REDIRECT]).await;
    let tokens = client.connect(&a, "search").await;
    let list = Answer::of(a.call_as_user(Method::GET, "/api/oauth/grants"))
        .await
        .ok(200);
    let path = format!(
        "/api/oauth/grants/{}",
        list["items"][0]["id"].as_str().unwrap()
    );
    Answer::of(b.call_as_user(Method::DELETE, &path))
        .await
        .problem(404, "not_found");
    stack.mcp_method(&tokens.access, "ping", json!({})).await;
    let ended = Answer::of(a.call_as_user(Method::DELETE, &path)).await;
    assert_eq!(ended.status, 204, "{ended}");
    let answer = stack.mcp_answer(&tokens.access, "ping", json!({})).await;
    answer.problem(401, "unauthenticated");
    let answer = stack
        .oauth("/oauth/token", &client.refreshing(&tokens.refresh))
        .await;
    assert_eq!(refused(&answer), "invalid_grant");
    Answer::of(a.call_as_user(Method::DELETE, &path))
        .await
        .problem(404, "not_found");
    // A session of a login is no grant.
    let sql = "SELECT count(*) FROM sessions WHERE customer_id = $1 AND ended_at IS NULL";
    assert_eq!(a.count(sql).await, 1);
    let revoked =
        "SELECT count(*) FROM audit_log WHERE customer_id = $1 AND action = 'client.revoked'";
    assert_eq!(a.count(revoked).await, 1);
}

//! `POST /oauth/token`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack,
    oauth::{REDIRECT, refused, with},
    word,
};

#[tokio::test]
async fn a_client_calls_tools_with_what_it_was_granted() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let id = a.add("Manual", &format!("About {mark}.")).await;
    a.completed(&id).await;
    let client = stack.client(&[REDIRECT]).await;
    let ours = client.connect(&a, "search documents:read").await;
    let theirs = client.connect(&b, "search documents:read").await;
    let find = json!({"name": "search", "arguments": {"query": mark}});
    let found = stack
        .mcp_method(&ours.access, "tools/call", find.clone())
        .await;
    assert_eq!(
        found["structuredContent"]["results"][0]["id"],
        format!("{id}:1")
    );
    let none = stack.mcp_method(&theirs.access, "tools/call", find).await;
    assert_eq!(none["structuredContent"]["results"], json!([]));
    let list = stack
        .mcp_method(&ours.access, "tools/list", json!({}))
        .await;
    assert!(!list.to_string().contains("document_delete"), "{list}");
    let delete = json!({"name": "document_delete", "arguments": {"documentId": id}});
    let refused = stack.mcp_method(&ours.access, "tools/call", delete).await;
    assert_eq!(refused["isError"], true, "{refused}");

    // A token refreshes once, and again within ten seconds of a lost answer.
    let next = client.tokens(&client.refreshing(&ours.refresh)).await;
    assert_eq!(next.scope, ours.scope);
    let lost = client.tokens(&client.refreshing(&ours.refresh)).await;
    assert_eq!(lost.refresh, next.refresh);
    stack.mcp_method(&next.access, "ping", json!({})).await;
    // Scopes that we do not have are ignored.
    let scope = with(
        &client.refreshing(&next.refresh),
        &[("scope", "openid search")],
    );
    client.tokens(&scope).await;
}

#[tokio::test]
async fn a_users_client_cannot_do_what_the_user_may_not() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let email = format!("u-{}@example.com", word());
    a.add_user_at(&email, "user").await;
    let client = stack.client(&[REDIRECT]).await;
    let asked = client.request("search documents:write metrics");
    let code = client.code(&asked, (&email, &a.password)).await;
    let tokens = client.tokens(&client.exchange(&code)).await;
    assert_eq!(tokens.scope, "search");
    let add = json!({"name": "document_add", "arguments": {"title": "T", "content": "c"}});
    let refused = stack.mcp_method(&tokens.access, "tools/call", add).await;
    assert_eq!(refused["isError"], true, "{refused}");
    // A user who holds none of the requested scopes is refused.
    let asked = client.request("documents:write");
    let page = stack.consent_page(&asked).await;
    let form = client.allowing(&page, &asked, (&email, &a.password));
    let answer = Answer::of(stack.consent(&page.cookie, &form)).await;
    assert_eq!(answer.status, 403, "{answer}");
}

#[tokio::test]
async fn a_token_for_one_audience_is_refused_by_the_other() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let client = stack.client(&[REDIRECT]).await;
    let tokens = client.connect(&a, "search documents:read").await;
    // That of a client at the API, and both refresh tokens at the other's endpoint.
    for token in [&tokens.access, &tokens.refresh] {
        for path in ["/api/auth/me", "/api/documents"] {
            let request = stack.http.get(stack.url(path)).bearer_auth(token);
            Answer::of(request).await.problem(401, "unauthenticated");
        }
    }
    let refresh = stack.http.post(stack.url("/api/auth/refresh"));
    let answer = Answer::of(refresh.json(&json!({"refreshToken": tokens.refresh}))).await;
    answer.problem(401, "invalid_refresh_token");
    let answer = stack
        .oauth("/oauth/token", &client.refreshing(&a.refresh))
        .await;
    assert_eq!(refused(&answer), "invalid_grant");
    // That of a login, and a refresh token, at the MCP server.
    for token in [&a.access, &tokens.refresh, &a.refresh] {
        let answer = stack.mcp_answer(token, "ping", json!({})).await;
        answer.problem(401, "unauthenticated");
    }
    // The controls.
    stack.mcp_method(&tokens.access, "ping", json!({})).await;
    Answer::of(a.call_as_user(Method::GET, "/api/auth/me"))
        .await
        .ok(200);
}

#[tokio::test]
async fn requests_for_tokens_are_checked() {
    let stack = Stack::load();
    let client = stack.client(&[REDIRECT]).await;
    let whole = client.exchange("x");
    for (changes, error) in [
        (&[][..], "invalid_grant"),
        (&[("grant_type", "")], "invalid_request"),
        (&[("grant_type", "password")], "unsupported_grant_type"),
        (
            &[("grant_type", "client_credentials")],
            "unsupported_grant_type",
        ),
        (&[("code", "")], "invalid_request"),
        (&[("code_verifier", "")], "invalid_request"),
        (&[("redirect_uri", "")], "invalid_request"),
        (&[("client_id", "")], "invalid_request"),
        (
            &[("resource", "https://evil.example/mcp")],
            "invalid_target",
        ),
        (&[("grant_type", "refresh_token")], "invalid_request"),
    ] {
        let answer = stack.oauth("/oauth/token", &with(&whole, changes)).await;
        assert_eq!(refused(&answer), error, "{changes:?}");
    }
    let json = stack.http.post(stack.url("/oauth/token")).json(&json!({}));
    let answer = Answer::of(json).await;
    assert_eq!(
        (answer.status, refused(&answer).as_str()),
        (415, "invalid_request")
    );
    let twice = stack.http.post(stack.url("/oauth/token"));
    let twice = twice.header("content-type", "application/x-www-form-urlencoded");
    let answer =
        Answer::of(twice.body("grant_type=refresh_token&grant_type=authorization_code")).await;
    let body: Value = answer.json();
    assert_eq!(
        (answer.status, &body["error"]),
        (400, &json!("invalid_request")),
        "{answer}"
    );
}

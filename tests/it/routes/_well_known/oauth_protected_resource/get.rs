//! `GET /.well-known/oauth-protected-resource`.

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn a_client_learns_from_a_401_where_to_get_a_token() {
    let stack = Stack::load();
    let request = stack.http.post(stack.url("/mcp")).body("{}");
    let refused = Answer::of(request).await;
    refused.problem(401, "unauthenticated");
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(!challenge.contains("error"), "{challenge}");
    let expired = stack
        .mcp_answer("e30.e30.c2ln", "ping", serde_json::json!({}))
        .await;
    let of_token = expired.header("www-authenticate").unwrap();
    assert!(
        of_token.starts_with("Bearer error=\"invalid_token\", resource_metadata="),
        "{of_token}"
    );
    let (_, metadata) = challenge.split_once("resource_metadata=\"").unwrap();
    let metadata = metadata.trim_end_matches('"');
    for url in [metadata, metadata.trim_end_matches("/mcp")] {
        let resource = Answer::of(stack.http.get(url)).await.ok(200);
        assert_eq!(resource["resource"], stack.url("/mcp"));
        assert_eq!(resource["authorization_servers"][0], stack.url(""));
    }
}

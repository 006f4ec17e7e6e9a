//! `GET /.well-known/oauth-authorization-server`.

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn the_server_says_what_it_does() {
    let stack = Stack::load();
    let path = "/.well-known/oauth-authorization-server";
    let server = Answer::of(stack.http.get(stack.url(path))).await.ok(200);
    assert_eq!(server["issuer"], stack.url(""));
    for (member, path) in [
        ("authorization_endpoint", "/oauth/authorize"),
        ("token_endpoint", "/oauth/token"),
        ("registration_endpoint", "/oauth/register"),
        ("revocation_endpoint", "/oauth/revoke"),
    ] {
        assert_eq!(server[member], stack.url(path));
    }
    assert_eq!(server["code_challenge_methods_supported"][0], "S256");
    assert_eq!(
        server["code_challenge_methods_supported"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(server["token_endpoint_auth_methods_supported"][0], "none");
}

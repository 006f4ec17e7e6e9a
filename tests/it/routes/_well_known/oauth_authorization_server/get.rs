//! `GET /.well-known/oauth-authorization-server`.

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn the_server_says_what_it_does() {
    let stack = Stack::load();
    let mut answers = Vec::new();
    for path in ["oauth-authorization-server", "openid-configuration"] {
        let request = stack.http.get(stack.url(&format!("/.well-known/{path}")));
        answers.push(Answer::of(request).await.ok(200));
    }
    assert_eq!(answers[0], answers[1]);
    let server = &answers[0];
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

//! `GET /.well-known/openid-configuration`.

use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn below_a_path_clients_find_the_same_with_what_they_insist_on() {
    let stack = Stack::load();
    let get = async |path: &str| {
        let request = stack.http.get(stack.url(&format!("/.well-known/{path}")));
        Answer::of(request).await.ok(200)
    };
    let (server, openid) = (
        get("oauth-authorization-server").await,
        get("openid-configuration").await,
    );
    for (member, value) in server.as_object().unwrap() {
        assert_eq!(&openid[member], value, "{member}");
    }
    assert_eq!(openid["jwks_uri"], stack.url("/oauth/keys"));
    assert_eq!(openid["subject_types_supported"], json!(["public"]));
    assert_eq!(openid["id_token_signing_alg_values_supported"], json!([]));
}

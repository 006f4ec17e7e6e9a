//! `POST /oauth/register`.

use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    oauth::{REDIRECT, refused, with},
};

#[tokio::test]
async fn a_client_registers_itself_and_is_forgotten_in_time() {
    let stack = Stack::load();
    let body = json!({
        "client_name": "Claude", "redirect_uris": ["https://claude.ai/cb"], "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code"], "software_id": "x",
    });
    let client = stack.register(&body).await.ok(201);
    assert!(client["client_id"].as_str().unwrap().starts_with("drc_"));
    assert_eq!(client["token_endpoint_auth_method"], "none");
    assert!(client.get("client_secret").is_none());
    for (redirect_uris, error) in [
        (json!([]), "invalid_redirect_uri"),
        (json!(["http://client.example/cb"]), "invalid_redirect_uri"),
        (json!(["javascript:alert(1)"]), "invalid_redirect_uri"),
        (
            json!("https://client.example/cb"),
            "invalid_client_metadata",
        ),
        (json!([7]), "invalid_client_metadata"),
    ] {
        let answer = stack
            .register(&json!({"redirect_uris": redirect_uris}))
            .await;
        assert_eq!(refused(&answer), error, "{redirect_uris}");
    }
    let request = stack.http.post(stack.url("/oauth/register"));
    let answer = Answer::of(request.header("content-type", "application/json").body("{")).await;
    assert_eq!(refused(&answer), "invalid_client_metadata");

    // For a day, until a user consents; then for 90 after its last use.
    let sql = stack.sql().await;
    let id = client["client_id"].as_str().unwrap();
    let days = async || -> i64 {
        let days = "SELECT round(extract(epoch FROM expires_at - now()) / 86400)::bigint FROM oauth_clients WHERE id = $1";
        sql.query_one(days, &[&id]).await.unwrap().get(0)
    };
    assert_eq!(days().await, 1);
    let a = stack.signup().await;
    let mut same = stack.client(&[REDIRECT]).await;
    id.clone_into(&mut same.id);
    let asked = with(
        &same.request("search"),
        &[("redirect_uri", "https://claude.ai/cb")],
    );
    stack.consent_page(&asked).await;
    assert_eq!(days().await, 1);
    same.code(&asked, (&a.email, &a.password)).await;
    assert_eq!(days().await, 90);
    let expire = "UPDATE oauth_clients SET expires_at = now() - interval '1 second' WHERE id = $1";
    sql.execute(expire, &[&id]).await.unwrap();
    stack.sweep().await;
    let left = "SELECT count(*) FROM oauth_clients WHERE id = $1";
    let left: i64 = sql.query_one(left, &[&id]).await.unwrap().get(0);
    assert_eq!(left, 0);
}

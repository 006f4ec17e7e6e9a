//! `POST /api/auth/login`.

use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn a_login_returns_tokens_and_a_failure_gives_no_reason() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let login = a.login().await.ok(200);
    assert_eq!(login["user"]["id"], json!(a.user));
    assert!(login["accessToken"].is_string() && login["refreshToken"].is_string());
    let post = async |body| {
        let request = stack.http.post(stack.url("/api/auth/login"));
        Answer::of(request.json(&body)).await
    };
    for (email, password) in [(&a.email, &b.password), (&b.email, &a.password)] {
        post(json!({"email": email, "password": password}))
            .await
            .problem(401, "invalid_credentials");
    }
    post(json!({"email": a.email}))
        .await
        .bad_fields(&["/password"]);
}

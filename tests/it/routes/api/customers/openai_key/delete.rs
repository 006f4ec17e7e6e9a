//! `DELETE /api/customers/openai-key`.

use reqwest::Method;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn a_customer_removes_its_own_provider_key() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    stack.seal_secret(a.id, "openai_key", b"sk-x").await;
    let path = "/api/customers/openai-key";
    Answer::of(b.call(Method::DELETE, path))
        .await
        .problem(404, "not_found");
    assert_eq!(Answer::of(a.call(Method::DELETE, path)).await.status, 204);
    Answer::of(a.call(Method::DELETE, path))
        .await
        .problem(404, "not_found");
}

//! `DELETE /api/webhooks/{id}`.

use reqwest::Method;

use crate::support::stack::{Answer, Stack, answer::text, webhooks::manual};

#[tokio::test]
async fn a_webhook_is_deleted_by_its_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = format!("/api/webhooks/{}", text(&manual(&a).await["id"]));
    Answer::of(b.call(Method::DELETE, &path))
        .await
        .problem(404, "not_found");
    assert_eq!(Answer::of(a.call(Method::DELETE, &path)).await.status, 204);
    a.get(&path).await.problem(404, "not_found");
    Answer::of(a.call(Method::DELETE, &path))
        .await
        .problem(404, "not_found");
}

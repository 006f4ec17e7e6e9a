//! `DELETE /api/customers/chat-providers/{name}`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack, chat::PROVIDER};

#[tokio::test]
async fn a_provider_is_deleted_with_its_key() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.own_chat_models().await;
    let theirs = Answer::of(b.call(Method::DELETE, PROVIDER)).await;
    theirs.problem(404, "not_found");
    assert_eq!(
        Answer::of(a.call(Method::DELETE, PROVIDER)).await.status,
        204
    );
    let rows = "SELECT count(*) FROM chat_providers WHERE customer_id = $1";
    assert_eq!(a.count(rows).await, 0);
    let again = Answer::of(a.call(Method::DELETE, PROVIDER)).await;
    again.problem(404, "not_found");
    // The configuration may still name its models: they are left out.
    let search = json!({"query": "anything", "rewrite": true, "mode": "text"});
    let id = a.add("T", "Something to find.").await;
    a.completed(&id).await;
    let refused = a.post("/search", &search).await;
    refused.bad_fields(&["/rewrite"]);
}

//! `DELETE /api/customers/reranker`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack, reranker::PATH};

#[tokio::test]
async fn a_reranker_is_deleted_with_its_key() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = json!({"url": "https://rerank.example.com/", "model": "m", "apiKey": "sk-own-0123456789abcdefgh"});
    assert_eq!(a.put(PATH, &body).await.status, 204);
    Answer::of(b.call(Method::DELETE, PATH))
        .await
        .problem(404, "not_found");
    assert_eq!(Answer::of(a.call(Method::DELETE, PATH)).await.status, 204);
    a.get(PATH).await.problem(404, "not_found");
    let sealed =
        "SELECT count(*) FROM customer_secrets WHERE customer_id = $1 AND purpose = 'reranker_key'";
    assert_eq!(a.count(sealed).await, 0);
    Answer::of(a.call(Method::DELETE, PATH))
        .await
        .problem(404, "not_found");
    let log = a.get("/api/customers/audit").await.ok(200);
    assert_eq!(log["items"][0]["action"], "reranker.deleted");
    let search = json!({"query": "anything", "mode": "text", "rerank": true});
    a.post("/search", &search).await.bad_fields(&["/rerank"]);
}

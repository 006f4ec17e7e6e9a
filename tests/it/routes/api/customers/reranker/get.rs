//! `GET /api/customers/reranker`.

use serde_json::json;

use crate::support::stack::{Stack, reranker::PATH};

#[tokio::test]
async fn a_reranker_is_shown_to_its_customer_without_its_key() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.get(PATH).await.problem(404, "not_found");
    let body = json!({"url": "https://rerank.example.com/v1/rerank", "model": "m", "apiKey": "sk-own-0123456789abcdefgh"});
    assert_eq!(a.put(PATH, &body).await.status, 204);
    let shown = a.get(PATH).await.ok(200);
    assert_eq!(shown["url"], "https://rerank.example.com/v1/rerank");
    assert_eq!(shown["hasApiKey"], true);
    assert!(shown["usdPerThousandSearches"].is_null(), "{shown}");
    assert!(!shown.to_string().contains("0123456789"), "{shown}");
    b.get(PATH).await.problem(404, "not_found");
}

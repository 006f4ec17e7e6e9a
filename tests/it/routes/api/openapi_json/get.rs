//! `GET /api/openapi.json`.

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn the_openapi_document_is_public() {
    let stack = Stack::load();
    let request = stack.http.get(stack.url("/api/openapi.json"));
    let document = Answer::of(request).await.ok(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"].get("/api/openapi.json").is_some());
}

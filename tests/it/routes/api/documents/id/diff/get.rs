//! `GET /api/documents/{id}/diff`.

use serde_json::json;

use crate::support::stack::{Stack, versions::two};

#[tokio::test]
async fn two_versions_are_compared_for_their_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = format!("/api/documents/{}/diff", two(&a).await);
    let diff = a.get(&path).await.ok(200);
    assert_eq!((&diff["from"], &diff["to"]), (&json!(1), &json!(2)));
    assert!(!diff["hunks"].as_array().unwrap().is_empty(), "{diff}");
    a.get(&format!("{path}?from=1&to=9"))
        .await
        .problem(404, "no_content");
    b.get(&path).await.problem(404, "not_found");
}

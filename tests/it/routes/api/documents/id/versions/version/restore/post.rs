//! `POST /api/documents/{id}/versions/{version}/restore`.

use serde_json::json;

use crate::support::stack::{Stack, versions::two};

#[tokio::test]
async fn an_earlier_version_is_restored_as_the_next_one() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let id = two(&a).await;
    let restore = |version: &str| format!("/api/documents/{id}/versions/{version}/restore");
    b.post(&restore("1"), &json!({}))
        .await
        .problem(404, "not_found");
    a.post(&restore("0"), &json!({}))
        .await
        .problem(404, "not_found");
    a.post(&restore("9"), &json!({}))
        .await
        .problem(409, "no_original");
    let restored = a.post(&restore("1"), &json!({})).await.ok(202);
    assert_eq!(restored["version"], 3);
    assert_eq!(a.completed(&id).await["latestVersion"], 3);
}

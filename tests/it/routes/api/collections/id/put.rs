//! `PUT /api/collections/{id}`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_collection_is_renamed_by_its_owner() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = format!("/api/collections/{}", a.collection("Handbook").await);
    let change = json!({"name": "Manual"});
    b.put(&path, &change).await.problem(404, "not_found");
    a.put(&path, &json!({})).await.bad_fields(&[""]);
    assert_eq!(a.put(&path, &change).await.ok(200)["name"], "Manual");
    assert_eq!(a.get(&path).await.ok(200)["name"], "Manual");
}

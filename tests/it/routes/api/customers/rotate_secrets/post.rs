//! `POST /api/customers/rotate-secrets`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_rotation_creates_the_next_version_of_the_secret() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = "/api/customers/rotate-secrets";
    a.post(path, &json!({"immediately": "no"}))
        .await
        .problem(422, "invalid_fields");
    for version in [2, 3] {
        let rotated = a.post(path, &json!({"immediately": false})).await.ok(200);
        assert_eq!(rotated["version"], version);
    }
    let theirs = b.post(path, &json!({"immediately": false})).await.ok(200);
    assert_eq!(theirs["version"], 2);
}

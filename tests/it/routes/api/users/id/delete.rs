//! `DELETE /api/users/{id}`.

use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    users::{actions, answers, with_keys},
};

#[tokio::test]
async fn keys_of_a_deleted_user_can_be_transferred() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (id, access, keys) = with_keys(&a).await;
    let call = |bearer: &str, query: &str| {
        let url = stack.url(&format!("/api/users/{id}{query}"));
        stack.http.delete(url).bearer_auth(bearer)
    };
    Answer::of(call(&a.access, "?keys=burn"))
        .await
        .problem(422, "invalid_fields");
    // A user cannot be its own successor, neither as a user nor by a key.
    for own in [&access, &keys[0]] {
        Answer::of(call(own, "?keys=transfer"))
            .await
            .bad_fields(&["/keys"]);
    }
    let deleted = Answer::of(call(&a.access, "?keys=transfer")).await.ok(200);
    assert_eq!(
        (&deleted["keysRevoked"], &deleted["keysTransferred"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(answers(&stack, &keys).await, [200, 200]);
    let listed = a.get("/api/keys").await.ok(200);
    for key in &listed["items"].as_array().unwrap()[..2] {
        assert_eq!(key["createdBy"]["email"], json!(a.email), "{listed}");
    }
    let told = actions(&a).await;
    let moved = told
        .iter()
        .filter(|action| *action == "api_key.transferred");
    assert_eq!(moved.count(), 2, "{told:?}");
}

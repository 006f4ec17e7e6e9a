//! Documents addressed by external ids with difficult characters.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Stack,
    by_external_id::{PATH, ask},
    word,
};

/// Ids that a path would change, shorten or refuse.
const HARD: [&str; 9] = [
    "https://shop.example.com/a//b?id=3&x=%2F#top",
    "https://shop.example.com/a//b",
    "a/../b",
    "..",
    "100%",
    "%2F",
    "a b+c",
    "\u{fc}ml\u{e4}ut \u{1f600}",
    "back\\slash",
];

#[tokio::test]
async fn external_ids_with_any_characters_identify_one_document() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mut made = Vec::new();
    for (number, external_id) in HARD.iter().enumerate() {
        let body = json!({"title": format!("T {number}"), "content": format!("Text {number} {}.", word())});
        let put = ask(&a, Method::PUT, external_id, Some(body)).await.ok(202);
        made.push(put["docId"].as_str().unwrap().to_owned());
    }
    for (external_id, id) in HARD.iter().zip(&made) {
        let found = ask(&a, Method::GET, external_id, None).await.ok(200);
        assert_eq!(
            (&found["id"], &found["externalId"]),
            (&json!(id), &json!(external_id))
        );
        // It does not exist for another customer.
        for method in [Method::GET, Method::DELETE] {
            ask(&b, method, external_id, None)
                .await
                .problem(404, "not_found");
        }
        let title = json!({"title": "Theirs"});
        ask(&b, Method::PUT, external_id, Some(title))
            .await
            .problem(404, "not_found");
    }
    // The URL with a query is deleted, its prefix stays.
    let deleted = ask(&a, Method::DELETE, HARD[0], None).await.ok(202);
    assert_eq!(
        (&deleted["docId"], &deleted["status"]),
        (&json!(made[0]), &json!("deleting"))
    );
    ask(&a, Method::GET, HARD[0], None)
        .await
        .problem(404, "not_found");
    assert_eq!(
        ask(&a, Method::GET, HARD[1], None).await.ok(200)["id"],
        made[1].as_str()
    );
    for bad in ["", "a\0b", &"x".repeat(257)] {
        let problem = ask(&a, Method::GET, bad, None)
            .await
            .problem(422, "invalid_fields");
        assert_eq!(problem["errors"][0]["pointer"], "/externalId");
    }
    let problem = a.get(PATH).await.problem(422, "invalid_fields");
    assert_eq!(problem["errors"][0]["pointer"], "/externalId");
}

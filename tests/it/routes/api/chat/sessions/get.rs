//! `GET /api/chat/sessions`.

use serde_json::json;

use crate::support::stack::{Stack, tenant::with_query};

#[tokio::test]
async fn conversations_are_listed_the_last_used_first_and_found_by_their_words() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let mut ids = Vec::new();
    for message in ["About 50% of_it", "About other things", "Nothing"] {
        let body = json!({"message": message, "model": "extractive"});
        let answer = a.post("/api/chat", &body).await.ok(200);
        ids.push(answer["sessionId"].clone());
    }
    let body = json!({"message": "More", "sessionId": ids[0], "model": "extractive"});
    a.post("/api/chat", &body).await.ok(200);
    let list = async |query: &[(&str, &str)]| {
        let listed = a.get(&with_query("/api/chat/sessions", query)).await;
        let listed = listed.ok(200);
        let items = listed["items"].as_array().unwrap().iter();
        let ids: Vec<_> = items.map(|item| item["sessionId"].clone()).collect();
        (ids, listed["nextCursor"].clone())
    };
    let order = [ids[0].clone(), ids[2].clone(), ids[1].clone()];
    assert_eq!(list(&[]).await.0, order);
    let (first, cursor) = list(&[("limit", "2")]).await;
    assert_eq!(first, order[..2]);
    let (rest, _) = list(&[("limit", "2"), ("cursor", cursor.as_str().unwrap())]).await;
    assert_eq!(rest, order[2..]);
    assert_eq!(list(&[("q", "50% OF_")]).await.0, [ids[0].clone()]);
    assert_eq!(list(&[("q", "5_%")]).await.0, [json!(null); 0]);
    let bad = a
        .get(&with_query("/api/chat/sessions", &[("q", " ")]))
        .await;
    bad.bad_fields(&["/q"]);
}

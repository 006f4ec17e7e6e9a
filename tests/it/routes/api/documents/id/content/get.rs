//! `GET /api/documents/{id}/content`.

use serde_json::{Value, json};

use crate::support::stack::{Stack, versions::put};

#[tokio::test]
async fn the_text_of_every_version_is_shown() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (first, second) = ("The first of both texts.", "The second text, ça alors.");
    let id = put(&a, "versions", first).await;
    a.completed(&id).await;
    assert_eq!(put(&a, "versions", second).await, id);
    a.completed(&id).await;
    let path = format!("/api/documents/{id}");

    let newest = a.get(&format!("{path}/versions?limit=1")).await.ok(200);
    assert_eq!(newest["items"][0]["version"], 2);
    assert_eq!(newest["items"][0]["status"], "published");
    let cursor = newest["nextCursor"].as_str().unwrap();
    let older = a
        .get(&format!("{path}/versions?limit=1&cursor={cursor}"))
        .await
        .ok(200);
    assert_eq!(older["items"][0]["version"], 1);
    assert_eq!(older["items"][0]["status"], "superseded");
    assert_eq!(older["nextCursor"], Value::Null);

    let content = a.get(&format!("{path}/content")).await.ok(200);
    assert_eq!(
        (&content["version"], &content["text"]),
        (&json!(2), &json!(second))
    );
    assert_eq!(content["characters"], second.chars().count());
    let old = a.get(&format!("{path}/content?version=1")).await.ok(200);
    assert_eq!(old["text"], first);
    let part = a
        .get(&format!("{path}/content?offset=17&limit=2"))
        .await
        .ok(200);
    assert_eq!(
        (&part["text"], &part["charSpan"]),
        (&json!("ça"), &json!([17, 19]))
    );
    assert_eq!(part["nextOffset"], 19);
    // The span of a hit refers to this text.
    let hit = &a.search("text", "alors").await[0];
    assert_eq!(hit["charSpan"], json!([0, second.chars().count()]));
    a.get(&format!("{path}/content?version=3"))
        .await
        .problem(404, "no_content");
    for (query, field) in [("limit=0", "/limit"), ("version=0", "/version")] {
        a.get(&format!("{path}/content?{query}"))
            .await
            .bad_fields(&[field]);
    }
    for what in ["versions", "content"] {
        b.get(&format!("{path}/{what}"))
            .await
            .problem(404, "not_found");
    }
}

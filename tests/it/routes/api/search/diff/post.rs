//! `POST /api/search/diff`.

use chrono::Utc;
use serde_json::{Value, json};

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn two_searches_are_compared() {
    let stack = Stack::load();
    let (a, b) = (stack.signup().await, stack.signup().await);
    let mark = word();
    let add = async |name: &str, content: String| {
        let body = json!({"title": name, "content": content, "externalId": name, "onDuplicate": "newVersion"});
        a.post("/api/ingest/document?wait=25", &body).await.ok(200);
    };
    add("kept", format!("It keeps {mark}.")).await;
    add("changed", format!("The old text has {mark} {mark} {mark}.")).await;
    let then = Utc::now();
    add(
        "changed",
        format!("The new text has {mark} once, and many other words beside it."),
    )
    .await;

    let now = json!({"query": mark, "mode": "text"});
    let mut past = now.clone();
    past["asOf"] = json!(then.to_rfc3339());
    let body = json!({"before": past, "after": now});
    let diff = a.post("/api/search/diff", &body).await.ok(200);
    let texts = |of: &Value| -> Vec<String> {
        let hits = of.as_array().unwrap().iter();
        hits.map(|hit| hit["text"].as_str().unwrap()[..12].to_owned())
            .collect()
    };
    assert_eq!(texts(&diff["added"]), ["The new text"], "{diff}");
    assert_eq!(texts(&diff["removed"]), ["The old text"], "{diff}");
    assert_eq!(
        (&diff["added"][0]["rank"], &diff["removed"][0]["rank"]),
        (&json!(2), &json!(1))
    );
    let moved = &diff["moved"][0];
    assert_eq!(
        (&moved["title"], &moved["before"], &moved["after"]),
        (&json!("kept"), &json!(2), &json!(1))
    );
    let same = a
        .post("/api/search/diff", &json!({"before": now, "after": now}))
        .await
        .ok(200);
    assert_eq!(
        (&same["added"], &same["unchanged"]),
        (&json!([]), &json!(2))
    );

    let others = b.post("/api/search/diff", &body).await.ok(200);
    assert_eq!(
        (&others["added"], &others["removed"]),
        (&json!([]), &json!([]))
    );
    let bad = json!({"before": {"query": ""}, "after": {"query": "q", "topK": 0}});
    let refused = a.post("/api/search/diff", &bad).await;
    refused.bad_fields(&["/before/query", "/after/topK"]);
    let refused = a.post("/api/search/diff", &json!({"before": now})).await;
    refused.bad_fields(&["/after"]);
}

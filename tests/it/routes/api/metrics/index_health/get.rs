//! `GET /api/metrics/index-health`.

use serde_json::json;

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn the_state_of_the_index_is_told_in_numbers_and_words() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let id = a.add("Told", &format!("A text {}.", word())).await;
    a.completed(&id).await;
    let health = a.get("/api/metrics/index-health").await.ok(200);
    let bytes = health["bytes"].as_u64().unwrap();
    assert!(bytes > 500, "{health}");
    let expected = json!({
        "rows": 1, "liveRows": 1, "unindexedRows": 0, "segments": 1, "bytes": bytes, "fragments": null,
        "maintainedAt": null, "maintenanceAt": null, "recall": null,
        "verdict": "good", "explanation": "The index covers all chunks.",
    });
    assert_eq!(health, expected);
    // Another customer's is its own.
    let other = b.get("/api/metrics/index-health").await.ok(200);
    assert_eq!((&other["rows"], &other["segments"]), (&json!(0), &json!(0)));
}

//! `GET /mcp`.

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn people_get_a_description_and_clients_no_event_stream() {
    let stack = Stack::load();
    let about = Answer::of(stack.http.get(stack.url("/mcp"))).await.ok(200);
    assert_eq!(about["name"], "dynamic-rag");
    assert_eq!(about["url"], stack.url("/mcp"));
    assert_eq!(about["toolsUrl"], stack.url("/tools"));
    let versions = about["protocolVersions"].as_array().unwrap();
    assert_eq!(versions, &["2025-06-18", "2025-11-25", "2026-07-28"]);

    let request = stack.http.get(stack.url("/mcp"));
    let refused = Answer::of(request.header("accept", "text/event-stream")).await;
    assert_eq!(refused.status, 405, "{refused}");
    assert_eq!(refused.header("allow"), Some("POST"));
}

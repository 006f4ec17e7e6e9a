//! `GET /api/webhooks/{id}/deliveries`.

use serde_json::json;

use crate::support::stack::{Stack, answer::text, webhooks::make};

#[tokio::test]
async fn deliveries_are_listed_to_their_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    // Nothing listens on this port.
    let hook = json!({"name": "out", "triggerType": "event", "url": "http://127.0.0.1:18489/", "events": ["document.completed"]});
    let path = format!("/api/webhooks/{}", text(&make(&a, hook).await["id"]));
    a.post(&format!("{path}/test"), &json!({})).await.ok(202);
    let deliveries = format!("{path}/deliveries");
    let sent = a.get(&deliveries).await.ok(200);
    assert_eq!(sent["items"][0]["event"], "webhook.test");
    a.get(&format!("{deliveries}?status=lost"))
        .await
        .problem(422, "invalid_fields");
    b.get(&deliveries).await.problem(404, "not_found");
}

//! `POST /api/webhooks/{id}/deliveries/{deliveryId}/replay`.

use serde_json::json;
use uuid::Uuid;

use crate::support::stack::{Stack, answer::text, webhooks::make};

#[tokio::test]
async fn a_delivery_is_replayed_for_its_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    // Nothing listens on this port.
    let hook = json!({"name": "out", "triggerType": "event", "url": "http://127.0.0.1:18489/", "events": ["document.completed"]});
    let path = format!("/api/webhooks/{}", text(&make(&a, hook).await["id"]));
    a.post(&format!("{path}/test"), &json!({})).await.ok(202);
    let deliveries = format!("{path}/deliveries");
    let sent = a.get(&deliveries).await.ok(200);
    let id = text(&sent["items"][0]["id"]);
    let replay = |id: &str| format!("{deliveries}/{id}/replay");
    b.post(&replay(&id), &json!({}))
        .await
        .problem(404, "not_found");
    let unknown = replay(&Uuid::new_v4().to_string());
    a.post(&unknown, &json!({})).await.problem(404, "not_found");
    let sent = a.post(&replay(&id), &json!({})).await.ok(202);
    assert_eq!(sent["deliveryId"], json!(id));
}

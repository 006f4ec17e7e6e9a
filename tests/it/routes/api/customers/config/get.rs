//! `GET /api/customers/config`.

use serde_json::{Value, json};

use crate::support::stack::Stack;

#[tokio::test]
async fn the_configuration_shows_the_request_limits() {
    let tenant = Stack::load().signup().await;
    tenant
        .config(
            "reads_per_minute = DEFAULT, requests_per_minute = DEFAULT, requests_per_day = DEFAULT",
        )
        .await;
    let config: Value = tenant.get("/api/customers/config").await.ok(200);
    assert_eq!(
        (
            &config["readsPerMinute"],
            &config["requestsPerMinute"],
            &config["requestsPerDay"]
        ),
        (&json!(600), &json!(120), &json!(50_000))
    );
}

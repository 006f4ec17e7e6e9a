//! `POST /api/ingest/webhook/{webhookId}`.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::json;
use uuid::Uuid;

use crate::support::stack::{
    Answer, Stack,
    answer::text,
    webhooks::{make, manual, with_token},
    word,
};

#[tokio::test]
async fn refused_messages_all_get_the_same_response() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (hook, paused) = (manual(&a).await, manual(&a).await);
    let event = make(
        &a,
        json!({"name": "e", "triggerType": "event", "url": "https://example.com/"}),
    )
    .await;
    let change = json!({"status": "paused"});
    let path = format!("/api/webhooks/{}", text(&paused["id"]));
    Answer::of(a.call(Method::PUT, &path).json(&change))
        .await
        .ok(200);
    let token = text(&hook["token"]);
    let at = |id: &str| json!({"url": format!("/api/ingest/webhook/{id}")});
    let mut details = HashSet::new();
    for (hook, token) in [
        (at(&Uuid::now_v7().to_string()), token.clone()),
        (at("nothing"), token.clone()),
        (at(event["id"].as_str().unwrap()), token.clone()),
        (paused.clone(), text(&paused["token"])),
        (hook.clone(), text(&paused["token"])),
        (hook.clone(), format!("{token}x")),
        (hook.clone(), String::new()),
    ] {
        let refused = with_token(&stack, &hook, &token, &json!({"content": "x"})).await;
        details.insert(refused.problem(401, "unauthenticated")["detail"].to_string());
    }
    assert_eq!(details.len(), 1, "{details:?}");
    let body = json!({"content": format!("Let in {}.", word())});
    with_token(&stack, &hook, &token, &body).await.ok(202);
    // Refused messages are not counted as requests.
    let requests = "SELECT coalesce(sum(requests), 0)::bigint FROM usage_metrics
                    WHERE customer_id = $1 AND operation = 'ingest-webhook-receive'";
    assert_eq!(a.count(requests).await, 1);
}

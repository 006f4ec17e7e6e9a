//! `GET /api/webhooks/{id}`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    answer::text,
    webhooks::{manual, with_token},
};

#[tokio::test]
async fn a_webhook_shows_its_secret_once_and_belongs_to_one_tenant() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let hook = manual(&a).await;
    let id = text(&hook["id"]);
    let path = format!("/api/webhooks/{id}");
    // Absolute: it is pasted into another system.
    let address = stack.url(&format!("/api/ingest/webhook/{id}"));
    assert!(address.starts_with("http"), "{address}");
    assert_eq!(hook["url"], address);
    let tested = a.post(&format!("{path}/test"), &json!({})).await.ok(202);
    assert_eq!(tested["url"], address);
    let (secret, token) = (text(&hook["secret"]), text(&hook["token"]));
    for answer in [a.get("/api/webhooks").await, a.get(&path).await] {
        let shown = answer.ok(200).to_string();
        assert!(shown.contains(&id) && !shown.contains(&secret) && !shown.contains(&token));
    }
    let kept = "SELECT count(*) FROM webhooks w JOIN customer_secrets s USING (customer_id)
                WHERE w.customer_id = $1 AND (to_jsonb(w)::text LIKE '%whk\\_%' OR s.ciphertext::text LIKE '%whsec%')";
    assert_eq!(a.count(kept).await, 0);
    for (method, path) in [
        (Method::GET, path.clone()),
        (Method::PUT, path.clone()),
        (Method::DELETE, path.clone()),
        (Method::POST, format!("{path}/test")),
        (Method::GET, format!("{path}/deliveries")),
        (Method::POST, format!("{path}/deliveries/{id}/replay")),
    ] {
        let answer = Answer::of(b.call(method, &path).json(&json!({}))).await;
        answer.problem(404, "not_found");
    }
    assert_eq!(Answer::of(a.call(Method::DELETE, &path)).await.status, 204);
    a.get(&path).await.problem(404, "not_found");
    with_token(&stack, &hook, &token, &json!({"content": "x"}))
        .await
        .problem(401, "unauthenticated");
}

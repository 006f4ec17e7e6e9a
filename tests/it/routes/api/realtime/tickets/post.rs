//! `POST /api/realtime/tickets`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn a_caller_gets_a_ticket_that_is_stored_as_a_hash_for_a_minute() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let of_key = a.post("/api/realtime/tickets", &json!({})).await.ok(201);
    let request = a.call_as_user(Method::POST, "/api/realtime/tickets");
    let of_user = Answer::of(request).await.ok(201);
    assert_ne!(of_key["ticket"], of_user["ticket"]);
    for answer in [&of_key, &of_user] {
        let ticket = answer["ticket"].as_str().unwrap();
        assert_eq!(ticket.len(), 86);
        let url = answer["url"].as_str().unwrap();
        assert!(url.starts_with("ws") && url.ends_with(&format!("?ticket={ticket}")));
    }
    let tickets = "SELECT count(*) FROM connection_tickets WHERE customer_id = $1 AND expires_at <= now() + interval '1 minute'
                   AND num_nonnulls(session_id, api_key_id) = 1";
    assert_eq!(a.count(tickets).await, 2);
    let request = stack.http.post(stack.url("/api/realtime/tickets"));
    Answer::of(request).await.problem(401, "unauthenticated");
}

//! `PUT /api/customers/reranker`.

use dynrag_testing::reranker::FakeReranker;
use serde_json::json;

use crate::support::stack::{Answer, Stack, reranker::PATH};

#[tokio::test]
async fn a_reranker_is_replaced_with_its_key_and_audited() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (key, url) = (
        "sk-own-abcdefgh0123456789",
        "https://rerank.example.com/v1/rerank",
    );
    let body = json!({"url": format!("{url}?token=canary#part"), "model": " m ", "apiKey": key, "usdPerThousandSearches": "1.50"});
    assert_eq!(a.put(PATH, &body).await.status, 204);
    let shown = a.get(PATH).await.ok(200);
    assert_eq!(shown["url"], format!("{url}?token=canary"));
    assert_eq!(
        (&shown["model"], &shown["usdPerThousandSearches"]),
        (&json!("m"), &json!("1.5"))
    );
    assert_eq!(
        stack.open_secret(a.id, "reranker_key").await,
        key.as_bytes()
    );
    let log = a.get("/api/customers/audit").await.ok(200);
    let (action, details) = (&log["items"][0]["action"], &log["items"][0]["details"]);
    assert_eq!(action, "reranker.set");
    assert_eq!(
        details,
        &json!({"host": "rerank.example.com", "model": "m", "hasApiKey": true})
    );
    assert!(
        !log.to_string().contains("canary") && !log.to_string().contains(key),
        "{log}"
    );

    // Another URL without a key does not get the old one's.
    let body = json!({"url": "https://other.example.com/rerank", "model": "n"});
    assert_eq!(a.put(PATH, &body).await.status, 204);
    assert_eq!(a.get(PATH).await.ok(200)["hasApiKey"], false);
    let sealed =
        "SELECT count(*) FROM customer_secrets WHERE customer_id = $1 AND purpose = 'reranker_key'";
    assert_eq!(a.count(sealed).await, 0);
}

#[tokio::test]
async fn a_reranker_is_at_a_public_https_address() {
    let stack = Stack::load();
    let a = stack.signup().await;
    // A server that answers, on a port that the deployment does not allow.
    let fake = FakeReranker::start().await;
    let inside = fake.url();
    for url in [
        inside.as_str(),
        "http://rerank.example.com/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/rerank",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://u:p@rerank.example.com/",
        "https://rerank.example.com:22/",
        "https://host.internal/",
        "file:///etc/passwd",
        "rerank.example.com",
        "",
    ] {
        let body = json!({"url": url, "model": "m"});
        a.put(PATH, &body).await.bad_fields(&["/url"]);
    }
    let body = json!({"url": "", "model": "", "apiKey": "short", "usdPerThousandSearches": "1001"});
    let all = ["/url", "/model", "/apiKey", "/usdPerThousandSearches"];
    a.put(PATH, &body).await.bad_fields(&all);
    let body = json!({"url": "https://rerank.example.com/", "model": "m", "key": "x"});
    a.put(PATH, &body).await.bad_fields(&["/key"]);
    a.get(PATH).await.problem(404, "not_found");
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_to_others_before_an_address_is_verified() {
    let stack = Stack::load();
    let a = stack.signup_unverified().await;
    let body = json!({"url": "https://rerank.example.com/", "model": "m"});
    a.put(PATH, &body).await.problem(403, "email_not_verified");
    let key = a.key_with(&["search"]).await;
    let request = stack.http.get(stack.url(PATH)).header("x-api-key", key);
    Answer::of(request).await.problem(403, "missing_scope");
}

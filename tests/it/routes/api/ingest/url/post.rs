//! `POST /api/ingest/url`.

use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant};

async fn add(tenant: &Tenant, url: &str) -> Answer {
    tenant.post("/api/ingest/url", &json!({"url": url})).await
}

#[tokio::test]
async fn non_public_urls_and_invalid_crawls_are_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    for url in [
        "",
        "no url",
        "ftp://example.com/x",
        "file:///etc/passwd",
        "http://localhost/",
        "http://127.0.0.1/",
        "http://127.1:80/",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "http://metadata.google.internal/",
        "http://user:secret@example.com/",
        "http://example.com:22/",
        "http://intranet/",
        "gopher://example.com/",
        "javascript:alert(1)",
    ] {
        add(&a, url).await.bad_fields(&["/url"]);
    }
    let post = async |body: Value| a.post("/api/ingest/url", &body).await;
    let url = "https://example.com/";
    post(json!({})).await.bad_fields(&["/url"]);
    for (field, body) in [
        (
            "/crawl/maxPages",
            json!({"url": url, "crawl": {"maxPages": 0}}),
        ),
        (
            "/crawl/maxPages",
            json!({"url": url, "crawl": {"maxPages": 1001}}),
        ),
        ("/title", json!({"url": url, "title": "T", "crawl": {}})),
        (
            "/externalId",
            json!({"url": url, "externalId": "x", "crawl": {}}),
        ),
        (
            "/attachments",
            json!({"url": url, "attachments": true, "crawl": {}}),
        ),
        ("/crawl/depth", json!({"url": url, "crawl": {"depth": 3}})),
        ("/metadata", json!({"url": url, "metadata": []})),
    ] {
        post(body).await.bad_fields(&[field]);
    }
    assert_eq!(a.list().await, [] as [&str; 0]);
}

//! Request limits through the gateway: what the headers and a 429 say, and that normal use stays below them.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::stack::{
    Answer, Stack, Tenant,
    tenant::{doc_id, file_part},
    word,
};

/// A header like `"reads";r=5;t=3, "day";r=7;t=9`: the policies in order, with their parameters.
fn limits(answer: &Answer, header: &str) -> Vec<(String, BTreeMap<String, i64>)> {
    let text = answer.headers[header].to_str().unwrap();
    let limits = text.split(", ").map(|item| {
        let mut parts = item.split(';');
        let name = parts.next().unwrap();
        let name = name.strip_prefix('"').and_then(|n| n.strip_suffix('"'));
        let parameters = parts.map(|part| {
            let (name, number) = part.split_once('=').unwrap();
            (name.to_owned(), number.parse().unwrap())
        });
        (name.expect(text).to_owned(), parameters.collect())
    });
    limits.collect()
}

/// The policies that a response lists: names, quotas and windows.
fn policies(answer: &Answer) -> Vec<(String, i64, i64)> {
    let listed = limits(answer, "ratelimit-policy");
    assert_eq!(
        listed.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        limits(answer, "ratelimit")
            .iter()
            .map(|(name, _)| name)
            .collect::<Vec<_>>()
    );
    listed
        .into_iter()
        .map(|(name, parameters)| (name, parameters["q"], parameters["w"]))
        .collect()
}

/// The limit that a response names first: what is left and until when.
fn first(answer: &Answer) -> (String, i64, i64) {
    let (name, parameters) = limits(answer, "ratelimit").remove(0);
    (name, parameters["r"], parameters["t"])
}

/// Checks a refusal: by this policy, with these words, and with the same time to wait everywhere.
fn refused(answer: &Answer, policy: &str, words: &[&str]) {
    let problem = answer.problem(429, "rate_limited");
    let detail = problem["detail"].as_str().unwrap();
    for words in words {
        assert!(detail.contains(words), "{words}: {detail}");
    }
    let wait: i64 = answer.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(first(answer), (policy.to_owned(), 0, wait), "{problem}");
    assert_eq!(policies(answer)[0].0, policy);
    assert!((1..=86_400).contains(&wait), "{wait}");
}

async fn me(tenant: &Tenant) -> Answer {
    tenant.get("/api/auth/me").await
}

async fn search(tenant: &Tenant, query: &str) -> Answer {
    let body = json!({"query": query, "mode": "text"});
    tenant.post("/search", &body).await
}

/// Gives a customer the default limits, and buckets that do not refill, as if all its requests came at once.
async fn use_default_limits_without_refill(tenant: &Tenant) {
    tenant
        .config(
            "reads_per_minute = DEFAULT, requests_per_minute = DEFAULT, requests_per_day = DEFAULT",
        )
        .await;
    stop_refill(tenant).await;
}

async fn stop_refill(tenant: &Tenant) {
    let buckets = "INSERT INTO request_buckets (customer_id, subject, taken, counted_at)
                   SELECT $1, subject, 0, now() + interval '1 hour'
                   FROM unnest('{reads,requests,class:search}'::text[]) AS subject
                   ON CONFLICT (customer_id, subject) DO UPDATE SET taken = 0, counted_at = excluded.counted_at";
    let sql = tenant.stack.sql().await;
    sql.execute(buckets, &[&tenant.id]).await.unwrap();
}

#[tokio::test]
async fn a_workflow_of_twenty_items_can_run_twice_a_minute() {
    let tenant = Stack::load().signup().await;
    use_default_limits_without_refill(&tenant).await;
    for run in 0..2 {
        for item in 0..20 {
            let body = json!({"title": format!("Item {item}"), "content": format!("{run} {}", word()),
                              "externalId": format!("item-{item}")});
            tenant.post("/api/ingest/document", &body).await.ok(202);
            search(&tenant, "item").await.ok(200);
        }
    }
    let last = search(&tenant, "item").await;
    let expected = [("reads", 600, 60), ("day", 50_000, 86_400)];
    assert_eq!(
        policies(&last),
        expected.map(|(name, quota, window)| (name.to_owned(), quota, window))
    );
    assert_eq!(first(&last), ("reads".to_owned(), 600 - 41, 5));
    let other = me(&tenant).await;
    assert_eq!(policies(&other)[0], ("requests".to_owned(), 120, 60));
    assert_eq!(first(&other).1, 120 - 41);
}

#[tokio::test]
async fn a_script_can_upload_thirty_files_and_poll_each() {
    let tenant = Stack::load().signup().await;
    tenant
        .config(
            "reads_per_minute = DEFAULT, requests_per_minute = DEFAULT, requests_per_day = DEFAULT",
        )
        .await;
    let mut ids = Vec::new();
    for number in 0..30 {
        let form = file_part(&format!("{number}.txt"), "text/plain", word().as_bytes());
        ids.push(doc_id(&tenant.upload(form).await.ok(202)));
    }
    for id in &ids {
        tenant.completed(id).await;
    }
}

#[tokio::test]
async fn the_daily_limit_is_exact_and_says_when_to_retry() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    me(&a).await.ok(200);
    a.config(
        "requests_per_day = (SELECT count + 5 FROM rate_limit_tracker t
        WHERE t.customer_id = customer_config.customer_id AND window_kind = 'day')",
    )
    .await;
    let answers = futures::future::join_all((0..12).map(|_| me(&a))).await;
    let (taken, over): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(taken.len(), 5, "the limit is not exact");
    for answer in over {
        let words = ["This account's", "requests a day", "requestsPerDay"];
        refused(answer, "day", &words);
    }
    // It covers every route and credential of this customer, and no other customer.
    let by_token = stack
        .http
        .get(stack.url("/api/documents"))
        .bearer_auth(&a.access);
    refused(&Answer::of(by_token).await, "day", &[]);
    me(&b).await.ok(200);
}

#[tokio::test]
async fn a_refusal_names_the_exhausted_limit() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.config(r#"reads_per_minute = 7, requests_per_minute = 3, class_limits = '{"search": 1}'"#)
        .await;
    stop_refill(&a).await;

    // Requests other than reads: at 3 a minute, the next one is available after twenty seconds.
    for left in [2, 1, 0] {
        let answer = me(&a).await;
        answer.ok(200);
        assert_eq!(first(&answer).1, left);
    }
    let over = me(&a).await;
    refused(
        &over,
        "requests",
        &["3 requests a minute", "Wait 20 seconds"],
    );
    assert_eq!(over.headers["retry-after"], "20");

    // Reads continue until they are used up as well; a class has a lower limit.
    let found = search(&a, "anything").await;
    found.ok(200);
    let names: Vec<String> = policies(&found)
        .into_iter()
        .map(|(name, ..)| name)
        .collect();
    assert_eq!(names, ["class-search", "reads", "day"]);
    let words = [
        "1 request a minute for the class search",
        "Wait 60 seconds",
        "classLimits",
    ];
    for _ in 0..3 {
        refused(&search(&a, "anything").await, "class-search", &words);
    }
    for left in (0..6).rev() {
        let listed = a.get("/api/documents").await;
        listed.ok(200);
        assert_eq!(
            first(&listed),
            ("reads".to_owned(), left, 60 - 60 * left / 7)
        );
    }
    let words = [
        "7 reads a minute",
        "Wait 9 seconds",
        "operator can raise readsPerMinute",
    ];
    refused(&a.get("/api/documents").await, "reads", &words);
    me(&b).await.ok(200);

    // A key's own limit applies to that key only.
    let made = json!({"name": "n8n", "scopes": ["documents:read"], "requestsPerMinute": 2});
    let made = b.post("/api/keys", &made).await.ok(201);
    let key = made["apiKey"].as_str().unwrap();
    let by_key = async || {
        let request = stack.http.get(stack.url("/api/documents"));
        Answer::of(request.header("x-api-key", key)).await
    };
    let admitted = by_key().await;
    admitted.ok(200);
    assert_eq!(policies(&admitted)[0], ("key".to_owned(), 2, 60));
    let slow = "UPDATE request_buckets SET taken = 2, counted_at = now() + interval '1 hour'
                WHERE customer_id = $1 AND subject LIKE 'key:%'";
    stack.sql().await.execute(slow, &[&b.id]).await.unwrap();
    let words = [
        "API key's limit of 2 requests a minute",
        "Wait 30 seconds",
        "/api/keys",
    ];
    refused(&by_key().await, "key", &words);
    b.get("/api/documents").await.ok(200);
}

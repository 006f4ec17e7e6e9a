//! What every answer carries, and the limits of requests.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant};

#[tokio::test]
async fn health_needs_nobody() {
    let stack = Stack::load();
    let answer = Answer::of(stack.http.get(stack.url("/health"))).await;
    let body = answer.ok(200);
    assert_eq!(body["status"], "ok");
    assert_eq!(body["checks"], json!({"secrets": "ok", "database": "ok"}));
    assert!(!answer.headers.contains_key("ratelimit"));
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let tenant = Stack::load().signup().await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..5 {
        let good = tenant.get("/api/auth/me").await;
        let bad = tenant.get("/api/documents/none").await;
        for answer in [good, bad] {
            ids.insert(answer.headers["x-request-id"].to_str().unwrap().to_owned());
        }
    }
    assert_eq!(ids.len(), 10);
}

#[tokio::test]
async fn a_request_that_leaves_a_path_is_not_answered_by_us() {
    let tenant = Stack::load().signup().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/api"),
        (Method::GET, "/api/nothing"),
        (Method::PUT, "/api/documents"),
        (Method::DELETE, "/api/documents"),
        (Method::POST, "/api/documents/1"),
        (Method::GET, "/search"),
    ] {
        let answer = Answer::raw(tenant.call(method.clone(), path)).await;
        assert!(matches!(answer.status, 404 | 405), "{method} {answer}");
    }
}

/// The one number of a header like `"default";r=5;t=3`.
fn parameter(answer: &Answer, header: &str, name: &str) -> i64 {
    let text = answer.headers[header].to_str().unwrap();
    let start = format!("{name}=");
    text.split(';')
        .find_map(|part| part.strip_prefix(&start))
        .unwrap_or_else(|| panic!("{text}"))
        .parse()
        .unwrap()
}

async fn me(tenant: &Tenant) -> Answer {
    tenant.get("/api/auth/me").await
}

#[tokio::test]
async fn requests_over_the_limit_are_told_when_to_come_back() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    // The day's limit, since a minute may end in between.
    let used = me(&a).await;
    assert_eq!(parameter(&used, "ratelimit-policy", "w"), 60);
    a.config(
        "requests_per_day = (SELECT count + 5 FROM rate_limit_tracker t
        WHERE t.customer_id = customer_config.customer_id AND window_kind = 'day')",
    )
    .await;
    let answers = futures::future::join_all((0..12).map(|_| me(&a))).await;
    let (taken, refused): (Vec<&Answer>, Vec<&Answer>) =
        answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(taken.len(), 5, "the limit is not exact");
    for answer in refused {
        let problem = answer.problem(429, "rate_limited");
        assert!(
            problem["detail"].as_str().unwrap().contains("a day"),
            "{problem}"
        );
        let wait: i64 = answer.headers["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=86_400).contains(&wait), "{wait}");
    }
    // Every route counts, every credential, and no other customer's.
    let by_token = stack
        .http
        .get(stack.url("/api/documents"))
        .bearer_auth(&a.access);
    Answer::of(by_token).await.problem(429, "rate_limited");
    me(&b).await.ok(200);
}

#[tokio::test]
async fn the_minutes_limit_is_told_with_each_answer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    a.config("requests_per_minute = 8").await;
    let mut refused: Option<Answer> = None;
    // At most two windows' worth before one is used up.
    for _ in 0..20 {
        let answer = me(&a).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
        assert_eq!(parameter(&answer, "ratelimit-policy", "q"), 8);
        assert_eq!(parameter(&answer, "ratelimit-policy", "w"), 60);
        assert!((0..8).contains(&parameter(&answer, "ratelimit", "r")));
        assert!((1..=60).contains(&parameter(&answer, "ratelimit", "t")));
    }
    let refused = refused.expect("the limit is never reached");
    let problem = refused.problem(429, "rate_limited");
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("8 requests in a minute"),
        "{problem}"
    );
    let wait: i64 = refused.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    for _ in 0..20 {
        me(&b).await.ok(200);
    }
    // A key's own limit is tighter for the key alone.
    let key = b.key_with(&["documents:read"]).await;
    let statement =
        "UPDATE api_keys SET requests_per_minute = 3 WHERE customer_id = $1 AND NOT is_default";
    stack
        .sql()
        .await
        .execute(statement, &[&b.id])
        .await
        .unwrap();
    let mut statuses = Vec::new();
    for _ in 0..8 {
        let request = stack
            .http
            .get(stack.url("/api/auth/me"))
            .header("x-api-key", &key);
        statuses.push(Answer::of(request).await.status);
    }
    assert!(
        statuses.contains(&200) && statuses.contains(&429),
        "{statuses:?}"
    );
    me(&b).await.ok(200);
}

#[tokio::test]
async fn pages_of_other_origins_get_no_permission() {
    let tenant = Stack::load().signup().await;
    let preflight = async |origin: &str| {
        let request = tenant
            .stack
            .http
            .request(Method::OPTIONS, tenant.stack.url("/api/documents"));
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        let answer = Answer::raw(request).await;
        answer
            .headers
            .get("access-control-allow-origin")
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(
        preflight("http://localhost:3000").await.as_deref(),
        Some("http://localhost:3000")
    );
    assert_eq!(preflight("https://evil.example").await, None);
}

#[tokio::test]
async fn who_one_is_and_what_one_may_do() {
    let tenant = Stack::load().signup().await;
    let by_key = me(&tenant).await.ok(200);
    assert_eq!(
        (&by_key["kind"], &by_key["customerId"]),
        (&"apiKey".into(), &tenant.id.to_string().into())
    );
    let user = tenant.user_with("user").await;
    let request = tenant
        .stack
        .http
        .get(tenant.stack.url("/api/auth/me"))
        .bearer_auth(user);
    let by_token = Answer::of(request).await.ok(200);
    assert_eq!(
        (&by_token["kind"], &by_token["role"]),
        (&"user".into(), &"user".into())
    );
    assert_eq!(by_token["scopes"], json!(["search", "chat"]));
    for secret in [
        &tenant.key,
        &tenant.access,
        &tenant.refresh,
        &tenant.password,
    ] {
        assert!(!by_token.to_string().contains(secret.as_str()));
    }
    assert!(
        by_token["config"]["maxFileBytes"].as_i64() == Some(52_428_800),
        "{by_token}"
    );
    // What it needs to work, and not the account.
    for (name, shown) in [
        ("chunking", true),
        ("monthlyBudgetUsd", false),
        ("maxDocuments", false),
    ] {
        assert_eq!(by_token["config"].get(name).is_some(), shown, "{by_token}");
        assert!(by_key["config"].get(name).is_some(), "{by_key}");
    }
    assert!(matches!(by_key["scopes"], Value::Array(ref scopes) if scopes.len() == 7));
}

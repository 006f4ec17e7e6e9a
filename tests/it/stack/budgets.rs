//! Provider costs: counted, kept within the customer's budget, with one alert a month.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, word};

async fn budget(tenant: &Tenant, change: Value) {
    let request = tenant.call(Method::PUT, "/api/customers/config");
    Answer::of(request.json(&change)).await.ok(200);
}

async fn spent(tenant: &Tenant) -> String {
    let usage = tenant.get("/api/customers/usage").await.ok(200);
    usage["total"]["costUsd"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn documents_beyond_the_budget_wait_until_it_is_raised() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    // A model that has a price.
    for tenant in [&a, &b] {
        tenant
            .config("embedding_model = 'text-embedding-3-large'")
            .await;
    }
    let text =
        |mark: &str| format!("A text {mark} of some length, which costs something. ").repeat(40);
    let first = a.add("First", &text(&word())).await;
    a.completed(&first).await;
    let cost: f64 = spent(&a).await.parse().unwrap();
    assert!(cost > 0.0, "{cost}");
    assert_eq!(spent(&b).await, "0");

    // Another document of the same length does not fit.
    budget(&a, json!({"monthlyBudgetUsd": format!("{:.6}", cost * 1.5 + 0.000001), "budgetAlertPercent": 100})).await;
    let second = a.add("Second", &text(&word())).await;
    let status = a.ended(&second, "needs_action", "budget_exceeded").await;
    assert!(
        status["reason"]
            .as_str()
            .unwrap()
            .contains("monthlyBudgetUsd"),
        "{status}"
    );
    assert_eq!(
        spent(&a).await.parse::<f64>().unwrap(),
        cost,
        "nothing was paid for"
    );
    // Published documents are still found, and other customers have separate budgets.
    assert!(!a.search("text", "text").await.is_empty());
    let theirs = b.add("Theirs", &text(&word())).await;
    b.completed(&theirs).await;

    budget(&a, json!({"monthlyBudgetUsd": null})).await;
    stack.sweep().await;
    a.completed(&second).await;

    // The budget is used up: nothing that costs money is started.
    budget(&a, json!({"monthlyBudgetUsd": "0.000001"})).await;
    let body = json!({"title": "Third", "content": "text"});
    a.post("/api/ingest/document", &body)
        .await
        .problem(402, "budget_exceeded");
    let body = json!({"query": word(), "mode": "vector"});
    a.post("/search", &body)
        .await
        .problem(402, "budget_exceeded");
    a.search("text", "text").await;
}

#[tokio::test]
async fn the_budget_alert_is_emailed_once_a_month() {
    let stack = Stack::load();
    let a = stack.signup().await;
    a.config("embedding_model = 'text-embedding-3-large'").await;
    budget(
        &a,
        json!({"monthlyBudgetUsd": "1", "budgetAlertPercent": 50}),
    )
    .await;
    let spend = async |nanos: i64| {
        let sql = "SELECT set_config('app.customer_id', $1::uuid::text, false), record_spend($1, 'embeddings', 1, $2)";
        let client = stack.app_sql().await;
        client.query(sql, &[&a.id, &nanos]).await.unwrap();
    };
    spend(490_000_000).await;
    let alerts =
        "SELECT count(*) FROM monthly_spend WHERE customer_id = $1 AND alerted_at IS NOT NULL";
    assert_eq!(a.count(alerts).await, 0);
    spend(20_000_000).await;
    spend(20_000_000).await;
    assert_eq!(a.count(alerts).await, 1);
    stack.sweep().await;
    let mail = stack.mail(&a.email, "53% of the budget of", 1).await;
    assert!(
        mail.text.contains("budget of 1 USD") && mail.text.contains("0.53 USD"),
        "{mail:?}"
    );
    let tasks = "SELECT count(*) FROM outbox WHERE customer_id = $1";
    assert_eq!(a.count(tasks).await, 0);
}

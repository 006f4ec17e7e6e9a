//! Protection against costs of the platform: verified addresses, listed models only, and a monthly budget for each
//! customer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Answer, Stack, Tenant,
    admin::{admin, ask},
    tenant::{doc_id, file_part},
    word,
};

const BY_PLATFORM: &str =
    "SELECT coalesce(sum(platform_nano_usd), 0)::bigint FROM monthly_spend WHERE customer_id = $1";
const ALL: &str =
    "SELECT coalesce(sum(nano_usd), 0)::bigint FROM monthly_spend WHERE customer_id = $1";

fn text(mark: &str) -> String {
    format!("A text {mark} of some length, which costs something. ").repeat(40)
}

async fn set_key(tenant: &Tenant) {
    let body = json!({"apiKey": format!("sk-own-{}", word())});
    let request = tenant.call(Method::PUT, "/api/customers/openai-key");
    assert_eq!(Answer::of(request.json(&body)).await.status, 204);
}

async fn limit(admin: &Tenant, path: &str, body: Value) {
    let answer = ask(admin, Method::PUT, path, Some(body)).await;
    assert_eq!(answer.status, 204, "{answer}");
}

/// Sends a request to every route that starts work for the provider.
async fn paid_for(tenant: &Tenant) -> Vec<Answer> {
    let post = |path: &'static str, body: Value| async move { tenant.post(path, &body).await };
    vec![
        post(
            "/api/ingest/document",
            json!({"title": "T", "content": "text"}),
        )
        .await,
        post(
            "/api/ingest/batch",
            json!({"documents": [{"title": "T", "content": "text"}]}),
        )
        .await,
        post("/api/ingest/url", json!({"url": "https://example.com/"})).await,
        post("/api/ingest/presigned-url", json!({"fileName": "a.txt"})).await,
        tenant
            .upload(file_part("a.txt", "text/plain", b"text"))
            .await,
        post("/api/documents/regenerate", json!({})).await,
    ]
}

#[tokio::test]
async fn a_customer_costs_the_platform_no_more_than_its_budget() {
    let stack = Stack::load();
    let (admin, a, b) = tokio::join!(admin(&stack), stack.signup(), stack.signup());
    let limits = format!("customers/{}/limits", a.id);
    let first = a.add("First", &text(&word())).await;
    a.completed(&first).await;
    let spent = a.count(BY_PLATFORM).await;
    assert!(spent > 0 && spent == a.count(ALL).await, "{spent}");

    // The platform sets the budget, and the customer sees it.
    let room = format!("0.{:09}", (spent * 3 / 2 / 1000 + 1) * 1000);
    let body = json!({"platformBudgetUsd": room});
    limit(&admin, &limits, body).await;
    let shown = a.get("/api/customers/config").await.ok(200)["platformBudgetUsd"].clone();
    assert_eq!(shown, room.trim_end_matches('0'));
    let body = json!({"platformBudgetUsd": "1000"});
    let request = a.call(Method::PUT, "/api/customers/config").json(&body);
    Answer::of(request).await.problem(403, "platform_limit");

    // A document beyond the budget is not started, and other customers are not affected.
    let mark = word();
    let second = a.add("Second", &text(&mark)).await;
    a.ended(&second, "needs_action", "platform_budget_exceeded")
        .await;
    assert_eq!(
        (a.count(BY_PLATFORM).await, stack.embedded(&mark).await),
        (spent, 0)
    );
    let theirs = b.add("Theirs", &text(&word())).await;
    b.completed(&theirs).await;

    // With the budget used up, nothing that costs money is started.
    let body = json!({"platformBudgetUsd": "0"});
    limit(&admin, &limits, body).await;
    a.ended(&second, "needs_action", "platform_budget_exceeded")
        .await;
    for answer in paid_for(&a).await {
        answer.problem(402, "platform_budget_exceeded");
    }
    let by_meaning = json!({"query": word(), "mode": "vector"});
    let refused = a.post("/search", &by_meaning).await;
    refused.problem(402, "platform_budget_exceeded");
    assert!(!a.search("text", "text").await.is_empty());

    // The operator raises the limit, and it continues automatically.
    let body = json!({"platformBudgetUsd": "1"});
    limit(&admin, &limits, body).await;
    stack.sweep().await;
    a.completed(&second).await;
    for bad in ["-1", "1000001", "0.0000001", "much"] {
        let body = json!({"platformBudgetUsd": bad});
        let answer = ask(&admin, Method::PUT, &limits, Some(body)).await;
        answer.bad_fields(&["/platformBudgetUsd"]);
    }

    // With its own key the customer pays, and the budget does not apply.
    let body = json!({"platformBudgetUsd": "0"});
    limit(&admin, &limits, body).await;
    let by_platform = a.count(BY_PLATFORM).await;
    set_key(&a).await;
    let third = a.add("Third", &text(&word())).await;
    a.completed(&third).await;
    assert_eq!(a.count(BY_PLATFORM).await, by_platform);
    assert!(a.count(ALL).await > by_platform);
    let lines = "SELECT sum(nano_usd)::bigint FROM provider_calls WHERE customer_id = $1 AND paid_by = 'platform'";
    assert_eq!(a.count(lines).await, by_platform);
}

#[tokio::test]
async fn documents_beyond_the_platform_budget_resume_with_the_customers_key() {
    let stack = Stack::load();
    let a = stack.signup().await;
    a.config("platform_budget_micro_usd = 1").await;
    let id = a.add("T", &text(&word())).await;
    a.ended(&id, "needs_action", "platform_budget_exceeded")
        .await;
    set_key(&a).await;
    stack.sweep().await;
    a.completed(&id).await;
    assert_eq!(a.count(BY_PLATFORM).await, 0);
}

#[tokio::test]
async fn nothing_is_embedded_before_the_email_address_is_verified() {
    let stack = Stack::load();
    let a = stack.signup_unverified().await;
    for answer in paid_for(&a).await {
        let problem = answer.problem(403, "email_not_verified");
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("/api/auth/resend-verification"), "{detail}");
    }
    // Documents that were accepted for other reasons stop before the provider.
    a.platform_key("now()").await;
    let mark = word();
    let bytes = text(&mark);
    let form = a
        .presign(&json!({"fileName": "a.txt", "contentType": "text/plain"}))
        .await
        .ok(200);
    a.platform_key("NULL").await;
    assert_eq!(a.post_to_s3(&form, bytes.as_bytes()).await.status, 204);
    let id = doc_id(&form);
    a.ended(&id, "needs_action", "email_not_verified").await;
    assert_eq!(stack.embedded(&mark).await, 0);
    // An untested key does not change that.
    set_key(&a).await;
    a.post(&format!("/api/documents/{id}/retry"), &json!({}))
        .await
        .problem(403, "email_not_verified");
    stack.sweep().await;
    assert_eq!(a.status(&id).await["status"], "needs_action");
    let keys = a.call(Method::DELETE, "/api/customers/openai-key");
    assert_eq!(Answer::of(keys).await.status, 204);

    // The emailed link verifies the address, and the waiting documents continue.
    let token = stack.mail(&a.email, "Verify", 1).await.token();
    let request = stack.http.post(stack.url("/api/auth/verify-email"));
    let verified = Answer::of(request.json(&json!({"token": token}))).await;
    assert_eq!(verified.status, 204);
    stack.sweep().await;
    a.completed(&id).await;
    a.search_with(json!({"query": mark, "mode": "vector"}))
        .await;
    a.platform_key("NULL").await;
    let by_meaning = json!({"query": word(), "mode": "vector"});
    a.post("/search", &by_meaning)
        .await
        .problem(403, "email_not_verified");
}

#[tokio::test]
async fn a_provider_key_does_not_replace_a_verified_address() {
    let stack = Stack::load();
    let a = stack.signup_unverified().await;
    set_key(&a).await;
    let refused = a.ingest("T", &text(&word())).await;
    refused.problem(403, "email_not_verified");
    let hook = json!({"name": "out", "triggerType": "event", "url": "https://example.com/hook",
        "events": ["document.completed"]});
    let refused = a.post("/api/webhooks", &hook).await;
    refused.problem(403, "email_not_verified");
    a.platform_key("now()").await;
    let id = a.add("T", &text(&word())).await;
    a.completed(&id).await;
    assert_eq!(a.count(BY_PLATFORM).await, 0);
}

#[tokio::test]
async fn the_platform_pays_only_for_listed_models() {
    let stack = Stack::load();
    let a = stack.signup().await;
    // One model without a listed price, and an unknown one.
    for model in ["text-embedding-ada-002", "nope"] {
        for dry_run in [true, false] {
            let body = json!({"embeddingModel": model, "dryRun": dry_run});
            let refused = a.post("/api/documents/regenerate", &body).await;
            let problem = refused.problem(409, "model_not_allowed");
            let detail = problem["detail"].as_str().unwrap();
            assert!(
                detail.contains(model) && detail.contains("text-embedding-3-small"),
                "{detail}"
            );
        }
    }
    // Even if it is configured, it is never called with the platform's key.
    a.config("embedding_model = 'text-embedding-ada-002'").await;
    let mark = word();
    let id = a.add("T", &text(&mark)).await;
    a.ended(&id, "needs_action", "model_not_allowed").await;
    assert_eq!(stack.embedded(&mark).await, 0);

    set_key(&a).await;
    stack.sweep().await;
    a.completed(&id).await;
    let body = json!({"embeddingModel": "nope", "dryRun": true});
    assert_eq!(
        a.post("/api/documents/regenerate", &body).await.ok(200)["costUsd"],
        Value::Null
    );
    // Without the key, the model of the table is one that the platform does not pay for.
    let gone = Answer::of(a.call(Method::DELETE, "/api/customers/openai-key")).await;
    assert_eq!(gone.status, 204);
    a.post("/search", &json!({"query": word(), "mode": "vector"}))
        .await
        .problem(409, "model_not_allowed");
    assert!(!a.search("text", &mark).await.is_empty());
}

//! `DELETE /api/customers`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{Answer, Stack, Tenant};

async fn leave(tenant: &Tenant, password: &str) -> Answer {
    let url = tenant.stack.url("/api/customers");
    let request = tenant.stack.http.delete(url).bearer_auth(&tenant.access);
    Answer::of(request.json(&json!({"password": password}))).await
}

#[tokio::test]
async fn a_customer_is_deleted_with_a_users_password() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    leave(&a, &b.password).await.problem(403, "wrong_password");
    let request = a.call(Method::DELETE, "/api/customers");
    Answer::of(request.json(&json!({"password": a.password})))
        .await
        .problem(403, "user_required");
    assert_eq!(leave(&a, &a.password).await.ok(202)["status"], "deleting");
    leave(&a, &a.password).await.problem(401, "unauthenticated");
    b.get("/api/documents").await.ok(200);
}

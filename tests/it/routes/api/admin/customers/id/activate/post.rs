//! `POST /api/admin/customers/{id}/activate`.

use reqwest::Method;
use uuid::Uuid;

use crate::support::stack::{
    Stack,
    admin::{admin, ask, me},
};

#[tokio::test]
async fn an_administrator_activates_a_suspended_customer() {
    let stack = Stack::load();
    let (admin, a, b) = tokio::join!(admin(&stack), stack.signup(), stack.signup());
    let path = |what: &str| format!("customers/{}/{what}", a.id);
    let suspended = ask(&admin, Method::POST, &path("suspend"), None).await;
    assert_eq!(suspended.status, 204);
    ask(&b, Method::POST, &path("activate"), None)
        .await
        .problem(404, "not_found");
    me(&a).await.problem(403, "customer_suspended");
    let activated = ask(&admin, Method::POST, &path("activate"), None).await;
    assert_eq!(activated.status, 204);
    me(&a).await.ok(200);
    let unknown = format!("customers/{}/activate", Uuid::new_v4());
    ask(&admin, Method::POST, &unknown, None)
        .await
        .problem(404, "not_found");
}

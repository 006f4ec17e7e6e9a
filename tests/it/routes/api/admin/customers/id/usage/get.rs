//! `GET /api/admin/customers/{id}/usage`.

use reqwest::Method;

use crate::support::stack::{
    Stack,
    admin::{admin, ask},
};

#[tokio::test]
async fn an_administrator_sees_the_usage_of_a_customer() {
    let stack = Stack::load();
    let (admin, a) = tokio::join!(admin(&stack), stack.signup());
    a.get("/api/documents").await.ok(200);
    let path = format!("customers/{}/usage", a.id);
    let usage = ask(&admin, Method::GET, &path, None).await.ok(200);
    assert_eq!(usage["total"]["requests"], 1, "{usage}");
    assert_eq!(usage["items"][0]["operation"], "documents-list");
    let bad = format!("{path}?since=2020-01-01");
    ask(&admin, Method::GET, &bad, None)
        .await
        .bad_fields(&["/since"]);
    ask(&a, Method::GET, &path, None)
        .await
        .problem(404, "not_found");
}

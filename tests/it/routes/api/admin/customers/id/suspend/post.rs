//! `POST /api/admin/customers/{id}/suspend`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Stack,
    admin::{admin, ask, me},
};

#[tokio::test]
async fn a_suspended_customer_is_refused_until_it_is_activated() {
    let stack = Stack::load();
    let (admin, a, b) = tokio::join!(admin(&stack), stack.signup(), stack.signup());
    let of = |what: &str| format!("customers/{}/{what}", a.id);
    assert_eq!(
        ask(&admin, Method::POST, &of("suspend"), None).await.status,
        204
    );
    me(&a).await.problem(403, "customer_suspended");
    a.get("/api/documents")
        .await
        .problem(403, "customer_suspended");
    me(&b).await.ok(200);
    // It is idempotent.
    assert_eq!(
        ask(&admin, Method::POST, &of("suspend"), None).await.status,
        204
    );
    assert_eq!(
        ask(&admin, Method::POST, &of("activate"), None)
            .await
            .status,
        204
    );
    me(&a).await.ok(200);
    let log = a.get("/api/customers/audit").await.ok(200);
    let actions: Vec<_> = log["items"].as_array().unwrap()[..2]
        .iter()
        .map(|line| (line["action"].clone(), line["actor"]["kind"].clone()))
        .collect();
    let by = json!("platform_admin");
    assert_eq!(
        actions,
        [
            (json!("customer.activated"), by.clone()),
            (json!("customer.suspended"), by)
        ]
    );
    // Neither the administrator's own customer nor an unknown one can be suspended.
    let own = format!("customers/{}/suspend", admin.id);
    ask(&admin, Method::POST, &own, None)
        .await
        .bad_fields(&["/id"]);
    let nobody = format!("customers/{}/suspend", uuid::Uuid::new_v4());
    ask(&admin, Method::POST, &nobody, None)
        .await
        .problem(404, "not_found");
}

//! `GET /api/customers/profile`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_customer_sees_its_own_profile() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    for tenant in [&a, &b] {
        let profile = tenant.get("/api/customers/profile").await.ok(200);
        assert_eq!(profile["id"], json!(tenant.id));
        assert_eq!(profile["status"], "active");
        assert_eq!(profile["hasOpenaiKey"], false);
    }
    a.get("/api/customers/profile?colour=red")
        .await
        .bad_fields(&["/colour"]);
}

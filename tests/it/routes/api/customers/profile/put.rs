//! `PUT /api/customers/profile`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_customer_renames_only_its_own_company() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = "/api/customers/profile";
    let name = json!({"companyName": "Example Ltd"});
    assert_eq!(
        a.put(path, &name).await.ok(200)["companyName"],
        "Example Ltd"
    );
    assert_eq!(a.get(path).await.ok(200)["companyName"], "Example Ltd");
    assert_ne!(b.get(path).await.ok(200)["companyName"], "Example Ltd");
    a.put(path, &json!({"companyName": "<img src=x>"}))
        .await
        .bad_fields(&["/companyName"]);
}

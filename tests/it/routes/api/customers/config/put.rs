//! `PUT /api/customers/config`.

use serde_json::{Value, json};

use crate::support::stack::Stack;

#[tokio::test]
async fn a_setting_is_changed_for_one_customer_and_platform_limits_are_not() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = "/api/customers/config";
    let changed = a.put(path, &json!({"retentionDays": 30})).await.ok(200);
    assert_eq!(changed["retentionDays"], 30);
    assert_eq!(a.get(path).await.ok(200), changed);
    assert_eq!(b.get(path).await.ok(200)["retentionDays"], Value::Null);
    a.put(path, &json!({"colour": "red"}))
        .await
        .bad_fields(&["/colour"]);
    a.put(path, &json!({"maxDocuments": 5}))
        .await
        .problem(403, "platform_limit");
}

//! `PUT /api/customers/config`.

use serde_json::json;

use crate::support::stack::Stack;

#[tokio::test]
async fn a_customer_changes_its_own_settings_but_no_platform_limit() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let path = "/api/customers/config";
    let others = b.get(path).await.ok(200);
    assert_ne!(others["retentionDays"], 7);
    let changed = a.put(path, &json!({"retentionDays": 7})).await.ok(200);
    assert_eq!(changed["retentionDays"], 7);
    assert_eq!(a.get(path).await.ok(200), changed);
    assert_eq!(b.get(path).await.ok(200), others);
    a.put(path, &json!({"colour": "red"}))
        .await
        .bad_fields(&["/colour"]);
    a.put(path, &json!({"maxDocuments": 5}))
        .await
        .problem(403, "platform_limit");
}

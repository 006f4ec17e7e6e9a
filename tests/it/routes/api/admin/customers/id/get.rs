//! `GET /api/admin/customers/{id}`.

use reqwest::Method;
use serde_json::json;

use crate::support::stack::{
    Stack,
    admin::{admin, ask},
};

#[tokio::test]
async fn an_administrator_sees_a_customers_state_but_no_documents() {
    let stack = Stack::load();
    let (admin, a) = tokio::join!(admin(&stack), stack.signup());
    let id = a.add("Title of a document", "A text.").await;
    a.completed(&id).await;
    a.presign(&json!({"fileName": "never.txt"})).await.ok(200);
    let path = format!("customers/{}", a.id);
    let limits = json!({"maxFileBytes": 1234});
    let limited = ask(&admin, Method::PUT, &format!("{path}/limits"), Some(limits)).await;
    assert_eq!(limited.status, 204);
    let seen = ask(&admin, Method::GET, &path, None).await.ok(200);
    assert_eq!(seen["companyName"], "Test");
    assert_eq!(
        (&seen["status"], &seen["users"]),
        (&json!("active"), &json!(1))
    );
    assert_eq!(seen["email"], json!(a.email));
    assert_eq!(
        seen["documents"],
        json!({"completed": 1, "awaiting_upload": 1})
    );
    assert_eq!(seen["config"]["maxFileBytes"], 1234);
    let config = a.get("/api/customers/config").await.ok(200);
    for (name, value) in seen["config"].as_object().unwrap() {
        assert_eq!(&config[name], value, "{name}");
    }
    assert_eq!(seen["ownEmbeddingKey"], false);
    assert!(seen["lastActivityAt"].is_string(), "{seen}");
    assert!(seen["usage"]["documents"].as_u64() >= Some(1), "{seen}");
    // Neither title nor id of a document.
    assert!(!seen.to_string().contains("Title of a document"));
    assert!(!seen.to_string().contains(&id));
    let nobody = format!("customers/{}", uuid::Uuid::new_v4());
    ask(&admin, Method::GET, &nobody, None)
        .await
        .problem(404, "not_found");
    // The app's database user can call the function, but it checks the caller.
    let rows = stack
        .app_sql()
        .await
        .query(
            "SELECT id FROM admin_get_customer($1, $2, $1)",
            &[&a.id, &a.user],
        )
        .await
        .unwrap();
    assert!(rows.is_empty());
}

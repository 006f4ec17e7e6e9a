//! `GET /api/admin/customers`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Stack,
    admin::{admin, ask},
};

#[tokio::test]
async fn customers_are_listed_and_searched_with_their_usage() {
    let stack = Stack::load();
    let (admin, a) = tokio::join!(admin(&stack), stack.signup());
    a.get("/api/documents").await.ok(200);
    let path = format!("customers?q={}&status=active&limit=1", a.email);
    let found = ask(&admin, Method::GET, &path, None).await.ok(200);
    let row = &found["items"][0];
    assert_eq!(
        (&row["id"], &row["users"], &row["spentUsd"]),
        (&json!(a.id), &json!(1), &json!("0"))
    );
    assert_eq!(found["nextCursor"], Value::Null);
    // The special characters of LIKE are literal here.
    let none = ask(
        &admin,
        Method::GET,
        "customers?q=%25nobody_has_this%25",
        None,
    )
    .await
    .ok(200);
    assert_eq!(none["items"], json!([]));
    let first = ask(&admin, Method::GET, "customers?limit=1", None)
        .await
        .ok(200);
    let next = format!(
        "customers?limit=1&cursor={}",
        first["nextCursor"].as_str().unwrap()
    );
    let second = ask(&admin, Method::GET, &next, None).await.ok(200);
    assert_ne!(first["items"][0]["id"], second["items"][0]["id"]);
    let path = format!("customers/{}/usage", a.id);
    let usage = ask(&admin, Method::GET, &path, None).await.ok(200);
    assert_eq!(usage["total"]["requests"], 1, "{usage}");
    ask(
        &admin,
        Method::GET,
        &format!("{path}?since=2020-01-01"),
        None,
    )
    .await
    .bad_fields(&["/since"]);
    // The app's database user can call these functions, but they check the caller.
    let rows = stack
        .app_sql()
        .await
        .query(
            "SELECT id FROM admin_list_customers($1, $2, NULL, NULL, NULL, NULL, 10)",
            &[&a.id, &a.user],
        )
        .await
        .unwrap();
    assert!(rows.is_empty());
}

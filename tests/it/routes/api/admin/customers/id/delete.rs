//! `DELETE /api/admin/customers/{id}`.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::stack::{
    Stack,
    admin::{admin, ask, me},
    eventually,
};

#[tokio::test]
async fn an_administrator_deletes_only_the_confirmed_customer() {
    let stack = Stack::load();
    let (admin, a, b) = tokio::join!(admin(&stack), stack.signup(), stack.signup());
    let id = a.add("Canary", "The canary sings.").await;
    a.completed(&id).await;
    let path = format!("customers/{}", a.id);
    let delete =
        async |path: &str, body: Value| ask(&admin, Method::DELETE, path, Some(body)).await;
    let body = |password: &str, confirm: &str| json!({"password": password, "confirm": confirm});
    delete(&path, body("not the password", "Test"))
        .await
        .problem(403, "wrong_password");
    let other = b.id.to_string();
    for confirm in ["test", "", "Test\0", &other] {
        delete(&path, body(&admin.password, confirm))
            .await
            .bad_fields(&["/confirm"]);
    }
    me(&a).await.ok(200);
    delete(
        &format!("customers/{}", admin.id),
        body(&admin.password, "Test"),
    )
    .await
    .bad_fields(&["/id"]);
    delete(
        &format!("customers/{}", uuid::Uuid::new_v4()),
        body(&admin.password, "Test"),
    )
    .await
    .problem(404, "not_found");
    // The app's database user can call the function, but it checks the caller.
    let refused = stack
        .app_sql()
        .await
        .query_one(
            "SELECT admin_delete_customer($1, $2, $3, $4)",
            &[&b.id, &b.user, &a.id, &a.id.to_string()],
        )
        .await
        .unwrap();
    assert_eq!(refused.get::<_, Option<String>>(0), None);

    let done = delete(&path, body(&admin.password, "Test")).await.ok(202);
    assert_eq!(done, json!({"status": "deleting"}));
    me(&a).await.problem(401, "unauthenticated");
    a.get("/api/documents")
        .await
        .problem(401, "unauthenticated");
    a.login().await.problem(401, "invalid_credentials");
    let customers = "SELECT count(*) FROM customers WHERE id = $1";
    eventually("the customer is gone", async || {
        (a.count(customers).await == 0).then_some(())
    })
    .await;
    for bucket in [stack.documents_bucket(), stack.vectors_bucket()] {
        let keys = stack.keys(bucket, &format!("customers/{}/", a.id)).await;
        assert!(keys.is_empty(), "{keys:?}");
    }
    me(&b).await.ok(200);
    // A second deletion finds nothing; the audit log of the administrator's own customer records the first.
    delete(&path, body(&admin.password, "Test"))
        .await
        .problem(404, "not_found");
    let log = admin.get("/api/customers/audit").await.ok(200);
    let line = &log["items"][0];
    assert_eq!(
        (&line["action"], &line["targetId"], &line["details"]),
        (
            &json!("customer.deleted"),
            &json!(a.id),
            &json!({"companyName": "Test"})
        ),
        "{log}"
    );
}

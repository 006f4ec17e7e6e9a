//! `PUT /api/users/{id}`.

use serde_json::json;

use crate::support::stack::{
    Answer, Stack,
    answer::text,
    users::{change, delete, get},
};

#[tokio::test]
async fn role_and_status_changes_apply_from_the_next_request() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let access = a.user_with("user").await;
    let me = get(&stack, &access, "/api/auth/me").await.ok(200);
    let id = text(&me["id"]);
    get(&stack, &access, "/api/documents")
        .await
        .problem(403, "missing_scope");

    // Another customer's users are out of reach.
    change(&b, &id, json!({"role": "business"}))
        .await
        .problem(404, "not_found");
    delete(&b, &id).await.problem(404, "not_found");

    assert_eq!(
        change(&a, &id, json!({"role": "business"})).await.ok(200)["role"],
        "business"
    );
    get(&stack, &access, "/api/documents").await.ok(200);
    change(&a, &id, json!({"role": "user"})).await.ok(200);
    get(&stack, &access, "/api/documents")
        .await
        .problem(403, "missing_scope");

    change(&a, &id, json!({"status": "disabled"})).await.ok(200);
    get(&stack, &access, "/api/auth/me")
        .await
        .problem(401, "unauthenticated");
    change(&a, &id, json!({"status": "active"})).await.ok(200);
    // The session has ended; the user logs in again.
    get(&stack, &access, "/api/auth/me")
        .await
        .problem(401, "unauthenticated");
    let body = json!({"email": me["email"], "password": a.password});
    let login = stack.http.post(stack.url("/api/auth/login")).json(&body);
    let access = text(&Answer::of(login).await.ok(200)["accessToken"]);

    let deleted = delete(&a, &id).await.ok(200);
    assert_eq!(deleted["keysRevoked"], 0, "{deleted}");
    get(&stack, &access, "/api/auth/me")
        .await
        .problem(401, "unauthenticated");
    delete(&a, &id).await.problem(404, "not_found");
    let log = a.get("/api/customers/audit").await.ok(200);
    assert_eq!(log["items"][0]["action"], "user.deleted");

    change(&a, &id, json!({})).await.bad_fields(&[""]);
    change(&a, &id, json!({"role": "admin"}))
        .await
        .problem(422, "invalid_fields");
}

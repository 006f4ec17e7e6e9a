//! Users: the last business user stays, company names carry no message, keys do not outlive their user's rights, and
//! grants stay within the granter's scopes.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::stack::{
    Answer, Stack, random,
    users::{SUBJECT, actions, answers, change, delete, with_keys},
};

#[tokio::test]
async fn the_last_business_user_cannot_be_removed() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let id = a.user.to_string();
    change(&a, &id, json!({"role": "user"}))
        .await
        .problem(409, "last_business_user");
    change(&a, &id, json!({"status": "disabled"}))
        .await
        .problem(409, "last_business_user");
    delete(&a, &id).await.problem(409, "last_business_user");
    a.get("/api/users").await.ok(200);
    // If two business users demote each other at once, one stays.
    let other = a.add_user("business").await.to_string();
    let (first, second) = tokio::join!(
        change(&a, &id, json!({"role": "user"})),
        change(&a, &other, json!({"role": "user"}))
    );
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    let business = "SELECT count(*) FROM users WHERE customer_id = $1 AND role = 'business'";
    assert_eq!(a.count(business).await, 1);
    assert_eq!(delete(&a, &Uuid::new_v4().to_string()).await.status, 404);
}

#[tokio::test]
async fn a_company_name_cannot_carry_a_message() {
    let stack = Stack::load();
    let a = stack.signup().await;
    for name in [
        "visit http://evil.example now",
        "<img src=x>",
        "URGENT!!! Pay now",
    ] {
        let body = json!({"companyName": name});
        let request = a.call(Method::PUT, "/api/customers/profile").json(&body);
        Answer::of(request).await.bad_fields(&["/companyName"]);
        let body = json!({"email": format!("{}@example.com", random(12)), "password": random(24), "companyName": name});
        let request = stack.http.post(stack.url("/api/auth/signup")).json(&body);
        Answer::of(request).await.bad_fields(&["/companyName"]);
    }
    let body = json!({"companyName": "Booking.com & Söhne"});
    Answer::of(a.call(Method::PUT, "/api/customers/profile").json(&body))
        .await
        .ok(200);
    let email = a.invited("user").await;
    let mail = stack.mail(&email, SUBJECT, 1).await;
    assert!(mail.text.contains("Booking. com & Söhne"), "{mail:?}");
}

#[tokio::test]
async fn keys_are_revoked_when_their_user_loses_access() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let ways: [(&str, Option<Value>); 3] = [
        ("disabled", Some(json!({"status": "disabled"}))),
        ("demoted", Some(json!({"role": "user"}))),
        ("deleted", None),
    ];
    for (way, body) in ways {
        let (id, _, keys) = with_keys(&a).await;
        let listed = a.get("/api/keys").await.ok(200);
        for key in &listed["items"].as_array().unwrap()[..2] {
            assert_eq!(key["createdBy"]["userId"], json!(id), "{listed}");
            assert!(key["createdBy"]["email"].is_string(), "{listed}");
        }
        assert_eq!(answers(&stack, &keys).await, [200, 200]);
        let changed = match body {
            Some(body) => change(&a, &id, body).await.ok(200),
            None => delete(&a, &id).await.ok(200),
        };
        assert_eq!(
            (&changed["keysRevoked"], &changed["keysTransferred"]),
            (&json!(2), &json!(0)),
            "{way}: {changed}"
        );
        assert_eq!(answers(&stack, &keys).await, [401, 401], "{way}");
        let told = actions(&a).await;
        let revoked = told.iter().filter(|action| *action == "api_key.revoked");
        assert!(revoked.count() >= 2, "{way}: {told:?}");
        if way == "disabled" {
            // A revoked key stays revoked.
            change(&a, &id, json!({"status": "active"})).await.ok(200);
            assert_eq!(answers(&stack, &keys).await, [401, 401]);
        }
    }
    // The key created at signup has no user, and keeps working.
    let listed = a.get("/api/keys").await.ok(200);
    assert_eq!(listed["items"][0]["createdBy"], Value::Null, "{listed}");
}

#[tokio::test]
async fn no_caller_can_grant_scopes_it_lacks() {
    let stack = Stack::load();
    let a = stack.signup().await;
    a.verified().await;
    let managing = a.key_with(&["admin:tenant"]).await;
    let call = |method: Method, path: &str, body: Value| {
        let request = stack.http.request(method, stack.url(path));
        Answer::of(request.bearer_auth(&managing).json(&body))
    };
    let key = |scopes: Value| json!({"name": "n", "scopes": scopes});
    for scopes in [
        json!(["search"]),
        json!(["admin:tenant", "documents:write"]),
    ] {
        call(Method::POST, "/api/keys", key(scopes))
            .await
            .problem(403, "missing_scope");
    }
    call(Method::POST, "/api/customers/api-key", json!({}))
        .await
        .problem(403, "missing_scope");
    let email = format!("i-{}@example.com", random(12).to_lowercase());
    let invitation = json!({"email": email, "role": "business"});
    call(Method::POST, "/api/users", invitation)
        .await
        .problem(403, "missing_scope");
    let id = a.add_user("user").await.to_string();
    let path = format!("/api/users/{id}");
    call(Method::PUT, &path, json!({"role": "business"}))
        .await
        .problem(403, "missing_scope");
    // It can disable users, and grant its own scopes.
    call(Method::PUT, &path, json!({"status": "disabled"}))
        .await
        .ok(200);
    call(Method::POST, "/api/keys", key(json!(["admin:tenant"])))
        .await
        .ok(201);
    a.post("/api/keys", &key(json!(["search"]))).await.ok(201);
}

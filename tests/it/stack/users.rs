//! Who belongs to a customer: invited, made, changed, deleted, and never by another customer.

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::stack::{Answer, Stack, Tenant, eventually, random};

const SUBJECT: &str = "You are invited to Dynamic RAG";

async fn accept(stack: &Stack, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    let request = stack.http.post(stack.url("/api/users/accept")).json(&body);
    Answer::of(request).await
}

async fn change(tenant: &Tenant, id: &str, body: Value) -> Answer {
    let request = tenant.call(Method::PUT, &format!("/api/users/{id}"));
    Answer::of(request.json(&body)).await
}

async fn delete(tenant: &Tenant, id: &str) -> Answer {
    Answer::of(tenant.call(Method::DELETE, &format!("/api/users/{id}"))).await
}

async fn get(stack: &Stack, access: &str, path: &str) -> Answer {
    Answer::of(stack.http.get(stack.url(path)).bearer_auth(access)).await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_is_invited_becomes_a_user_of_that_customer_in_that_role() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    // Nobody writes to strangers who does not read mail.
    let body = json!({"email": format!("I-{}@Example.com", random(12)), "role": "user"});
    a.post("/api/users", &body)
        .await
        .problem(403, "email_not_verified");
    a.verified().await;
    // Who is there already need not be invited; of another customer's users nobody is told.
    let own = json!({"email": a.email, "role": "user"});
    a.post("/api/users", &own).await.problem(409, "user_exists");
    let theirs = json!({"email": b.email, "role": "user"});
    a.post("/api/users", &theirs).await.ok(202);
    let invited = a.post("/api/users", &body).await.ok(202);
    assert_eq!(invited["status"], "invited");
    let email = text(&invited["email"]);
    assert_eq!(email, text(&body["email"]).to_lowercase());
    let first = stack.mail(&email, SUBJECT, 1).await;
    assert!(
        first.text.contains(&a.email) || first.text.contains("invited"),
        "{first:?}"
    );

    // Once more for the same address renews it, and may change the role.
    let again = json!({"email": email, "role": "business"});
    a.post("/api/users", &again)
        .await
        .problem(429, "invitation_limit");
    a.forget_invitation(&email).await;
    let renewed = a.post("/api/users", &again).await.ok(202);
    assert_eq!(
        (&renewed["id"], &renewed["role"]),
        (&invited["id"], &json!("business"))
    );
    let second = stack.mail(&email, SUBJECT, 2).await;
    let listed = a.get("/api/users").await.ok(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "{listed}");
    assert!(
        !b.get("/api/users")
            .await
            .ok(200)
            .to_string()
            .contains(&email)
    );

    // The new link has taken the place of the first.
    accept(&stack, &first.token(), &random(20))
        .await
        .problem(422, "invalid_link");
    accept(&stack, &second.token(), "short")
        .await
        .bad_fields(&["/password"]);
    let password = random(20);
    let made = accept(&stack, &second.token(), &password).await.ok(201);
    assert_eq!(
        (&made["customerId"], &made["user"]["role"]),
        (&json!(a.id), &json!("business"))
    );
    accept(&stack, &second.token(), &password)
        .await
        .problem(422, "invalid_link");
    let access = text(&made["accessToken"]);
    get(&stack, &access, "/api/documents").await.ok(200);
    let users = get(&stack, &access, "/api/users").await.ok(200);
    let new = &users["items"][0];
    assert_eq!(
        (&new["status"], &new["emailVerified"]),
        (&json!("active"), &json!(true))
    );

    // Both invite the same person: who comes second is told once the mailbox is proved.
    b.verified().await;
    b.post("/api/users", &again).await.ok(202);
    let token = stack.mail(&email, SUBJECT, 3).await.token();
    accept(&stack, &token, &password)
        .await
        .problem(409, "email_taken");
}

#[tokio::test]
async fn an_invitation_that_is_taken_back_or_over_is_none() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (email, late) = (a.invited("user").await, a.invited("user").await);
    let mail = stack.mail(&email, SUBJECT, 1).await;
    let over = stack.mail(&late, SUBJECT, 1).await;
    let listed = a.get("/api/users").await.ok(200);
    let row = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["email"] == json!(email));
    delete(&a, row.unwrap()["id"].as_str().unwrap())
        .await
        .ok(200);
    accept(&stack, &mail.token(), &random(20))
        .await
        .problem(422, "invalid_link");
    let expire = "UPDATE invitations SET expires_at = now() WHERE customer_id = $1";
    stack.sql().await.execute(expire, &[&a.id]).await.unwrap();
    accept(&stack, &over.token(), &random(20))
        .await
        .problem(422, "invalid_link");
    assert_eq!(
        a.get("/api/users").await.ok(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn role_and_status_count_from_the_next_request_on() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let access = a.user_with("user").await;
    let me = get(&stack, &access, "/api/auth/me").await.ok(200);
    let id = text(&me["id"]);
    get(&stack, &access, "/api/documents")
        .await
        .problem(403, "missing_scope");

    // Another customer's users are nobody's.
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

#[tokio::test]
async fn somebody_stays_in_charge() {
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
    // Of two who demote each other at once, one stays.
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
async fn nobody_is_written_to_again_and_again() {
    let stack = Stack::load();
    let a = stack.signup().await;
    a.verified().await;
    a.config("invitations_per_day = 3").await;
    let invite = async |tenant: &Tenant, email: &str| {
        let body = json!({"email": email, "role": "user"});
        tenant.post("/api/users", &body).await
    };
    let email = || format!("v-{}@example.com", random(12).to_lowercase());

    // One address, fifteen times at once, also after the invitation was taken back or under a tag.
    let victim = email();
    let tries = futures::future::join_all((0..15).map(|_| invite(&a, &victim))).await;
    let taken: Vec<&Answer> = tries.iter().filter(|answer| answer.status == 202).collect();
    assert_eq!(taken.len(), 1);
    let id = text(&taken[0].ok(202)["id"]);
    assert_eq!(delete(&a, &id).await.status, 200);
    let tagged = victim.replace('@', "+1@");
    for email in [&victim, &tagged] {
        let refused = invite(&a, email).await;
        let after = refused
            .header("retry-after")
            .unwrap()
            .parse::<u32>()
            .unwrap();
        assert!((1..=3600).contains(&after), "{after}");
        refused.problem(429, "invitation_limit");
    }

    // Then the day's invitations.
    for _ in 0..2 {
        invite(&a, &email()).await.ok(202);
    }
    let refused = invite(&a, &email()).await;
    let problem = refused.problem(429, "invitation_limit");
    assert!(
        text(&problem["detail"]).contains("3 invitations per day"),
        "{problem}"
    );

    // Several accounts write to one address no more often.
    let shared = email();
    for _ in 0..4 {
        let other = stack.signup().await;
        other.verified().await;
        invite(&other, &shared).await.ok(202);
    }
    let asked = "SELECT attempts FROM throttles WHERE subject =
        throttle_subject('mail|hour', convert_to('invitation|' || $1, 'UTF8'))";
    let sql = stack.sql().await;
    eventually("the fourth mail is held back", async || {
        let row = sql.query_opt(asked, &[&shared]).await.unwrap();
        row.filter(|row| row.get::<_, i32>(0) == 4)
    })
    .await;
    eventually("three mails are sent", async || {
        (stack.mails(&shared).await.len() == 3).then_some(())
    })
    .await;
}

#[tokio::test]
async fn no_company_has_a_message_for_a_name() {
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

/// A business user of a tenant, with keys: its id, its access token, the keys.
async fn with_keys(a: &Tenant) -> (String, String, Vec<String>) {
    let access = a.user_with("business").await;
    let id = text(&get(&a.stack, &access, "/api/auth/me").await.ok(200)["id"]);
    let mut keys = Vec::new();
    let mut make = async |bearer: &str, scopes: Value| {
        let request = a.stack.http.post(a.stack.url("/api/keys"));
        let body = json!({"name": "theirs", "scopes": scopes});
        let made = Answer::of(request.bearer_auth(bearer).json(&body)).await;
        keys.push(text(&made.ok(201)["apiKey"]));
    };
    make(&access, json!(["admin:tenant", "search"])).await;
    // One that a key has made.
    let first = keys[0].clone();
    let request = a.stack.http.post(a.stack.url("/api/keys"));
    let body = json!({"name": "theirs", "scopes": ["search"]});
    let made = Answer::of(request.bearer_auth(&first).json(&body)).await;
    keys.push(text(&made.ok(201)["apiKey"]));
    (id, access, keys)
}

async fn answers(stack: &Stack, keys: &[String]) -> Vec<u16> {
    let mut statuses = Vec::new();
    for key in keys {
        statuses.push(get(stack, key, "/api/auth/me").await.status);
    }
    statuses
}

async fn actions(a: &Tenant) -> Vec<String> {
    let log = a.get("/api/customers/audit").await.ok(200);
    let items = log["items"].as_array().unwrap();
    items.iter().map(|line| text(&line["action"])).collect()
}

#[tokio::test]
async fn who_leaves_takes_no_keys_along() {
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
            // What is revoked stays revoked.
            change(&a, &id, json!({"status": "active"})).await.ok(200);
            assert_eq!(answers(&stack, &keys).await, [401, 401]);
        }
    }
    // The key of the signup is nobody's, and works on.
    let listed = a.get("/api/keys").await.ok(200);
    assert_eq!(listed["items"][0]["createdBy"], Value::Null, "{listed}");
}

#[tokio::test]
async fn keys_of_who_leaves_can_be_taken_over() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (id, access, keys) = with_keys(&a).await;
    let call = |bearer: &str, query: &str| {
        let url = stack.url(&format!("/api/users/{id}{query}"));
        stack.http.delete(url).bearer_auth(bearer)
    };
    Answer::of(call(&a.access, "?keys=burn"))
        .await
        .problem(422, "invalid_fields");
    // Nobody takes over from itself, neither as a user nor by a key.
    for own in [&access, &keys[0]] {
        Answer::of(call(own, "?keys=transfer"))
            .await
            .bad_fields(&["/keys"]);
    }
    let deleted = Answer::of(call(&a.access, "?keys=transfer")).await.ok(200);
    assert_eq!(
        (&deleted["keysRevoked"], &deleted["keysTransferred"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(answers(&stack, &keys).await, [200, 200]);
    let listed = a.get("/api/keys").await.ok(200);
    for key in &listed["items"].as_array().unwrap()[..2] {
        assert_eq!(key["createdBy"]["email"], json!(a.email), "{listed}");
    }
    let told = actions(&a).await;
    let moved = told
        .iter()
        .filter(|action| *action == "api_key.transferred");
    assert_eq!(moved.count(), 2, "{told:?}");
}

#[tokio::test]
async fn nobody_gives_what_it_does_not_have() {
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
    // It may take away, and give what it has.
    call(Method::PUT, &path, json!({"status": "disabled"}))
        .await
        .ok(200);
    call(Method::POST, "/api/keys", key(json!(["admin:tenant"])))
        .await
        .ok(201);
    a.post("/api/keys", &key(json!(["search"]))).await.ok(201);
}

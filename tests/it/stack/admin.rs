//! Administrators of the platform: who there is, limits, suspension, invitations to sign up.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    known::checkout,
    runtime::Function,
    stack::{Answer, Stack, Tenant, eventually, random},
};

/// An administrator.
pub async fn admin(stack: &std::sync::Arc<Stack>) -> Tenant {
    let tenant = stack.signup().await;
    let grant = "UPDATE users SET platform_admin = true WHERE customer_id = $1";
    stack
        .sql()
        .await
        .execute(grant, &[&tenant.id])
        .await
        .unwrap();
    tenant
}

/// A call of an administrator.
pub async fn ask(admin: &Tenant, method: Method, path: &str, body: Option<Value>) -> Answer {
    let url = admin.stack.url(&format!("/api/admin/{path}"));
    let request = admin
        .stack
        .http
        .request(method, url)
        .bearer_auth(&admin.access);
    Answer::of(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

async fn me(tenant: &Tenant) -> Answer {
    let request = tenant.stack.http.get(tenant.stack.url("/api/auth/me"));
    Answer::of(request.bearer_auth(&tenant.access)).await
}

#[tokio::test]
async fn a_suspended_customer_is_refused_everywhere_until_it_is_activated() {
    let stack = Stack::load();
    let (admin, a, b) = tokio::join!(admin(&stack), stack.signup(), stack.signup());
    let of = |what: &str| format!("customers/{}/{what}", a.id);
    assert_eq!(
        ask(&admin, Method::POST, &of("suspend"), None).await.status,
        204
    );
    me(&a).await.problem(403, "customer_suspended");
    a.get("/api/documents")
        .await
        .problem(403, "customer_suspended");
    me(&b).await.ok(200);
    // Twice is as once.
    assert_eq!(
        ask(&admin, Method::POST, &of("suspend"), None).await.status,
        204
    );
    assert_eq!(
        ask(&admin, Method::POST, &of("activate"), None)
            .await
            .status,
        204
    );
    me(&a).await.ok(200);
    let log = a.get("/api/customers/audit").await.ok(200);
    let actions: Vec<_> = log["items"].as_array().unwrap()[..2]
        .iter()
        .map(|line| (line["action"].clone(), line["actor"]["kind"].clone()))
        .collect();
    let by = json!("platform_admin");
    assert_eq!(
        actions,
        [
            (json!("customer.activated"), by.clone()),
            (json!("customer.suspended"), by)
        ]
    );
    // Not oneself, and nobody who is not there.
    let own = format!("customers/{}/suspend", admin.id);
    ask(&admin, Method::POST, &own, None)
        .await
        .bad_fields(&["/id"]);
    let nobody = format!("customers/{}/suspend", uuid::Uuid::new_v4());
    ask(&admin, Method::POST, &nobody, None)
        .await
        .problem(404, "not_found");
}

#[tokio::test]
async fn limits_are_the_platforms_to_raise() {
    let stack = Stack::load();
    let (admin, a) = tokio::join!(admin(&stack), stack.signup());
    let path = format!("customers/{}/limits", a.id);
    let limits = json!({"readsPerMinute": 888, "requestsPerMinute": 777, "maxFileBytes": 1234});
    assert_eq!(
        ask(&admin, Method::PUT, &path, Some(limits)).await.status,
        204
    );
    let config = a.get("/api/customers/config").await.ok(200);
    assert_eq!(
        (&config["requestsPerMinute"], &config["maxFileBytes"]),
        (&json!(777), &json!(1234))
    );
    assert_eq!(config["readsPerMinute"], 888);
    let bad = json!({"readsPerMinute": 0, "requestsPerMinute": 0});
    ask(&admin, Method::PUT, &path, Some(bad))
        .await
        .bad_fields(&["/readsPerMinute", "/requestsPerMinute"]);
    let put = async |body: Value| {
        Answer::of(a.call(Method::PUT, "/api/customers/config").json(&body)).await
    };
    for limit in ["readsPerMinute", "requestsPerMinute", "requestsPerDay"] {
        put(json!({limit: 778}))
            .await
            .problem(403, "platform_limit");
    }
    put(json!({"classLimits": {"search": 888, "write": 778}}))
        .await
        .bad_fields(&["/classLimits/write"]);
    put(json!({"maxFileBytes": 1235}))
        .await
        .bad_fields(&["/maxFileBytes"]);
    // What one has been shown may be put back.
    assert_eq!(put(config.clone()).await.ok(200), config);
    // A lower limit of a class of routes is one's own to set, and holds.
    put(json!({"classLimits": {"search": 2}})).await.ok(200);
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let body = json!({"query": "anything", "mode": "text"});
        statuses.push(a.post("/search", &body).await.status);
    }
    assert!(
        statuses.iter().filter(|status| **status == 429).count() >= 1,
        "{statuses:?}"
    );
    a.get("/api/documents").await.ok(200);
}

#[tokio::test]
async fn customers_are_listed_found_and_reckoned_up() {
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
    // What LIKE gives a meaning to has none here.
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
    // The app's own login may call these functions; they look who asks.
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

#[tokio::test]
async fn an_administrator_sees_how_a_customer_stands() {
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
    // The app's own login may call the function; it looks who asks.
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

#[tokio::test]
async fn an_administrator_deletes_a_customer_and_no_other() {
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
    // The app's own login may call the function; it looks who asks.
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
    eventually("the customer goes", async || {
        (a.count(customers).await == 0).then_some(())
    })
    .await;
    for bucket in [stack.documents_bucket(), stack.vectors_bucket()] {
        let keys = stack.keys(bucket, &format!("customers/{}/", a.id)).await;
        assert!(keys.is_empty(), "{keys:?}");
    }
    me(&b).await.ok(200);
    // Gone is gone; and the log of the administrator's own customer says who did it.
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

#[tokio::test]
async fn signing_up_can_be_for_the_invited_or_for_nobody() {
    let stack = Stack::load();
    let admin = admin(&stack).await;
    let made = ask(&admin, Method::POST, "invitations", None).await.ok(201);
    let token = made["invitationToken"].as_str().unwrap();
    let file = checkout().join("events/http/auth-signup.json");
    let event: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let signup = |token: Option<&str>| {
        let mut event = event.clone();
        let email = format!("s-{}@example.com", random(16).to_lowercase());
        let mut body = json!({"email": email, "password": random(20)});
        if let Some(token) = token {
            body["invitationToken"] = json!(token);
        }
        event["body"] = json!(body.to_string());
        event
    };
    let code = |answer: &Value| {
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        (answer["statusCode"].clone(), body["code"].clone())
    };
    let start = async |mode| {
        Function::start_with(
            &stack,
            "AuthSignup",
            "dynrag-auth",
            &[("SIGNUP_MODE", mode)],
        )
        .await
    };
    let mut invited = start("invited").await;
    let required = (json!(403), json!("invitation_required"));
    assert_eq!(code(&invited.answer(&signup(None)).await), required);
    assert_eq!(
        code(&invited.answer(&signup(Some("made up"))).await),
        required
    );
    assert_eq!(
        invited.answer(&signup(Some(token))).await["statusCode"],
        201
    );
    // Once.
    assert_eq!(code(&invited.answer(&signup(Some(token))).await), required);
    let mut closed = start("closed").await;
    let closed = closed.answer(&signup(Some(token))).await;
    assert_eq!(code(&closed), (json!(403), json!("signup_closed")));
}

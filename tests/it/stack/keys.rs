//! API keys: made, used, revoked, replaced; and the log that tells of it.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::stack::{Answer, Stack, Tenant};

async fn with(stack: &Stack, key: &str, method: Method, path: &str) -> Answer {
    let request = stack.http.request(method, stack.url(path));
    Answer::raw(request.header("x-api-key", key)).await
}

async fn revoke(tenant: &Tenant, id: &str) -> Answer {
    with(
        &tenant.stack,
        &tenant.key,
        Method::DELETE,
        &format!("/api/keys/{id}"),
    )
    .await
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_shown_once_does_what_it_may_and_ends_when_it_is_revoked() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let wanted = json!({"name": " n8n ", "scopes": ["search", "documents:read", "search"], "requestsPerMinute": 50});
    let made = a.post("/api/keys", &wanted).await.ok(201);
    assert_eq!(made["name"], "n8n");
    assert_eq!(made["scopes"], json!(["documents:read", "search"]));
    assert_eq!(
        (&made["isDefault"], &made["requestsPerMinute"]),
        (&false.into(), &50.into())
    );
    let (key, id) = (text(&made["apiKey"]), text(&made["id"]));
    assert!(key.starts_with(made["prefix"].as_str().unwrap()), "{made}");

    let listed = a.get("/api/keys").await.ok(200);
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 2, "{listed}");
    assert_eq!(
        (&items[0]["id"], &items[1]["isDefault"]),
        (&made["id"], &true.into())
    );
    let secret = key.rsplit('_').next().unwrap();
    assert!(!listed.to_string().contains(secret), "{listed}");

    assert_eq!(
        with(&stack, &key, Method::GET, "/api/documents")
            .await
            .status,
        200
    );
    with(&stack, &key, Method::GET, "/api/keys")
        .await
        .problem(403, "missing_scope");
    let now = a.get("/api/keys").await.ok(200);
    assert!(now["items"][0]["lastUsedAt"].is_string(), "{now}");

    // Not another tenant's to revoke.
    revoke(&b, &id).await.problem(404, "not_found");
    assert_eq!(
        with(&stack, &key, Method::GET, "/api/documents")
            .await
            .status,
        200
    );
    assert_eq!(revoke(&a, &id).await.status, 204);
    with(&stack, &key, Method::GET, "/api/documents")
        .await
        .problem(401, "unauthenticated");
    revoke(&a, &id).await.problem(404, "not_found");
    assert_eq!(
        a.get("/api/keys").await.ok(200)["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn each_bad_field_of_a_key_is_pointed_at() {
    let a = Stack::load().signup().await;
    for (change, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": "a\nb"}), "/name"),
        (json!({"name": "x".repeat(101)}), "/name"),
        (json!({"scopes": []}), "/scopes"),
        (json!({"scopes": ["documents:all"]}), "/scopes/0"),
        (json!({"scopes": "search"}), "/scopes"),
        (json!({"requestsPerMinute": 0}), "/requestsPerMinute"),
        (json!({"requestsPerMinute": -1}), "/requestsPerMinute"),
        (json!({"expiresAt": "2020-01-01T00:00:00Z"}), "/expiresAt"),
        (json!({"expiresAt": "tomorrow"}), "/expiresAt"),
        (json!({"secret": "mine"}), "/secret"),
    ] {
        let mut body = json!({"name": "n", "scopes": ["search"]});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        a.post("/api/keys", &body).await.bad_fields(&[pointer]);
    }
    let keys = "SELECT count(*) FROM api_keys WHERE customer_id = $1";
    assert_eq!(a.count(keys).await, 1);
}

#[tokio::test]
async fn the_default_key_is_replaced_and_there_is_always_one() {
    let stack = Stack::load();
    let (mut a, b) = tokio::join!(stack.signup(), stack.signup());
    let old = a.key.clone();
    let made = a.post("/api/customers/api-key", &json!({})).await.ok(201);
    assert_eq!(
        (&made["isDefault"], &made["name"]),
        (&true.into(), &"default".into())
    );
    with(&stack, &old, Method::GET, "/api/auth/me")
        .await
        .problem(401, "unauthenticated");
    a.key = text(&made["apiKey"]);
    a.get("/api/auth/me").await.ok(200);
    b.get("/api/auth/me").await.ok(200);

    // Eight at once: one of them is the last.
    let request = || {
        let url = stack.url("/api/customers/api-key");
        Answer::of(stack.http.post(url).bearer_auth(&a.access))
    };
    let answers = join_all((0..8).map(|_| request())).await;
    let mut live = 0;
    for answer in &answers {
        let key = text(&answer.ok(201)["apiKey"]);
        live += u16::from(with(&stack, &key, Method::GET, "/api/auth/me").await.status == 200);
    }
    assert_eq!(live, 1);
    let defaults = "SELECT count(*) FROM api_keys WHERE customer_id = $1 AND is_default AND revoked_at IS NULL";
    assert_eq!(a.count(defaults).await, 1);
}

#[tokio::test]
async fn keys_have_a_limit_that_holds_under_a_race() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let fill = "INSERT INTO api_keys (customer_id, id, name, public_id, secret_hash, scopes)
                SELECT $1, gen_random_uuid(), 'filler', gen_random_uuid()::text, decode(repeat('00', 32), 'hex'), '{search}'
                FROM generate_series(1, 96)";
    stack.sql().await.execute(fill, &[&a.id]).await.unwrap();
    let body = json!({"name": "n", "scopes": ["search"]});
    let answers = join_all((0..8).map(|_| a.post("/api/keys", &body))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 3, "97 there were, 100 there may be");
    for answer in answers.iter().filter(|answer| answer.status != 201) {
        answer.problem(409, "key_limit");
    }
    b.post("/api/keys", &body).await.ok(201);
    // Page by page, each once.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = a.get(&format!("/api/keys?limit=30{cursor}")).await.ok(200);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|key| text(&key["id"])),
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 100);
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 100);
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let soon = (chrono::Utc::now() + chrono::TimeDelta::hours(1)).to_rfc3339();
    let body = json!({"name": "n", "scopes": ["search"], "expiresAt": soon});
    let made = a.post("/api/keys", &body).await.ok(201);
    let key = text(&made["apiKey"]);
    assert_eq!(
        with(&stack, &key, Method::GET, "/api/auth/me").await.status,
        200
    );
    let id: Uuid = made["id"].as_str().unwrap().parse().unwrap();
    let expire = "UPDATE api_keys SET expires_at = now() WHERE id = $1";
    stack.sql().await.execute(expire, &[&id]).await.unwrap();
    with(&stack, &key, Method::GET, "/api/auth/me")
        .await
        .problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_sees_of_the_account_what_it_needs_to_work() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let working = [
        a.key_with(&["search"]).await,
        a.key_with(&["documents:read", "documents:write"]).await,
        a.user_with("user").await,
    ];
    let managing = [
        a.key_with(&["metrics"]).await,
        a.key_with(&["admin:tenant"]).await,
        a.access.clone(),
        a.key.clone(),
    ];
    let get = |bearer: &str, path: &str| {
        let request = stack.http.get(stack.url(path));
        Answer::of(request.bearer_auth(bearer))
    };
    for (bearers, whole) in [(&working[..], false), (&managing, true)] {
        for bearer in bearers {
            let config = get(bearer, "/api/customers/config").await.ok(200);
            assert_eq!(config["maxFileBytes"], 52_428_800, "{config}");
            assert!(config["chunking"]["size"].is_i64(), "{config}");
            for hidden in [
                "monthlyBudgetUsd",
                "budgetAlertPercent",
                "maxDocuments",
                "retentionDays",
            ] {
                assert_eq!(config.get(hidden).is_some(), whole, "{hidden}: {config}");
            }
            let me = get(bearer, "/api/auth/me").await.ok(200);
            assert_eq!(me["config"], config);
            let profile = get(bearer, "/api/customers/profile").await.ok(200);
            assert_eq!(profile["id"], json!(a.id));
            assert_eq!(profile.get("companyName").is_some(), whole, "{profile}");
            assert_eq!(profile.get("hasOpenaiKey").is_some(), whole, "{profile}");
        }
    }
}

#[tokio::test]
async fn the_log_tells_who_did_what_and_no_secret() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = json!({"name": "n8n", "scopes": ["search"]});
    let made = a.post("/api/keys", &body).await.ok(201);
    let id = text(&made["id"]);
    assert_eq!(revoke(&a, &id).await.status, 204);
    let add = async |content: &str| {
        let body = json!({"title": "A title", "content": content, "externalId": "one"});
        let accepted = a.post("/api/ingest/document", &body).await.ok(202);
        let id = text(&accepted["docId"]);
        a.completed(&id).await;
        id
    };
    let document = add("first").await;
    assert_eq!(add("second").await, document);
    // What is there already changes nothing, and is no news.
    let again = json!({"title": "A title", "content": "second", "externalId": "one"});
    a.post("/api/ingest/document", &again).await.ok(200);
    a.delete(&document).await.ok(202);
    let request = stack.http.post(stack.url("/api/auth/logout"));
    assert_eq!(
        Answer::raw(request.bearer_auth(&a.access)).await.status,
        204
    );

    let log = a.get("/api/customers/audit").await.ok(200);
    let key_id = a.key_id().await.to_string();
    let told: Vec<(&str, &str, &str)> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["action"].as_str().unwrap(),
                entry["actor"]["kind"].as_str().unwrap(),
                entry["actor"]["id"].as_str().unwrap(),
            )
        })
        .collect();
    let user = a.user.to_string();
    assert_eq!(
        told,
        [
            ("session.ended", "user", user.as_str()),
            ("document.deleted", "api_key", key_id.as_str()),
            ("document.updated", "api_key", key_id.as_str()),
            ("document.added", "api_key", key_id.as_str()),
            ("api_key.revoked", "api_key", key_id.as_str()),
            ("api_key.created", "api_key", key_id.as_str()),
            ("customer.created", "user", user.as_str()),
        ]
    );
    assert_eq!(log["items"][4]["targetId"], made["id"]);
    assert_eq!(log["items"][2]["targetId"], json!(document));
    assert_eq!(log["items"][2]["details"]["version"], 2);
    assert!(!log.to_string().contains("A title"), "{log}");
    let secret = made["apiKey"].as_str().unwrap().rsplit('_').next().unwrap();
    assert!(!log.to_string().contains(secret), "{log}");
    let theirs = b.get("/api/customers/audit").await.ok(200);
    assert_eq!(theirs["items"].as_array().unwrap().len(), 1, "{theirs}");
    assert!(!theirs.to_string().contains(&a.id.to_string()), "{theirs}");

    // A line that was written stays as it is.
    let app = stack.app_sql().await;
    for change in [
        "UPDATE audit_log SET action = 'nothing.happened'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
    ] {
        let refused = app.execute(change, &[]).await.unwrap_err();
        let code = refused.code().unwrap();
        assert_eq!(
            *code,
            tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE,
            "{change}"
        );
    }
}

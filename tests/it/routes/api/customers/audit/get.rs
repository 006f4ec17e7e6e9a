//! `GET /api/customers/audit`.

use serde_json::json;

use crate::support::stack::{Answer, Stack, answer::text, keys::revoke};

#[tokio::test]
async fn the_audit_log_records_who_did_what_without_secrets() {
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
    // Unchanged content is not recorded.
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

    // Recorded entries cannot be changed.
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

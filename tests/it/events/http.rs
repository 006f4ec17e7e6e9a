//! Routes: API Gateway's event in, its answer out.

use std::{path::Path, sync::Arc};

use serde_json::{Value, json};

use super::{DOCUMENT, Scene, USER, random_email};
use crate::support::{runtime::Function, stack::Stack};

/// An answer as API Gateway takes it.
#[derive(Debug)]
struct Answer {
    status: u64,
    headers: Value,
    body: Value,
}

async fn call(function: &mut Function, event: &Value) -> Answer {
    let answer = function.answer(event).await;
    assert_eq!(answer["isBase64Encoded"], json!(false), "{answer}");
    Answer {
        status: answer["statusCode"].as_u64().unwrap(),
        headers: answer["headers"].clone(),
        body: serde_json::from_str(answer["body"].as_str().unwrap()).unwrap(),
    }
}

impl Answer {
    /// The body of an answer of this status that has these members.
    fn ok(self, status: u64, members: &[&str]) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.headers["content-type"], "application/json", "{self:?}");
        assert!(self.headers["x-request-id"].is_string(), "{self:?}");
        for member in members {
            assert!(
                self.body.get(member).is_some_and(|value| !value.is_null()),
                "no {member} in {self:?}"
            );
        }
        self.body
    }

    fn problem(self, status: u64, code: &str) {
        assert_eq!(
            (self.status, &self.body["code"]),
            (status, &json!(code)),
            "{self:?}"
        );
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{self:?}"
        );
        assert_eq!(
            self.body["requestId"], self.headers["x-request-id"],
            "{self:?}"
        );
    }
}

const TOKEN: &str = "ACCESS_TOKEN";
const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery staple";

/// `documents-get` → `DocumentsGet` and `dynrag-documents`.
fn function_of(route: &str) -> (String, String) {
    let logical = route
        .split('-')
        .map(|word| format!("{}{}", word[..1].to_uppercase(), &word[1..]))
        .collect();
    let group = match route.split('-').next().unwrap() {
        "health" | "openapi" => "system",
        "users" | "customers" if ["users-accept", "customers-delete"].contains(&route) => "auth",
        "keys" | "users" | "jobs" => "customers",
        "documents" if route == "documents-update" => "ingest",
        "collections" => "documents",
        "documents" if route == "documents-chunks" => "search",
        "documents" if route == "documents-events" => "events",
        group => group,
    };
    (logical, format!("dynrag-{group}"))
}

/// The event as a new request, not as a repeat of the first.
fn without_key(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(headers) = event["headers"].as_object_mut() {
        headers.remove("idempotency-key");
    }
    event
}

pub(super) async fn feed(stack: Arc<Stack>, file: &Path, route: &str) {
    let (logical, binary) = function_of(route);
    let mut scene = Scene::new(stack, file, &logical, &binary).await;
    match route {
        "health-get" => {
            let event = scene.event(&[]);
            let body = call(&mut scene.function, &event)
                .await
                .ok(200, &["status", "version", "checks"]);
            assert_eq!(body["status"], "ok");
        }
        "openapi-get" => {
            let event = scene.event(&[]);
            let body = call(&mut scene.function, &event).await.ok(
                200,
                &["openapi", "info", "servers", "paths", "components", "tags"],
            );
            assert!(body["paths"].get("/api/openapi.json").is_some());
        }
        "auth-signup" => {
            let event = scene.event(&[(EMAIL, &random_email())]);
            let members = ["customer", "user", "accessToken", "refreshToken", "apiKey"];
            call(&mut scene.function, &event).await.ok(201, &members);
            call(&mut scene.function, &event)
                .await
                .problem(409, "email_taken");
        }
        "auth-login" => login(&mut scene).await,
        "auth-refresh" => refresh(&mut scene).await,
        "auth-change-password" => change_password(&mut scene).await,
        "auth-forgot-password" => {
            let event = scene.event(&[(EMAIL, &scene.ours.email)]);
            assert_eq!(scene.function.answer(&event).await["statusCode"], 202);
            scene.stack.mail(&scene.ours.email, "password", 1).await;
        }
        "auth-verify-email" => verify_email(&mut scene).await,
        "auth-reset-password" => reset_password(&mut scene).await,
        "users-accept" => accept(&mut scene).await,
        "users-update" | "users-delete" => user(&mut scene, route).await,
        "jobs-get" => job(&mut scene).await,
        "customers-delete" => leave(&mut scene).await,
        "keys-delete" => delete_key(&mut scene).await,
        "documents-get" | "documents-status" | "documents-delete" | "documents-versions"
        | "documents-content" | "documents-restore" | "documents-retry" | "documents-diff"
        | "documents-chunks" | "documents-update" => document(&mut scene, route).await,
        "documents-events" => stream(&mut scene).await,
        "webhooks-get"
        | "webhooks-update"
        | "webhooks-delete"
        | "webhooks-test"
        | "webhooks-deliveries"
        | "webhooks-replay" => webhook(&mut scene, route).await,
        "collections-get" | "collections-update" | "collections-delete" => {
            collection(&mut scene, route).await;
        }
        "ingest-webhook-receive" => receive(&mut scene).await,
        "search" => search(&mut scene).await,
        _ => authorized(&mut scene, route).await,
    }
}

async fn login(scene: &mut Scene) {
    let (email, password) = (scene.ours.email.clone(), scene.ours.password.clone());
    let event = scene.event(&[(EMAIL, &email), (PASSWORD, &password)]);
    let body = call(&mut scene.function, &event)
        .await
        .ok(200, &["user", "accessToken", "refreshToken", "expiresIn"]);
    assert_eq!(body["user"]["id"], json!(scene.ours.user));
    // The other tenant's password is not ours, and an address that nobody has is not told apart.
    let wrong = scene.event(&[(EMAIL, &email), (PASSWORD, &scene.theirs.password)]);
    call(&mut scene.function, &wrong)
        .await
        .problem(401, "invalid_credentials");
    let unknown = scene.event(&[(EMAIL, &random_email()), (PASSWORD, &password)]);
    call(&mut scene.function, &unknown)
        .await
        .problem(401, "invalid_credentials");
}

async fn refresh(scene: &mut Scene) {
    let placeholder = "REFRESH_TOKEN";
    let event = scene.event(&[(placeholder, &scene.ours.refresh)]);
    let members = ["accessToken", "refreshToken", "tokenType", "expiresIn"];
    let body = call(&mut scene.function, &event).await.ok(200, &members);
    assert_ne!(body["refreshToken"], json!(scene.ours.refresh));
    let access = scene.event(&[(placeholder, &scene.theirs.access)]);
    call(&mut scene.function, &access)
        .await
        .problem(401, "invalid_refresh_token");
}

async fn change_password(scene: &mut Scene) {
    let wrong = scene.event(&[(TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &wrong)
        .await
        .problem(403, "wrong_password");
    let (token, password) = (&scene.ours.access, &scene.ours.password);
    let event = scene.event(&[(TOKEN, token), (PASSWORD, password)]);
    let members = ["accessToken", "refreshToken"];
    call(&mut scene.function, &event).await.ok(200, &members);
    call(&mut scene.function, &event)
        .await
        .problem(401, "unauthenticated");
}

async fn job(scene: &mut Scene) {
    let started = scene.ours.post("/api/customers/export", &json!({})).await;
    let id = started.ok(202)["jobId"].as_str().unwrap().to_owned();
    let placeholder = "01936f6e-3c00-7000-8000-00000000000a";
    let ours = scene.event(&[(placeholder, &id), (TOKEN, &scene.ours.access)]);
    let members = ["id", "kind", "status", "createdAt", "files"];
    let body = call(&mut scene.function, &ours).await.ok(200, &members);
    assert_eq!(body["kind"], "export");
    let theirs = scene.event(&[(placeholder, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
}

async fn leave(scene: &mut Scene) {
    let wrong = scene.event(&[(TOKEN, &scene.ours.access)]);
    call(&mut scene.function, &wrong)
        .await
        .problem(403, "wrong_password");
    let (token, password) = (&scene.ours.access, &scene.ours.password);
    let event = scene.event(&[(TOKEN, token), (PASSWORD, password)]);
    let body = call(&mut scene.function, &event).await.ok(202, &["status"]);
    assert_eq!(body["status"], "deleting");
    call(&mut scene.function, &event)
        .await
        .problem(401, "unauthenticated");
    scene.theirs.get("/api/documents").await.ok(200);
}

/// What the links of mails have for a token.
const MAIL_TOKEN: &str = "MAIL_TOKEN";

async fn verify_email(scene: &mut Scene) {
    let mail = scene.stack.mail(&scene.ours.email, "Verify", 1).await;
    let event = scene.event(&[(MAIL_TOKEN, &mail.token())]);
    assert_eq!(scene.function.answer(&event).await["statusCode"], 204);
    call(&mut scene.function, &event)
        .await
        .problem(422, "invalid_link");
}

async fn reset_password(scene: &mut Scene) {
    let body = json!({"email": scene.ours.email});
    let request = scene
        .stack
        .http
        .post(scene.stack.url("/api/auth/forgot-password"));
    assert_eq!(request.json(&body).send().await.unwrap().status(), 202);
    let mail = scene.stack.mail(&scene.ours.email, "new password", 1).await;
    let event = scene.event(&[(MAIL_TOKEN, &mail.token())]);
    assert_eq!(scene.function.answer(&event).await["statusCode"], 204);
    call(&mut scene.function, &event)
        .await
        .problem(422, "invalid_link");
}

async fn accept(scene: &mut Scene) {
    let email = scene.ours.invited("user").await;
    let mail = scene.stack.mail(&email, "Invitation", 1).await;
    let event = scene.event(&[(MAIL_TOKEN, &mail.token())]);
    let members = ["customerId", "user", "accessToken", "refreshToken"];
    let body = call(&mut scene.function, &event).await.ok(201, &members);
    assert_eq!(body["customerId"], json!(scene.ours.id));
    assert_eq!(body["user"]["role"], "user");
    call(&mut scene.function, &event)
        .await
        .problem(422, "invalid_link");
}

async fn user(scene: &mut Scene, route: &str) {
    let id = scene.ours.add_user("user").await.to_string();
    let theirs = scene.event(&[(USER, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    let ours = scene.event(&[(USER, &id), (TOKEN, &scene.ours.access)]);
    if route == "users-delete" {
        assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
    } else {
        let members = ["id", "email", "status", "createdAt"];
        let body = call(&mut scene.function, &ours).await.ok(200, &members);
        assert_eq!(body["role"], "business");
    }
}

async fn delete_key(scene: &mut Scene) {
    let id = scene.ours.key_id().await.to_string();
    let placeholder = "01936f6e-3c00-7000-8000-00000000000e";
    let theirs = scene.event(&[(placeholder, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    let ours = scene.event(&[(placeholder, &id), (TOKEN, &scene.ours.access)]);
    assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
    call(&mut scene.function, &ours)
        .await
        .problem(404, "not_found");
}

/// Routes about a document: its own tenant's, and then somebody else's.
async fn document(scene: &mut Scene, route: &str) {
    let id = scene
        .ours
        .add("Refund policy", "Goods may be sent back within 30 days.")
        .await;
    if ["documents-content", "documents-update", "documents-restore"].contains(&route) {
        scene.ours.completed(&id).await;
    }
    let theirs = scene.event(&[(DOCUMENT, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    let ours = scene.event(&[(DOCUMENT, &id), (TOKEN, &scene.ours.access)]);
    let answer = call(&mut scene.function, &ours).await;
    match route {
        "documents-get" => assert_eq!(
            answer.ok(200, &["title", "status", "format", "createdAt"])["id"],
            json!(id)
        ),
        "documents-versions" => {
            let body = answer.ok(200, &["items"]);
            assert_eq!(body["items"][0]["version"], 1);
        }
        "documents-content" => {
            let body = answer.ok(200, &["text", "charSpan", "characters", "version"]);
            assert_eq!(body["docId"], json!(id));
        }
        "documents-restore" => assert_eq!(answer.ok(202, &["version"])["docId"], json!(id)),
        "documents-diff" => answer.problem(409, "nothing_to_compare"),
        "documents-chunks" => {
            let body = answer.ok(200, &["items", "version"]);
            assert_eq!(body["docId"], json!(id));
        }
        "documents-update" => assert_eq!(answer.ok(202, &["statusUrl"])["docId"], json!(id)),
        "documents-retry" => answer.problem(409, "not_retryable"),
        "documents-status" => {
            let body = answer.ok(200, &["status", "attempts", "latestVersion"]);
            assert_eq!(body["docId"], json!(id));
            assert_eq!(body["timeline"][0]["status"], "queued");
        }
        _ => {
            assert_eq!(answer.ok(202, &["status"])["docId"], json!(id));
            call(&mut scene.function, &ours)
                .await
                .problem(404, "not_found");
        }
    }
}

/// A streamed answer: status and headers, eight zero bytes, the body.
async fn streamed(function: &mut Function, event: &Value) -> (Value, String) {
    let answer = function.answer(event).await;
    let (head, body) = answer
        .as_str()
        .unwrap()
        .split_once("\0\0\0\0\0\0\0\0")
        .unwrap();
    (serde_json::from_str(head).unwrap(), body.to_owned())
}

async fn stream(scene: &mut Scene) {
    let id = scene
        .ours
        .add("Refund policy", "Goods may be sent back.")
        .await;
    let theirs = scene.event(&[(DOCUMENT, &id), (TOKEN, &scene.theirs.access)]);
    let (head, body) = streamed(&mut scene.function, &theirs).await;
    assert_eq!(head["statusCode"], 404, "{head}");
    assert_eq!(head["headers"]["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["code"], "not_found", "{body}");
    let ours = scene.event(&[(DOCUMENT, &id), (TOKEN, &scene.ours.access)]);
    let (head, body) = streamed(&mut scene.function, &ours).await;
    assert_eq!(head["statusCode"], 200, "{head}");
    assert_eq!(head["headers"]["content-type"], "text/event-stream");
    assert!(head["headers"]["x-request-id"].is_string(), "{head}");
    assert!(body.contains("event: status\nid: 1\n"), "{body}");
    assert!(body.contains("\"status\":\"completed\""), "{body}");
    assert!(body.contains("\n\nevent: end\ndata: "), "{body}");
}

const WEBHOOK: &str = "01936f6e-3c00-7000-8000-000000000030";
const DELIVERY: &str = "01936f6e-3c00-7000-8000-000000000031";

async fn webhook(scene: &mut Scene, route: &str) {
    // Nobody listens there.
    let hook = json!({"name": "Hook", "triggerType": "event", "url": "http://127.0.0.1:18489/", "events": ["document.completed"]});
    let made = scene.ours.post("/api/webhooks", &hook).await.ok(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/webhooks/{id}");
    scene
        .ours
        .post(&format!("{path}/test"), &json!({}))
        .await
        .ok(202);
    let sent = scene.ours.get(&format!("{path}/deliveries")).await.ok(200);
    let delivery = sent["items"][0]["id"].as_str().unwrap().to_owned();
    let mut named = vec![(WEBHOOK, &*id)];
    if route == "webhooks-replay" {
        named.push((DELIVERY, &*delivery));
    }
    let as_whom = |token| [&*named, &[(TOKEN, token)]].concat();
    let theirs = scene.event(&as_whom(&*scene.theirs.access));
    let ours = scene.event(&as_whom(&*scene.ours.access));
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    match route {
        "webhooks-delete" => {
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
            scene.ours.get(&path).await.problem(404, "not_found");
        }
        "webhooks-test" | "webhooks-replay" => {
            drop(call(&mut scene.function, &ours).await.ok(202, &[]));
        }
        "webhooks-deliveries" => {
            let body = call(&mut scene.function, &ours).await.ok(200, &["items"]);
            assert_eq!(body["items"][0]["id"], json!(delivery));
        }
        "webhooks-update" => {
            let body = call(&mut scene.function, &ours).await.ok(200, &["secret"]);
            assert_eq!(body["id"], json!(id));
            assert_ne!(body["secret"], made["secret"]);
        }
        _ => {
            let body = call(&mut scene.function, &ours)
                .await
                .ok(200, &["name", "status"]);
            assert_eq!(body["id"], json!(id));
            assert!(body.get("secret").is_none(), "{body}");
        }
    }
}

const COLLECTION: &str = "01936f6e-3c00-7000-8000-000000000040";

async fn collection(scene: &mut Scene, route: &str) {
    let new = json!({"name": "Handbook", "chunking": {"size": 1200, "overlap": 0}});
    let made = scene.ours.post("/api/collections", &new).await.ok(201);
    let id = made["id"].as_str().unwrap().to_owned();
    let body =
        json!({"title": "Inside", "content": "A document of the handbook.", "collectionId": id});
    let added = scene.ours.post("/api/ingest/document", &body).await.ok(202);
    let document = format!("/api/documents/{}", added["docId"].as_str().unwrap());
    let theirs = scene.event(&[(COLLECTION, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    let ours = scene.event(&[(COLLECTION, &id), (TOKEN, &scene.ours.access)]);
    let answer = call(&mut scene.function, &ours).await;
    match route {
        "collections-get" => {
            let body = answer.ok(200, &["name", "chunking", "createdAt"]);
            assert_eq!((&body["id"], &body["documents"]), (&json!(id), &json!(1)));
        }
        "collections-update" => {
            let body = answer.ok(200, &["id", "updatedAt"]);
            assert_eq!(body["name"], "Staff handbook");
            assert!(body.get("chunking").is_none(), "{body}");
        }
        _ => {
            let body = answer.ok(202, &["status"]);
            assert_eq!(body["collectionId"], json!(id));
            assert_eq!(body["documents"], 1);
            call(&mut scene.function, &ours)
                .await
                .problem(404, "not_found");
            scene.ours.get(&document).await.problem(404, "not_found");
        }
    }
}

async fn receive(scene: &mut Scene) {
    let hook = json!({"name": "In", "triggerType": "manual"});
    let made = scene.ours.post("/api/webhooks", &hook).await.ok(201);
    let (id, token) = (
        made["id"].as_str().unwrap(),
        made["token"].as_str().unwrap(),
    );
    let right = scene.event(&[(WEBHOOK, id), ("WEBHOOK_TOKEN", token)]);
    let first = call(&mut scene.function, &right).await.ok(202, &["docId"]);
    let again = call(&mut scene.function, &right).await.ok(200, &["docId"]);
    assert_eq!(again["docId"], first["docId"]);
    let wrong = scene.event(&[(WEBHOOK, id), ("WEBHOOK_TOKEN", &scene.ours.access)]);
    call(&mut scene.function, &wrong)
        .await
        .problem(401, "unauthenticated");
}

async fn search(scene: &mut Scene) {
    let id = scene
        .ours
        .add("Refund policy", "Goods may be sent back within 30 days.")
        .await;
    scene.ours.completed(&id).await;
    let event = scene.event(&[(TOKEN, &scene.ours.access)]);
    let body = call(&mut scene.function, &event)
        .await
        .ok(200, &["results", "usage", "tookMs"]);
    assert_eq!(body["results"][0]["documentId"], json!(id));
    assert!(
        body["results"][0]["text"]
            .as_str()
            .unwrap()
            .contains("30 days")
    );
    let event = scene.event(&[(TOKEN, &scene.theirs.access)]);
    assert_eq!(
        call(&mut scene.function, &event).await.ok(200, &[])["results"],
        json!([])
    );
}

async fn authorized(scene: &mut Scene, route: &str) {
    let ours = scene.event(&[(TOKEN, &scene.ours.access)]);
    let theirs = scene.event(&[(TOKEN, &scene.theirs.access)]);
    let forged = scene.event(&[(TOKEN, "e30.e30.c2ln")]);
    call(&mut scene.function, &forged)
        .await
        .problem(401, "unauthenticated");
    match route {
        "auth-me" => {
            for (event, tenant) in [(&ours, scene.ours.id), (&theirs, scene.theirs.id)] {
                let body = call(&mut scene.function, event)
                    .await
                    .ok(200, &["id", "email", "role", "scopes", "config"]);
                assert_eq!(body["customerId"], json!(tenant));
            }
        }
        "auth-logout" => {
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
            call(&mut scene.function, &ours)
                .await
                .problem(401, "unauthenticated");
            assert_eq!(scene.function.answer(&theirs).await["statusCode"], 204);
        }
        "auth-resend-verification" => {
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 202);
            scene.stack.mail(&scene.ours.email, "Verify", 2).await;
            assert_eq!(scene.function.answer(&theirs).await["statusCode"], 202);
        }
        "documents-regenerate" => {
            for event in [&ours, &theirs] {
                let members = ["embeddingModel", "tokens", "costUsd", "counted"];
                let body = call(&mut scene.function, event).await.ok(200, &members);
                assert_eq!(body["documents"], 0);
            }
        }
        "users-list" => {
            for (event, tenant) in [(&ours, &scene.ours), (&theirs, &scene.theirs)] {
                let body = call(&mut scene.function, event).await.ok(200, &["items"]);
                assert_eq!(body["items"].as_array().unwrap().len(), 1);
                assert_eq!(body["items"][0]["email"], json!(tenant.email));
            }
        }
        "users-invite" => {
            call(&mut scene.function, &ours)
                .await
                .problem(403, "email_not_verified");
            scene.ours.verified().await;
            let body = call(&mut scene.function, &ours)
                .await
                .ok(202, &["id", "email", "role"]);
            assert_eq!(body["status"], "invited");
            call(&mut scene.function, &theirs)
                .await
                .problem(403, "email_not_verified");
        }
        "customers-api-key" | "keys-create" => {
            let members = ["id", "name", "prefix", "scopes", "apiKey"];
            let first = call(&mut scene.function, &ours).await.ok(201, &members);
            let other = call(&mut scene.function, &theirs).await.ok(201, &members);
            assert_ne!(first["apiKey"], other["apiKey"]);
        }
        "keys-list" => {
            for (event, tenant) in [(&ours, &scene.ours), (&theirs, &scene.theirs)] {
                let id = tenant.key_id().await;
                let body = call(&mut scene.function, event).await.ok(200, &["items"]);
                assert_eq!(body["items"][0]["id"], json!(id));
                assert!(body["items"][0].get("apiKey").is_none(), "{body}");
            }
        }
        "customers-get-profile" | "customers-update-profile" => {
            for (event, tenant) in [(&ours, &scene.ours), (&theirs, &scene.theirs)] {
                let members = ["id", "companyName", "status", "createdAt"];
                let body = call(&mut scene.function, event).await.ok(200, &members);
                assert_eq!(body["id"], json!(tenant.id));
            }
        }
        "customers-get-config" => {
            let body = call(&mut scene.function, &ours)
                .await
                .ok(200, &["chunking"]);
            assert_eq!(body["monthlyBudgetUsd"], Value::Null);
        }
        "customers-update-config" => {
            let body = call(&mut scene.function, &ours)
                .await
                .ok(200, &["chunking"]);
            assert_eq!(body["monthlyBudgetUsd"], "25");
            assert_eq!(body["chunking"]["size"], 800);
            let theirs = scene.theirs.get("/api/customers/config").await.ok(200);
            assert_eq!(theirs["chunking"]["size"], 1000);
        }
        "customers-usage" => {
            let members = ["since", "until", "total", "items"];
            let body = call(&mut scene.function, &ours).await.ok(200, &members);
            assert_eq!(body["items"][0]["operation"], "customers-usage");
        }
        "customers-set-openai-key" => {
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
            let opened = scene.stack.open_secret(scene.ours.id, "openai_key").await;
            assert_eq!(opened, b"sk-example-0123456789");
            let theirs = scene.theirs.get("/api/customers/profile").await.ok(200);
            assert_eq!(theirs["hasOpenaiKey"], false);
        }
        "customers-delete-openai-key" => {
            scene
                .stack
                .seal_secret(scene.ours.id, "openai_key", b"sk-x")
                .await;
            call(&mut scene.function, &theirs)
                .await
                .problem(404, "not_found");
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
            call(&mut scene.function, &ours)
                .await
                .problem(404, "not_found");
        }
        "customers-export" => {
            let first = call(&mut scene.function, &ours)
                .await
                .ok(202, &["jobId", "statusUrl"]);
            let other = call(&mut scene.function, &theirs).await.ok(202, &["jobId"]);
            assert_ne!(first["jobId"], other["jobId"]);
        }
        "customers-rotate-secrets" => {
            let body = call(&mut scene.function, &ours).await.ok(200, &["version"]);
            assert_eq!(body["version"], 2);
            // Whoever was in stays in.
            let body = call(&mut scene.function, &ours).await.ok(200, &["version"]);
            assert_eq!(body["version"], 3);
        }
        route if route.starts_with("admin-") => {
            call(&mut scene.function, &ours)
                .await
                .problem(404, "not_found");
            let admin = "UPDATE users SET platform_admin = true WHERE customer_id = $1";
            let sql = scene.stack.sql().await;
            sql.execute(admin, &[&scene.ours.id]).await.unwrap();
            let of_theirs =
                if route.starts_with("admin-customers-") && route != "admin-customers-list" {
                    vec![(super::CUSTOMER, scene.theirs.id.to_string())]
                } else {
                    Vec::new()
                };
            let mut replaced: Vec<(&str, &str)> = of_theirs
                .iter()
                .map(|(from, to)| (*from, to.as_str()))
                .collect();
            replaced.push((TOKEN, &scene.ours.access));
            let event = scene.event(&replaced);
            match route {
                "admin-customers-list" => {
                    let body = call(&mut scene.function, &event).await.ok(200, &["items"]);
                    assert!(body["items"][0]["email"].is_string(), "{body}");
                }
                "admin-customers-usage" => {
                    let body = call(&mut scene.function, &event).await.ok(200, &["items"]);
                    // What the last request of theirs was: to this route, and refused.
                    assert_eq!(body["items"], json!([]));
                }
                "admin-invitations-create" => {
                    let members = ["invitationToken", "expiresAt"];
                    call(&mut scene.function, &event).await.ok(201, &members);
                }
                _ => {
                    assert_eq!(scene.function.answer(&event).await["statusCode"], 204);
                }
            }
        }
        "customers-audit" => {
            for (event, tenant) in [(&ours, &scene.ours), (&theirs, &scene.theirs)] {
                let body = call(&mut scene.function, event).await.ok(200, &["items"]);
                assert_eq!(body["items"][0]["action"], "customer.created");
                assert_eq!(body["items"][0]["targetId"], json!(tenant.id));
            }
        }
        "documents-list" => {
            let id = scene
                .ours
                .add("Refund policy", "Goods may be sent back within 30 days.")
                .await;
            let body = call(&mut scene.function, &ours).await.ok(200, &["items"]);
            assert_eq!(body["items"][0]["id"], json!(id));
            assert_eq!(body["nextCursor"], Value::Null);
            assert_eq!(
                call(&mut scene.function, &theirs).await.ok(200, &[])["items"],
                json!([])
            );
        }
        "ingest-document" | "ingest-file" => {
            let first = call(&mut scene.function, &ours)
                .await
                .ok(202, &["docId", "statusUrl"]);
            assert_eq!(first["status"], "queued");
            if let Some(headers) = ours["headers"].as_object()
                && headers.contains_key("idempotency-key")
            {
                let repeat = call(&mut scene.function, &ours).await.ok(202, &[]);
                assert_eq!(repeat, first);
            }
            let ours = without_key(&ours);
            let again = call(&mut scene.function, &ours).await.ok(200, &["docId"]);
            assert_eq!(
                (&again["docId"], &again["duplicate"]),
                (&first["docId"], &json!(true))
            );
            // The same content and external id of another tenant is another document.
            let other = call(&mut scene.function, &theirs).await.ok(202, &["docId"]);
            assert_ne!(other["docId"], first["docId"]);
        }
        "collections-list" => {
            let new = json!({"name": "Handbook"});
            let made = scene.ours.post("/api/collections", &new).await.ok(201);
            let body = call(&mut scene.function, &ours).await.ok(200, &["items"]);
            assert_eq!(body["items"][0]["id"], made["id"]);
            let body = call(&mut scene.function, &theirs).await.ok(200, &["items"]);
            assert_eq!(body["items"], json!([]));
        }
        "collections-create" => {
            let members = ["id", "name", "description", "chunking", "createdAt"];
            let body = call(&mut scene.function, &ours).await.ok(201, &members);
            assert_eq!(body["documents"], 0);
            call(&mut scene.function, &ours)
                .await
                .problem(409, "collection_exists");
            // Of another tenant it is another one.
            let other = call(&mut scene.function, &theirs).await.ok(201, &["id"]);
            assert_ne!(other["id"], body["id"]);
        }
        "webhooks-list" => {
            let body = call(&mut scene.function, &ours).await.ok(200, &["items"]);
            assert_eq!(body["items"], json!([]));
        }
        "webhooks-create" => {
            let body = call(&mut scene.function, &ours)
                .await
                .ok(201, &["id", "secret"]);
            assert!(body["secret"].as_str().unwrap().starts_with("whsec_"));
            let listed = scene.ours.get("/api/webhooks").await.ok(200);
            assert_eq!(listed["items"][0]["id"], body["id"]);
            assert!(listed["items"][0].get("secret").is_none(), "{listed}");
        }
        "ingest-webhook" => {
            let first = call(&mut scene.function, &ours)
                .await
                .ok(202, &["docId", "statusUrl"]);
            let other = call(&mut scene.function, &theirs).await.ok(202, &["docId"]);
            assert_ne!(other["docId"], first["docId"]);
        }
        "ingest-url" => {
            let first = call(&mut scene.function, &ours)
                .await
                .ok(202, &["docId", "statusUrl"]);
            assert_eq!(first["status"], "queued");
            let other = call(&mut scene.function, &theirs).await.ok(202, &["docId"]);
            assert_ne!(other["docId"], first["docId"]);
        }
        "ingest-batch" => {
            let first = call(&mut scene.function, &ours).await.ok(202, &["results"]);
            assert_eq!(
                (&first["queued"], &first["refused"]),
                (&json!(2), &json!(0))
            );
            let again = call(&mut scene.function, &ours).await.ok(200, &["results"]);
            assert_eq!(again["duplicates"], 2);
            assert_eq!(again["results"][0]["docId"], first["results"][0]["docId"]);
            let other = call(&mut scene.function, &theirs)
                .await
                .ok(202, &["results"]);
            assert_ne!(other["results"][0]["docId"], first["results"][0]["docId"]);
        }
        "ingest-presigned-url" => {
            for (event, tenant) in [(&ours, scene.ours.id), (&theirs, scene.theirs.id)] {
                let body = call(&mut scene.function, event)
                    .await
                    .ok(200, &["url", "docId", "expiresAt", "statusUrl"]);
                assert_eq!(body["status"], "awaiting_upload");
                let key = format!("uploads/{tenant}/{}", body["docId"].as_str().unwrap());
                assert_eq!(body["fields"]["key"], json!(key));
            }
        }
        unknown => panic!("events/http/{unknown}.json: say here what its answer must be"),
    }
}

//! Routes: an event of API Gateway in, the response out.

mod accounts;
mod authorized;
mod resources;

use std::{path::Path, sync::Arc};

use dynrag_api::RouteInfo;
use serde_json::{Value, json};

use super::{Scene, random_email};
use crate::support::{
    routes::{groups, pascal_case},
    runtime::Function,
    stack::Stack,
};

/// A response as API Gateway expects it.
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
    /// Checks status and members of a response, and returns its body.
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

/// The row of the route, its function in the template and its binary.
fn function_of(route: &str) -> (RouteInfo, String, String) {
    for group in groups() {
        if let Some(row) = group.table.iter().find(|row| row.name == route) {
            return (row.clone(), pascal_case(row.function), group.binary());
        }
    }
    panic!("events/http/{route}.json: no such route");
}

/// The event as a new request, not a repeat of the first.
fn without_key(event: &Value) -> Value {
    let mut event = event.clone();
    if let Some(headers) = event["headers"].as_object_mut() {
        headers.remove("idempotency-key");
    }
    event
}

pub(super) async fn feed(stack: Arc<Stack>, file: &Path, route: &str) {
    let (row, logical, binary) = function_of(route);
    let mut scene = Scene::new(stack, file, &logical, &binary).await;
    match route {
        "health-get" => {
            let event = scene.event(&[]);
            let body = call(&mut scene.function, &event)
                .await
                .ok(200, &["status", "version", "checks"]);
            assert_eq!(body["status"], "ok");
            let mut event = event;
            event["headers"]["user-agent"] = json!("x\u{7f}y");
            call(&mut scene.function, &event)
                .await
                .problem(400, "malformed_request");
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
        "auth-login" => accounts::login(&mut scene).await,
        "auth-refresh" => accounts::refresh(&mut scene).await,
        "auth-change-password" => accounts::change_password(&mut scene).await,
        "auth-forgot-password" => {
            let event = scene.event(&[(EMAIL, &scene.ours.email)]);
            assert_eq!(scene.function.answer(&event).await["statusCode"], 202);
            scene.stack.mail(&scene.ours.email, "password", 1).await;
        }
        "auth-verify-email" => accounts::verify_email(&mut scene).await,
        "auth-reset-password" => accounts::reset_password(&mut scene).await,
        "users-accept" => accounts::accept(&mut scene).await,
        "users-update" | "users-delete" => accounts::user(&mut scene, route).await,
        "jobs-get" => accounts::job(&mut scene).await,
        "customers-delete" => accounts::leave(&mut scene).await,
        "keys-delete" => accounts::delete_key(&mut scene).await,
        "documents-get-by-external-id"
        | "documents-delete-by-external-id"
        | "documents-put-by-external-id" => {
            resources::by_external_id(&mut scene, route).await;
        }
        "chat" => resources::chat(&mut scene).await,
        "chat-stream" => resources::chat_stream(&mut scene).await,
        _ if row.path.starts_with("/api/chat/sessions/{id}") => {
            resources::conversation(&mut scene, route).await;
        }
        "documents-events" => resources::stream(&mut scene).await,
        _ if row.path.starts_with("/v1/") => resources::v1(&mut scene, route).await,
        "mcp" => resources::mcp(&mut scene).await,
        "mcp-about" | "mcp-tools" => {
            let member = match route {
                "mcp-tools" => "tools",
                _ => "protocolVersions",
            };
            let event = scene.event(&[]);
            call(&mut scene.function, &event).await.ok(200, &[member]);
        }
        "oauth-resource" | "oauth-server" | "oauth-openid" | "oauth-keys" => {
            let member = match route {
                "oauth-resource" => "resource",
                "oauth-keys" => "keys",
                _ => "issuer",
            };
            let event = scene.event(&[]);
            call(&mut scene.function, &event).await.ok(200, &[member]);
        }
        "oauth-authorize" | "oauth-consent" => {
            let event = scene.event(&[]);
            let answer = scene.function.answer(&event).await;
            assert_eq!(answer["statusCode"], 400, "{answer}");
            let page = answer["body"].as_str().unwrap();
            assert!(page.starts_with("<!doctype html>"), "{page}");
        }
        "oauth-register" => {
            let event = scene.event(&[]);
            let members = ["client_id", "redirect_uris"];
            call(&mut scene.function, &event).await.ok(201, &members);
        }
        "oauth-revoke" => {
            let event = scene.event(&[]);
            assert_eq!(scene.function.answer(&event).await["statusCode"], 200);
        }
        "oauth-token" => {
            let event = scene.event(&[]);
            let answer = call(&mut scene.function, &event).await;
            assert_eq!(answer.body["error"], "invalid_grant", "{answer:?}");
        }
        "oauth-revoke-grant" => {
            let event = scene.event(&[(TOKEN, &scene.ours.access)]);
            call(&mut scene.function, &event)
                .await
                .problem(404, "not_found");
        }
        "ingest-webhook-receive" => resources::receive(&mut scene).await,
        "search" | "search-documents" | "search-diff" => {
            resources::search(&mut scene, route).await;
        }
        _ if row.path.starts_with("/api/documents/{id}") => {
            resources::document(&mut scene, route).await;
        }
        _ if row.path.starts_with("/api/webhooks/{id}") => {
            resources::webhook(&mut scene, route).await;
        }
        _ if row.path.starts_with("/api/collections/{id}") => {
            resources::collection(&mut scene, route).await;
        }
        _ => authorized::authorized(&mut scene, &row).await,
    }
}

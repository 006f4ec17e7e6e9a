//! Documents, webhooks, collections and search: what belongs to one tenant and not to another.

use http::Method;
use serde_json::{Value, json};

use super::{
    super::{DOCUMENT, Scene},
    TOKEN, call,
};
use crate::support::{
    runtime::Function,
    stack::{self, stream::Events},
};

const KEY: &str = "API_KEY";

/// Routes about a document: the caller's own, and then another tenant's.
pub(super) async fn document(scene: &mut Scene, route: &str) {
    let id = scene
        .ours
        .add("Refund policy", "Goods may be sent back within 30 days.")
        .await;
    if ["documents-content", "documents-update", "documents-restore"].contains(&route) {
        scene.ours.completed(&id).await;
    }
    if route == "documents-undelete" {
        scene.ours.config("deletion_retention_days = 1").await;
        scene.ours.delete(&id).await.ok(202);
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
        "documents-content" => {
            let body = answer.ok(200, &["text", "charSpan", "characters", "version"]);
            assert_eq!(body["docId"], json!(id));
        }
        "documents-restore" => assert_eq!(answer.ok(202, &["version"])["docId"], json!(id)),
        "documents-original" => {
            let body = answer.ok(
                200,
                &["url", "expiresAt", "fileName", "bytes", "contentType"],
            );
            assert_eq!(body["docId"], json!(id));
        }
        "documents-diff" => answer.problem(409, "nothing_to_compare"),
        "documents-chunks" => {
            let body = answer.ok(200, &["items", "version"]);
            assert_eq!(body["docId"], json!(id));
        }
        "documents-update" => assert_eq!(answer.ok(202, &["statusUrl"])["docId"], json!(id)),
        "documents-undelete" => assert_eq!(answer.ok(200, &["status"])["docId"], json!(id)),
        "documents-retry" => answer.problem(409, "not_retryable"),
        "documents-status" => {
            let body = answer.ok(200, &["status", "attempts", "latestVersion"]);
            assert_eq!(body["docId"], json!(id));
            assert_eq!(body["timeline"][0]["status"], "queued");
        }
        "documents-delete" => {
            assert_eq!(answer.ok(202, &["status"])["docId"], json!(id));
            call(&mut scene.function, &ours)
                .await
                .problem(404, "not_found");
        }
        // The response is tested with its contract, in tests/it/routes.
        _ => drop(answer.ok(200, &[])),
    }
}

/// The external id in the events.
const EXTERNAL_ID: &str = "kb/17?a=1";

/// Routes about a document by its external id: the caller's own, and then another tenant's.
pub(super) async fn by_external_id(scene: &mut Scene, route: &str) {
    let theirs = scene.event(&[(TOKEN, &scene.theirs.access)]);
    let ours = scene.event(&[(TOKEN, &scene.ours.access)]);
    if route == "documents-put-by-external-id" {
        let mine = call(&mut scene.function, &ours).await.ok(202, &["docId"]);
        let other = call(&mut scene.function, &theirs).await.ok(202, &["docId"]);
        assert_ne!(mine["docId"], other["docId"]);
        return;
    }
    let body = json!({"title": "T", "content": "About goods.", "externalId": EXTERNAL_ID});
    let added = scene.ours.post("/api/ingest/document", &body).await.ok(202);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    let answer = call(&mut scene.function, &ours).await;
    match route {
        "documents-get-by-external-id" => {
            let body = answer.ok(200, &["title", "status"]);
            assert_eq!(body["id"], added["docId"]);
            assert_eq!(body["externalId"], EXTERNAL_ID);
        }
        _ => {
            assert_eq!(answer.ok(202, &["status"])["docId"], added["docId"]);
            call(&mut scene.function, &ours)
                .await
                .problem(404, "not_found");
        }
    }
}

/// A streamed response: status and headers, eight zero bytes, the body.
async fn streamed(function: &mut Function, event: &Value) -> (Value, String) {
    let answer = function.answer(event).await;
    let (head, body) = answer
        .as_str()
        .unwrap()
        .split_once("\0\0\0\0\0\0\0\0")
        .unwrap();
    (serde_json::from_str(head).unwrap(), body.to_owned())
}

pub(super) async fn stream(scene: &mut Scene) {
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

pub(super) async fn webhook(scene: &mut Scene, route: &str) {
    // Nothing listens on this port.
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

pub(super) async fn collection(scene: &mut Scene, route: &str) {
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

pub(super) async fn receive(scene: &mut Scene) {
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

pub(super) async fn search(scene: &mut Scene, route: &str) {
    let id = scene
        .ours
        .add("Refund policy", "Goods may be sent back within 30 days.")
        .await;
    scene.ours.completed(&id).await;
    let event = scene.event(&[(TOKEN, &scene.ours.access)]);
    let answer = call(&mut scene.function, &event).await;
    let found = if route == "search-diff" {
        "added"
    } else {
        "results"
    };
    let body = answer.ok(200, &[found, "usage", "tookMs"]);
    let hit = &body[found][0];
    assert_eq!(hit["documentId"], json!(id));
    let chunk = hit.get("bestChunk").unwrap_or(hit);
    assert!(chunk["text"].as_str().unwrap().contains("30 days"));
    let event = scene.event(&[(TOKEN, &scene.theirs.access)]);
    let answer = call(&mut scene.function, &event).await;
    assert_eq!(answer.ok(200, &[])[found], json!([]));
}

pub(super) async fn mcp(scene: &mut Scene) {
    let text = "Goods may be sent back within 30 days.";
    let id = scene.ours.add("Refund policy", text).await;
    scene.ours.completed(&id).await;
    // Neither a forged key nor the token of a login, which is for the API.
    for other in ["drk_x", &scene.ours.access.clone()] {
        let event = scene.event(&[(KEY, other)]);
        call(&mut scene.function, &event)
            .await
            .problem(401, "unauthenticated");
    }
    for (key, found) in [(&scene.ours.key, 1), (&scene.theirs.key, 0)] {
        let event = scene.event(&[(KEY, key)]);
        let body = call(&mut scene.function, &event).await.ok(200, &["result"]);
        let results = &body["result"]["structuredContent"]["results"];
        assert_eq!(results.as_array().unwrap().len(), found, "{body}");
    }
}

const SESSION: &str = "01936f6e-3c00-7000-8000-000000000050";

pub(super) async fn chat(scene: &mut Scene) {
    let id = scene
        .ours
        .add(
            "Refund policy",
            "A customer may send goods back within 30 days.",
        )
        .await;
    scene.ours.completed(&id).await;
    let theirs = scene.event(&[(TOKEN, &scene.theirs.access)]);
    let answer = call(&mut scene.function, &theirs).await;
    let answer = answer.ok(200, &["answer", "status", "model", "usage"]);
    assert_eq!(answer["status"], "not_found", "{answer}");
    let ours = scene.event(&[(TOKEN, &scene.ours.access)]);
    let answer = call(&mut scene.function, &ours).await;
    let answer = answer.ok(200, &["sessionId", "messageNumber", "sentences", "sources"]);
    assert_eq!(answer["citations"][0]["documentId"], json!(id), "{answer}");
}

pub(super) async fn chat_stream(scene: &mut Scene) {
    let text = "A customer may send goods back within 30 days.";
    let id = scene.ours.add("Refund policy", text).await;
    scene.ours.completed(&id).await;
    let theirs = scene.event(&[(TOKEN, &scene.theirs.access)]);
    let (head, body) = streamed(&mut scene.function, &theirs).await;
    assert_eq!(head["statusCode"], 200, "{head}");
    assert_eq!(head["headers"]["content-type"], "text/event-stream");
    assert_eq!(Events::parse(&body).answer()["status"], "not_found");
    let ours = scene.event(&[(TOKEN, &scene.ours.access)]);
    let (_, body) = streamed(&mut scene.function, &ours).await;
    let events = Events::parse(&body);
    let cited = &events.answer()["citations"][0];
    assert_eq!(cited["documentId"], json!(id), "{body}");
}

/// A route of OpenAI's clients: it answers in JSON, and to nobody without a credential.
pub(super) async fn v1(scene: &mut Scene, route: &str) {
    let nobody = scene.event(&[]);
    let (head, body) = streamed(&mut scene.function, &nobody).await;
    assert_eq!(head["statusCode"], 401, "{head}");
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["error"]["code"], "invalid_api_key");
    let ours = scene.event(&[(TOKEN, &scene.ours.access)]);
    let (head, body) = streamed(&mut scene.function, &ours).await;
    let body: Value = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}"));
    let status = head["statusCode"].as_u64().unwrap();
    let object = match route {
        "v1-models" | "v1-files-list" | "v1-vector-stores-list" => "list",
        "v1-model" => "model",
        "v1-chat-completions" => "chat.completion",
        "v1-responses-create" => "response",
        "v1-vector-stores-create" => "vector_store",
        "v1-uploads-create" => "upload",
        // The ids of the samples are of nothing, and their bodies are empty.
        _ => {
            assert!(matches!(status, 400 | 404 | 415), "{head} {body}");
            assert!(body["error"]["message"].is_string(), "{body}");
            return;
        }
    };
    assert_eq!((status, &body["object"]), (200, &json!(object)), "{body}");
}

pub(super) async fn conversation(scene: &mut Scene, route: &str) {
    let question = json!({"message": "What is it?", "model": "extractive"});
    let asked = scene.ours.call_as_user(Method::POST, "/api/chat");
    let answer = stack::Answer::of(asked.json(&question)).await;
    let answer = answer.ok(200);
    let id = answer["sessionId"].as_str().unwrap().to_owned();
    let path = format!("/api/chat/sessions/{id}");
    let theirs = scene.event(&[(SESSION, &id), (TOKEN, &scene.theirs.access)]);
    call(&mut scene.function, &theirs)
        .await
        .problem(404, "not_found");
    let ours = scene.event(&[(SESSION, &id), (TOKEN, &scene.ours.access)]);
    match route {
        "chat-get-session" => {
            let body = call(&mut scene.function, &ours).await;
            let body = body.ok(200, &["title", "items", "createdAt"]);
            assert_eq!(
                (&body["sessionId"], &body["messages"]),
                (&json!(id), &json!(2))
            );
        }
        _ => {
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
            let kept = scene.ours.call_as_user(Method::GET, &path);
            let kept = stack::Answer::of(kept).await;
            match route {
                "chat-delete-session" => drop(kept.problem(404, "not_found")),
                "chat-rename-session" => assert_eq!(kept.ok(200)["title"], "Refunds"),
                _ => assert_eq!(kept.ok(200)["items"][1]["rating"]["rating"], "up"),
            }
        }
    }
}

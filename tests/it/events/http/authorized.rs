//! Routes that need only a token: each called by its owner, by another tenant, and with a forged token.

use dynrag_api::RouteInfo;
use http::Method;
use serde_json::{Value, json};

use super::{
    super::{CUSTOMER, Scene},
    PASSWORD, TOKEN, call, without_key,
};
use crate::support::stack::Answer;

pub(super) async fn authorized(scene: &mut Scene, row: &RouteInfo) {
    let ours = scene.event(&[(TOKEN, &scene.ours.access)]);
    let theirs = scene.event(&[(TOKEN, &scene.theirs.access)]);
    let forged = scene.event(&[(TOKEN, "e30.e30.c2ln")]);
    call(&mut scene.function, &forged)
        .await
        .problem(401, "unauthenticated");
    match row.name {
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
        "documents-bulk" => {
            for event in [&ours, &theirs] {
                let members = ["action", "documents", "sample"];
                let body = call(&mut scene.function, event).await.ok(200, &members);
                assert_eq!(body["documents"], 0);
            }
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
            let members = ["since", "until", "total", "items", "limits"];
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
        "customers-set-reranker" => {
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
            let opened = scene.stack.open_secret(scene.ours.id, "reranker_key").await;
            assert_eq!(opened, b"rk-example-0123456789");
            let theirs = scene.theirs.get("/api/customers/reranker").await;
            theirs.problem(404, "not_found");
        }
        "customers-get-reranker" | "customers-delete-reranker" => {
            let body = json!({"url": "https://rerank.example.com/", "model": "m"});
            let set = scene.ours.put("/api/customers/reranker", &body).await;
            assert_eq!(set.status, 204, "{set}");
            call(&mut scene.function, &theirs)
                .await
                .problem(404, "not_found");
            if row.method == Method::GET {
                let body = call(&mut scene.function, &ours).await;
                assert_eq!(body.ok(200, &["url", "updatedAt"])["model"], "m");
            } else {
                assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
                call(&mut scene.function, &ours)
                    .await
                    .problem(404, "not_found");
            }
        }
        "customers-set-chat-provider" => {
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
            let providers = "/api/customers/chat-providers";
            let set = scene.ours.get(providers).await.ok(200);
            assert_eq!(set["items"][0]["models"][0]["name"], "gpt-4.1-mini");
            let theirs = scene.theirs.get(providers).await.ok(200);
            assert_eq!(theirs["items"], json!([]));
        }
        "customers-delete-chat-provider" => {
            let body = json!({"models": [{"name": "m"}]});
            let set = scene
                .ours
                .put("/api/customers/chat-providers/openai", &body)
                .await;
            assert_eq!(set.status, 204, "{set}");
            call(&mut scene.function, &theirs)
                .await
                .problem(404, "not_found");
            assert_eq!(scene.function.answer(&ours).await["statusCode"], 204);
            call(&mut scene.function, &ours)
                .await
                .problem(404, "not_found");
        }
        "customers-list-chat-providers" | "customers-list-chat-models" => {
            scene.ours.own_chat_models().await;
            let body = call(&mut scene.function, &ours).await.ok(200, &["items"]);
            let other = call(&mut scene.function, &theirs).await.ok(200, &["items"]);
            let items = |body: &Value| body["items"].as_array().unwrap().len();
            assert!(items(&body) > items(&other), "{body} {other}");
        }
        "chat-list-sessions" | "chat-list-feedback" => {
            let body = json!({"message": "What is it?", "model": "extractive"});
            let asked = scene.ours.call_as_user(Method::POST, "/api/chat");
            let asked = Answer::of(asked.json(&body)).await.ok(200);
            let session = asked["sessionId"].as_str().unwrap();
            let rate = format!("/api/chat/sessions/{session}/messages/2/feedback");
            let rated = scene.ours.call_as_user(Method::PUT, &rate);
            let rated = Answer::of(rated.json(&json!({"rating": "up"}))).await;
            assert_eq!(rated.status, 204);
            let body = call(&mut scene.function, &ours).await.ok(200, &["items"]);
            assert_eq!(body["items"][0]["sessionId"], session);
            let other = call(&mut scene.function, &theirs).await.ok(200, &["items"]);
            assert_eq!(other["items"], json!([]));
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
            // Existing sessions stay valid after the rotation.
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
                    vec![(CUSTOMER, scene.theirs.id.to_string())]
                } else {
                    Vec::new()
                };
            let mut replaced: Vec<(&str, &str)> = of_theirs
                .iter()
                .map(|(from, to)| (*from, to.as_str()))
                .collect();
            replaced.push((TOKEN, &scene.ours.access));
            if route == "admin-customers-delete" {
                replaced.push((PASSWORD, &scene.ours.password));
            }
            let event = scene.event(&replaced);
            match route {
                "admin-customers-get" => {
                    let members = ["id", "config", "usage", "documents", "lastActivityAt"];
                    let body = call(&mut scene.function, &event).await.ok(200, &members);
                    assert_eq!(body["id"], json!(scene.theirs.id));
                }
                "admin-customers-delete" => {
                    let body = call(&mut scene.function, &event).await.ok(202, &["status"]);
                    assert_eq!(body["status"], "deleting");
                }
                "admin-customers-list" => {
                    let body = call(&mut scene.function, &event).await.ok(200, &["items"]);
                    assert!(body["items"][0]["email"].is_string(), "{body}");
                }
                "admin-customers-usage" => {
                    let body = call(&mut scene.function, &event).await.ok(200, &["items"]);
                    // The last request of the other tenant was to this route, and was refused.
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
            // The same content and external id are a separate document of another tenant.
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
            // Another tenant gets a separate collection.
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
        "realtime-ticket" => {
            let members = ["ticket", "url", "expiresAt"];
            let first = call(&mut scene.function, &ours).await.ok(201, &members);
            let second = call(&mut scene.function, &theirs).await.ok(201, &members);
            assert_ne!(first["ticket"], second["ticket"]);
        }
        // The response is tested with its contract, in tests/it/routes.
        _ if row.method == Method::GET && !row.path.contains('{') => {
            for event in [&ours, &theirs] {
                drop(call(&mut scene.function, event).await.ok(200, &[]));
            }
        }
        unknown => panic!("events/http/{unknown}.json: say here what its answer must be"),
    }
}

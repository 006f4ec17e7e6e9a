//! No caller of OpenAI's clients reaches data of another tenant, or anything its role or scopes do not allow.

use dynrag_api::{RouteInfo, openai_error};
use futures::{StreamExt, stream};
use reqwest::{
    RequestBuilder,
    multipart::{Form, Part},
};
use serde_json::json;
use uuid::Uuid;

use super::tenancy::{callers, denial};
use crate::support::{
    routes::{access, routes},
    stack::{
        Answer, Stack, Tenant,
        answer::form,
        tenant::file_part,
        v1::{at, file_id, store_id},
        word,
    },
};

/// Ids of nothing that the caller can see: of a file, a vector store, a response, an upload and a batch.
struct Foreign {
    kind: &'static str,
    file: String,
    store: String,
    response: String,
    upload: String,
    batch: String,
}

fn with_prefix(prefix: &str) -> String {
    format!("{prefix}{}", Uuid::new_v4().simple())
}

async fn foreign(b: &Tenant, mark: &str) -> Vec<Foreign> {
    let live = b
        .add("B", &format!("The text {mark} of the neighbour."))
        .await;
    b.completed(&live).await;
    let store = store_id(&b.collection("Theirs").await);
    let file = file_id(&live);
    let body = json!({"file_ids": [file]});
    let batch = b
        .v1_post(&format!("/v1/vector_stores/{store}/file_batches"), &body)
        .await
        .ok(200);
    let asked = json!({"model": "extractive", "input": format!("What about {mark}?")});
    let response = b.v1_post("/v1/responses", &asked).await.ok(200);
    let announced = json!({"bytes": 3, "filename": "b.txt", "mime_type": "text/plain", "purpose": "assistants"});
    let upload = b.v1_post("/v1/uploads", &announced).await.ok(200);
    vec![
        Foreign {
            kind: "random",
            file: with_prefix("file-"),
            store: with_prefix("vs_"),
            response: with_prefix("resp_"),
            upload: with_prefix("upload_"),
            batch: with_prefix("vsfb_"),
        },
        Foreign {
            kind: "another's",
            file,
            store,
            response: at(&response, "/id"),
            upload: at(&upload, "/id"),
            batch: at(&batch, "/id"),
        },
        Foreign {
            kind: "no id",
            file: "file-none".to_owned(),
            store: "vs_none".to_owned(),
            response: "resp_none".to_owned(),
            upload: "upload_none".to_owned(),
            batch: "vsfb_none".to_owned(),
        },
    ]
}

/// A request to a route with these ids.
fn request(stack: &Stack, route: &RouteInfo, ids: &Foreign, mark: &str) -> RequestBuilder {
    let id = match route.path.split('/').nth(2) {
        Some("vector_stores") => &ids.store,
        Some("responses") => &ids.response,
        Some("uploads") => &ids.upload,
        _ => &ids.file,
    };
    let path = route
        .path
        .replace("{id+}", "none")
        .replace("{id}", id)
        .replace("{fileId}", &ids.file)
        .replace("{batchId}", &ids.batch);
    let request = stack
        .http
        .request(route.method.clone(), stack.streamed_url(&path));
    let question = format!("What about {mark}?");
    match route.name {
        "v1-chat-completions" => request.json(
            &json!({"model": "extractive", "messages": [{"role": "user", "content": question}]}),
        ),
        "v1-responses-create" => request.json(&json!({"model": "extractive", "input": question})),
        "v1-embeddings" => request.json(&json!({"model": "none", "input": "text"})),
        "v1-files-create" => {
            let form = file_part("a.txt", "text/plain", ids.file.as_bytes());
            request.multipart(form.text("purpose", "assistants"))
        }
        "v1-uploads-create" => request.json(&json!({"bytes": 1, "filename": "", "mime_type": "text/plain", "purpose": "assistants"})),
        "v1-uploads-parts" => request.multipart(Form::new().part("data", Part::bytes(vec![1]).file_name("a"))),
        "v1-uploads-complete" => request.json(&json!({"part_ids": [with_prefix("part_")]})),
        "v1-vector-stores-create" => request.json(&json!({"file_ids": [ids.file]})),
        "v1-vector-stores-update" => request.json(&json!({"name": "Theirs"})),
        "v1-vector-stores-search" => request.json(&json!({"query": mark})),
        "v1-vector-store-files-create" => request.json(&json!({"file_id": ids.file})),
        "v1-vector-store-files-update" => request.json(&json!({"attributes": {}})),
        "v1-file-batches-create" => request.json(&json!({"file_ids": [ids.file]})),
        _ if route.method == "POST" => request.json(&json!({})),
        _ => request,
    }
}

/// Whether a route takes an id, so that one of nothing is not found.
fn by_id(route: &RouteInfo) -> bool {
    route.path.contains('{') || route.name == "v1-vector-stores-create"
}

/// An error without what differs for every id.
fn without_ids(answer: &Answer) -> serde_json::Value {
    let mut body = form(answer);
    body["error"]["message"] = json!(null);
    body
}

#[tokio::test]
async fn no_route_exceeds_a_callers_tenant_or_scopes() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let ids = foreign(&b, &mark).await;
    let callers = callers(&a).await;
    let (stack, ids, callers, mark, b) = (&stack, &ids, &callers, mark.as_str(), &b);
    let ours = routes()
        .into_iter()
        .filter(|route| openai_error::is_at(route.path));
    let requests: usize = stream::iter(ours)
        .map(async |route| {
            let without = Answer::of(request(stack, &route, &ids[0], mark)).await;
            without.refused(401, "invalid_api_key");
            let mut requests = 1;
            for caller in callers {
                let what = format!("{} as {}", route.name, caller.name);
                let denied = denial(access(&route), caller);
                let mut first = None;
                for of in ids {
                    let request = request(stack, &route, of, mark);
                    let answer =
                        Answer::of(request.header(caller.header.0, &caller.header.1)).await;
                    requests += 1;
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    let leaks =
                        text.contains("of the neighbour") || text.contains(&b.id.to_string());
                    assert!(!leaks, "{what}, {}: {answer}", of.kind);
                    if let Some((status, code)) = denied {
                        answer.refused(status, code);
                    } else if by_id(&route) && of.kind == "no id" && answer.status == 400 {
                        // An id in a body that is none.
                    } else if by_id(&route) {
                        let code = if route.path.contains("{id+}") {
                            "model_not_found"
                        } else {
                            "not_found"
                        };
                        answer.refused(404, code);
                        // The same response for every id, so that nothing reveals which exist elsewhere.
                        let seen = without_ids(&answer);
                        assert_eq!(
                            *first.get_or_insert(seen.clone()),
                            seen,
                            "{what}, {}",
                            of.kind
                        );
                    } else {
                        assert!(
                            matches!(answer.status, 200 | 400 | 404),
                            "{what}, {}: {answer}",
                            of.kind
                        );
                    }
                }
            }
            requests
        })
        .buffer_unordered(4)
        .fold(0, async |sum, requests| sum + requests)
        .await;
    assert!(requests >= 700, "{requests}");
    // B's data is unchanged.
    assert_eq!(b.search("text", mark).await.len(), 1);
    let store = b
        .v1_get(&format!("/v1/vector_stores/{}", ids[1].store))
        .await
        .ok(200);
    assert_eq!(
        (at(&store, "/name"), &store["file_counts"]["total"]),
        ("Theirs".to_owned(), &json!(1))
    );
}

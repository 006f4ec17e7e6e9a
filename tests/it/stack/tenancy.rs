//! No caller reaches data of another tenant, or anything its role or scopes do not allow.
//!
//! The routes come from the routers, and their policies from the types of their handlers; `docs/SECURITY.md` is the
//! reviewed copy of these.

use dynrag_api::{RouteInfo, openai_error, openapi::Access};
use dynrag_domain::identity::Scope;
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    routes::{access, routes},
    size,
    stack::{
        Answer, Stack, Tenant,
        answer::form,
        eventually,
        tenant::{file_part, with_query},
        word,
    },
};

/// A caller of tenant A.
pub(super) struct Caller {
    pub(super) name: &'static str,
    pub(super) header: (&'static str, String),
    scopes: Vec<&'static str>,
    is_user: bool,
}

pub(super) async fn callers(a: &Tenant) -> Vec<Caller> {
    let all = vec![
        "documents:read",
        "documents:write",
        "search",
        "chat",
        "webhooks",
        "metrics",
        "admin:tenant",
    ];
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let key = async |name, scopes: &[&'static str]| Caller {
        name,
        header: ("x-api-key", a.key_with(scopes).await),
        scopes: scopes.to_vec(),
        is_user: false,
    };
    vec![
        Caller {
            name: "business",
            header: bearer(&a.access),
            scopes: all.clone(),
            is_user: true,
        },
        Caller {
            name: "user",
            header: bearer(&a.user_with("user").await),
            scopes: vec!["search", "chat"],
            is_user: true,
        },
        Caller {
            name: "default key",
            header: ("x-api-key", a.key.clone()),
            scopes: all,
            is_user: false,
        },
        key("reading key", &["documents:read"]).await,
        key("writing key", &["documents:write"]).await,
        key("searching key", &["search"]).await,
        key(
            "key of other scopes",
            &["chat", "webhooks", "metrics", "admin:tenant"],
        )
        .await,
        key("key without scopes", &[]).await,
    ]
}

/// Status and code with which a route refuses a caller.
pub(super) fn denial(needs: Access, caller: &Caller) -> Option<(u16, &'static str)> {
    let Access::Caller {
        scopes,
        user,
        platform_admin,
        oauth,
        ..
    } = needs
    else {
        return (needs == Access::Webhook).then_some((401, "unauthenticated"));
    };
    // The token of a login is for another audience.
    if oauth && caller.is_user {
        return Some((401, "unauthenticated"));
    }
    let has = |scope: &Scope| caller.scopes.contains(&scope.as_str());
    if platform_admin && caller.is_user {
        Some((404, "not_found"))
    } else if !scopes.is_empty() && !scopes.iter().any(has) {
        Some((403, "missing_scope"))
    } else if (user || platform_admin) && !caller.is_user {
        Some((403, "user_required"))
    } else {
        None
    }
}

/// Whether a route takes a document's external id.
fn by_external_id(route: &RouteInfo) -> bool {
    route.name.ends_with("-by-external-id")
}

/// A search for the neighbour's text in a document.
fn neighbours_search(id: &str) -> Value {
    json!({"query": "text of the neighbour", "documentIds": [id], "mode": "text"})
}

/// A request to a route, with this id wherever the route takes one.
fn request(stack: &Stack, route: &RouteInfo, id: &str) -> reqwest::RequestBuilder {
    let path = route
        .path
        .replace("{id}", id)
        .replace("{webhookId}", id)
        .replace("{version}", "1")
        .replace("{number}", "2")
        .replace("{name}", "fake")
        .replace("{deliveryId}", id);
    let path = match by_external_id(route) {
        true => with_query(&path, &[("externalId", id)]),
        false => path,
    };
    let url = if route.streamed {
        stack.streamed_url(&path)
    } else {
        stack.url(&path)
    };
    let request = stack.http.request(route.method.clone(), url);
    match route.name {
        "ingest-document" => request.json(&json!({"title": "T", "content": format!("about {id}")})),
        "ingest-webhook" => {
            request.json(&json!({"subject": "S", "text": format!("sent about {id}")}))
        }
        "ingest-webhook-receive" => request.json(&json!({"text": "from nobody"})),
        "collections-create" => request.json(&json!({})),
        "collections-update" => request.json(&json!({"name": "Theirs"})),
        "collections-delete" => {
            let path = format!("/api/collections/{id}?documents=delete");
            stack.http.delete(stack.url(&path))
        }
        "webhooks-create" => request.json(&json!({})),
        "webhooks-update" => request.json(&json!({"name": "Theirs"})),
        "ingest-batch" => {
            let documents = json!([{"title": "T", "content": format!("one of many about {id}")}]);
            request.json(&json!({"documents": documents}))
        }
        "ingest-file" => request.multipart(file_part(
            "a.txt",
            "text/plain",
            format!("file {id}").as_bytes(),
        )),
        // An allowed address at which nothing listens.
        "ingest-url" => request.json(&json!({"url": format!("http://127.0.0.1:18489/{id}")})),
        "ingest-presigned-url" if route.method == "POST" => {
            request.json(&json!({"fileName": "a.txt"}))
        }
        "ingest-presigned-url" => stack
            .http
            .get(stack.url("/api/ingest/presigned-url?fileName=a.txt")),
        "search" | "search-documents" => request.json(&neighbours_search(id)),
        "search-diff" => {
            let search = neighbours_search(id);
            request.json(&json!({"before": search, "after": search}))
        }
        // A request that would lock the caller itself out is malformed, so that it is refused afterwards.
        "auth-logout" => request.json(&json!({"everywhere": "no"})),
        "auth-signup"
        | "auth-login"
        | "auth-refresh"
        | "auth-forgot-password"
        | "auth-reset-password"
        | "auth-verify-email"
        | "auth-change-password"
        | "users-accept"
        | "users-invite"
        | "keys-create" => request.json(&json!({})),
        "documents-regenerate" => request.json(&json!({"dryRun": true})),
        "documents-bulk" => request.json(&json!({"action": "delete", "ids": [id], "dryRun": true})),
        "documents-update" | "documents-put-by-external-id" => request.json(&json!({"title": "T"})),
        "users-update" => request.json(&json!({"role": "user"})),
        "customers-update-profile" => request.json(&json!({"companyName": "A"})),
        "customers-update-config" => request.json(&json!({"retentionDays": 30})),
        "customers-delete" => request.json(&json!({})),
        "customers-set-openai-key" => request.json(&json!({"apiKey": ""})),
        "customers-set-reranker" => request.json(&json!({"url": "", "model": ""})),
        "customers-set-chat-provider" => request.json(&json!({"models": []})),
        "chat" | "chat-stream" => request.json(&json!({"message": format!("What is told about {id}?"), "documentIds": [Uuid::new_v4()]})),
        "chat-rename-session" => request.json(&json!({"title": "Theirs"})),
        "chat-rate" => request.json(&json!({"rating": "up"})),
        "customers-rotate-secrets" => request.json(&json!({"immediately": "no"})),
        "admin-customers-limits" | "admin-customers-delete" => request.json(&json!({})),
        _ => request,
    }
}

/// Ids of nothing that tenant A can see.
async fn foreign_ids(a: &Tenant, b: &Tenant, mark: &str) -> Vec<(&'static str, String)> {
    let live = b
        .add("B", &format!("The text {mark} of the neighbour."))
        .await;
    b.completed(&live).await;
    let called = Uuid::new_v4().to_string();
    let body =
        json!({"title": "Called", "content": format!("Called so {mark}."), "externalId": called});
    b.post("/api/ingest/document", &body).await.ok(202);
    let awaited = b.presign(&json!({"fileName": "b.txt"})).await.ok(200)["docId"]
        .as_str()
        .unwrap()
        .to_owned();
    let gone = async |tenant: &Tenant| {
        let id = tenant
            .add("Gone", &format!("A text {} that is deleted.", word()))
            .await;
        tenant.completed(&id).await;
        tenant.delete(&id).await.ok(202);
        let row: Uuid = id.parse().unwrap();
        eventually("the row is gone", async || {
            let rows = "SELECT count(*) FROM documents WHERE id = $1";
            let row = tenant
                .stack
                .sql()
                .await
                .query_one(rows, &[&row])
                .await
                .unwrap();
            (row.get::<_, i64>(0) == 0).then_some(id.clone())
        })
        .await
    };
    vec![
        ("random", Uuid::new_v4().to_string()),
        ("another's document", live),
        ("another's external id", called),
        ("another's awaited upload", awaited),
        ("another's deleted document", gone(b).await),
        ("its own deleted document", gone(a).await),
        ("another customer", b.id.to_string()),
        ("another's key", b.key_id().await.to_string()),
        ("another's user", b.user.to_string()),
        ("another's collection", b.collection("Theirs").await),
        ("nil", Uuid::nil().to_string()),
        ("no id", "none".to_owned()),
    ]
}

/// Asks a route as one caller, with each id that is not the caller's and then its own; returns the number of requests.
async fn ask_as(
    stack: &Stack,
    route: &RouteInfo,
    caller: &Caller,
    ids: &[(&'static str, String)],
    own: &str,
    leak: &impl Fn(&Answer, &str) -> bool,
) -> usize {
    let mut requests = 0;
    let what = format!("{} as {}", route.name, caller.name);
    let by_id = route.path.contains("{id}") || by_external_id(route);
    let denied = denial(access(route), caller);
    let allowed = denied.is_none();
    // They would lock the others out, send emails repeatedly, or take messages of another form; tests/it/routes covers them.
    if allowed && ["customers-api-key", "auth-resend-verification", "mcp"].contains(&route.name) {
        return requests;
    }
    // A customer has one of each, or none.
    let of_nothing = [
        "customers-delete-openai-key",
        "customers-get-reranker",
        "customers-delete-reranker",
        "customers-delete-chat-provider",
    ];
    let mut random: Option<Value> = None;
    for (kind, id) in ids {
        let request = request(stack, route, id).header(caller.header.0, &caller.header.1);
        let answer = Answer::of(request).await;
        requests += 1;
        assert!(!leak(&answer, id), "{what}, id {kind}: {answer}");
        if let Some((status, code)) = denied {
            answer.problem(status, code);
        } else if [
            "auth-logout",
            "auth-change-password",
            "keys-create",
            "users-invite",
            "customers-delete",
            "customers-set-openai-key",
            "customers-set-reranker",
            "customers-set-chat-provider",
            "customers-rotate-secrets",
            "webhooks-create",
            "collections-create",
        ]
        .contains(&route.name)
        {
            answer.problem(422, "invalid_fields");
        } else if by_id || of_nothing.contains(&route.name) {
            // The same response for every id, so that nothing reveals which exist elsewhere.
            answer.problem(404, "not_found");
            let first = random.get_or_insert_with(|| form(&answer));
            assert_eq!(*first, form(&answer), "{what}, id {kind}");
        } else if route.name == "documents-bulk" && *kind != "no id" {
            match caller.scopes.contains(&"documents:read") {
                true => assert_eq!(answer.ok(200)["documents"], 0, "{what}, id {kind}"),
                false => drop(answer.problem(403, "missing_scope")),
            }
        } else if route.name.starts_with("search") && *kind != "no id" {
            let found = answer.ok(200);
            let results = ["results", "added", "removed", "moved"].map(|name| &found[name]);
            let nothing = |of: &&Value| of.as_array().is_none_or(Vec::is_empty);
            assert!(results.iter().all(nothing), "{what}, id {kind}: {found}");
            assert!(found["unchanged"].as_u64().unwrap_or(0) == 0, "{found}");
        } else if *kind != "no id" {
            assert!(
                matches!(answer.status, 200..=202),
                "{what}, id {kind}: {answer}"
            );
        }
    }
    if allowed
        && by_id
        && route.method == "GET"
        && !route.name.starts_with("webhooks-")
        && !route.name.starts_with("collections-")
        && !route.name.starts_with("chat-")
        && !by_external_id(route)
        && !["jobs-get", "documents-diff"].contains(&route.name)
    {
        // The control: it can read its own document.
        let request = request(stack, route, own).header(caller.header.0, &caller.header.1);
        let answer = Answer::of(request).await;
        match route.streamed {
            true => assert_eq!(answer.status, 200, "{what}: {answer}"),
            false => drop(answer.ok(200)),
        }
        requests += 1;
    }
    requests
}

#[tokio::test]
async fn no_route_exceeds_a_callers_tenant_or_scopes() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let ids = foreign_ids(&a, &b, &mark).await;
    let own = a.add("Own", "The text of the tenant itself.").await;
    a.completed(&own).await;
    let callers = callers(&a).await;
    // The response repeats the requested id, which is no leak.
    let leak = |answer: &Answer, id: &str| {
        let text = String::from_utf8_lossy(&answer.body).replace(id, "");
        text.contains(&mark) || text.contains(&b.email) || text.contains(&b.id.to_string())
    };

    // Routes run side by side, but the requests of one route in turn: a function that is asked by all callers at once is
    // started once for each, and starting takes longer than all its answers.
    let (stack, ids, own, callers, leak) = (&stack, &ids, &own, &callers, &leak);
    let ours = routes().into_iter();
    let ours = ours.filter(|route| !openai_error::is_at(route.path));
    let requests: usize = stream::iter(ours)
        .map(async |route| {
            let needs = access(&route);
            let without = Answer::of(request(stack, &route, own)).await;
            if needs == Access::Public {
                assert_ne!(without.status, 401, "{without}");
                return 1;
            }
            without.problem(401, "unauthenticated");
            let mut requests = 1;
            for caller in callers {
                requests += ask_as(stack, &route, caller, ids, own, leak).await;
            }
            requests
        })
        .buffer_unordered(4)
        .fold(0, async |sum, requests| sum + requests)
        .await;
    assert!(requests >= 2_000, "{requests}");

    // B's data is unchanged.
    let theirs = b.list().await;
    assert_eq!(theirs.len(), 3);
    assert_eq!(b.search("text", &mark).await.len(), 2);
    // The last control: an allowed deletion succeeds.
    a.delete(own).await.ok(202);
}

#[tokio::test]
async fn external_ids_and_duplicates_are_per_tenant() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let body = |text: &str| json!({"title": "T", "content": text, "externalId": "shared name"});
    let post = async |tenant: &Tenant, body: &Value| {
        tenant.post("/api/ingest/document", body).await.ok(202)["docId"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (mark_a, mark_b) = (word(), word());
    let in_a = post(&a, &body(&format!("first {mark_a}"))).await;
    let in_b = post(&b, &body(&format!("first {mark_b}"))).await;
    assert_ne!(in_a, in_b);
    a.completed(&in_a).await;
    b.completed(&in_b).await;
    // The same content is not a duplicate across tenants.
    let copy = json!({"title": "T", "content": format!("first {mark_a}")});
    let copied = post(&b, &copy).await;
    b.completed(&copied).await;
    assert_eq!(a.list().await, std::slice::from_ref(&in_a));
    for (tenant, mark, found) in [
        (&a, &mark_a, 1),
        (&a, &mark_b, 0),
        (&b, &mark_a, 1),
        (&b, &mark_b, 1),
    ] {
        assert_eq!(tenant.search("text", mark).await.len(), found, "{mark}");
    }
}

#[tokio::test]
async fn searches_never_return_another_tenants_text() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let canaries = |n: usize| (0..n).map(|_| word()).collect::<Vec<_>>();
    let (in_a, in_b) = (canaries(size(20, 100)), canaries(size(20, 100)));
    for (tenant, words) in [(&a, &in_a), (&b, &in_b)] {
        let text: Vec<String> = words
            .iter()
            .map(|word| format!("The canary {word} sings."))
            .collect();
        let id = tenant.add("Canaries", &text.join("\n\n")).await;
        tenant.completed(&id).await;
    }
    for (tenant, own, others) in [(&a, &in_a, &in_b), (&b, &in_b, &in_a)] {
        for mode in ["vector", "text", "hybrid"] {
            for (own, other) in own.iter().zip(others) {
                let hits = tenant.search(mode, &format!("canary {other}")).await;
                let text = serde_json::to_string(&hits).unwrap();
                assert!(
                    others.iter().all(|word| !text.contains(word.as_str())),
                    "{mode}: {text}"
                );
                let hits = tenant.search(mode, &format!("canary {own}")).await;
                assert!(!hits.is_empty(), "{mode}");
            }
        }
    }
}

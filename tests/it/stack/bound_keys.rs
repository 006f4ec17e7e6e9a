//! Keys bound to collections: nothing outside exists for them.

use std::sync::Arc;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    site::{Page, Site},
    stack::{
        Answer, Stack, Tenant,
        answer::form,
        eventually,
        tenant::{doc_id, file_part},
        word,
    },
};

/// A customer with two collections, a document in each and one in neither, and a key bound to the first.
struct Scene {
    stack: Arc<Stack>,
    a: Tenant,
    inside: String,
    outside: String,
    /// In `inside`, in `outside`, in none: each of three sentences with the mark.
    documents: [String; 3],
    texts: [String; 3],
    mark: String,
    key: String,
}

async fn scene() -> Scene {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (inside, outside) = (a.collection("Inside").await, a.collection("Outside").await);
    let mark = word();
    let texts =
        ["inside", "outside", "nowhere"].map(|place| format!("The text {mark} is {place}."));
    let add = async |text: &String, more: Value| {
        let mut body = json!({"title": "T", "content": text});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let id = doc_id(&a.post("/api/ingest/document", &body).await.ok(202));
        a.completed(&id).await;
        id
    };
    let documents = [
        add(
            &texts[0],
            json!({"collectionId": inside, "externalId": "in"}),
        )
        .await,
        add(
            &texts[1],
            json!({"collectionId": outside, "externalId": "out"}),
        )
        .await,
        add(&texts[2], json!({})).await,
    ];
    let key = make_key(&a, &[&inside]).await;
    Scene {
        stack,
        a,
        inside,
        outside,
        documents,
        texts,
        mark,
        key,
    }
}

/// Makes a key for these collections.
async fn make_key(a: &Tenant, collections: &[&String]) -> String {
    let body = json!({"name": "bound", "scopes": ["documents:read", "documents:write", "search"],
        "collectionIds": collections});
    let made = a.post("/api/keys", &body).await.ok(201);
    assert_eq!(
        made["collectionIds"].as_array().unwrap().len(),
        collections.len()
    );
    made["apiKey"].as_str().unwrap().to_owned()
}

impl Scene {
    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.stack.http.request(method, self.stack.url(path));
        request.header("x-api-key", &self.key)
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::of(self.call(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.call(Method::POST, path).json(body)).await
    }

    async fn put(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.call(Method::PUT, path).json(body)).await
    }

    /// Ids of the documents that a search finds.
    async fn found(&self, body: Value) -> Vec<Value> {
        let found = self.post("/search", &body).await.ok(200);
        let hits = found["results"].as_array().unwrap().iter();
        hits.map(|hit| hit["documentId"].clone()).collect()
    }

    /// Ids of the items of a list.
    async fn listed(&self, path: &str) -> Vec<Value> {
        let page = self.get(path).await.ok(200);
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].clone()).collect()
    }
}

#[tokio::test]
async fn documents_outside_a_keys_collections_are_not_found() {
    let scene = scene().await;
    let [inside, outside, nowhere] = &scene.documents;
    let random = Uuid::new_v4().to_string();
    // Reads come first, while their positive control still exists.
    let routes: [(Method, &str, Value); 11] = [
        (Method::GET, "", Value::Null),
        (Method::GET, "/status", Value::Null),
        (Method::GET, "/versions", Value::Null),
        (Method::GET, "/content", Value::Null),
        (Method::GET, "/chunks", Value::Null),
        (Method::GET, "/diff?from=1&to=1", Value::Null),
        (Method::PUT, "", json!({"title": "Mine"})),
        (Method::PUT, "", json!({"collectionId": scene.inside})),
        (Method::POST, "/versions/1/restore", Value::Null),
        (Method::POST, "/retry", Value::Null),
        (Method::DELETE, "", Value::Null),
    ];
    for (method, rest, body) in &routes {
        let call = async |id: &str| {
            let request = scene.call(method.clone(), &format!("/api/documents/{id}{rest}"));
            Answer::of(match body {
                Value::Null => request,
                body => request.json(body),
            })
            .await
        };
        let nothing = call(&random).await;
        nothing.problem(404, "not_found");
        for id in [outside, nowhere] {
            let answer = call(id).await;
            answer.problem(404, "not_found");
            assert_eq!(form(&answer), form(&nothing), "{method} {rest}");
        }
        if *method == Method::GET {
            call(inside).await.ok(200);
        }
    }
    for id in [outside, nowhere, &random] {
        let url = scene
            .stack
            .streamed_url(&format!("/api/documents/{id}/events"));
        let request = scene.stack.http.get(url).header("x-api-key", &scene.key);
        Answer::of(request).await.problem(404, "not_found");
    }
    // The documents that it asked to change are unchanged.
    for (id, text) in [outside, nowhere].into_iter().zip(&scene.texts[1..]) {
        let there = scene.a.get(&format!("/api/documents/{id}")).await.ok(200);
        assert_eq!(
            (&there["title"], &there["latestVersion"]),
            (&json!("T"), &json!(1))
        );
        assert_eq!(scene.a.search("text", text).await.len(), 3);
    }
}

#[tokio::test]
async fn lists_and_searches_show_only_the_keys_collections() {
    let scene = scene().await;
    let [inside, outside, _] = &scene.documents;
    assert_eq!(scene.listed("/api/documents").await, [json!(inside)]);
    let path = format!("/api/documents?collectionId={}", scene.outside);
    assert_eq!(scene.listed(&path).await, [] as [Value; 0]);
    assert_eq!(
        scene.listed("/api/collections").await,
        [json!(scene.inside)]
    );
    for mode in ["text", "vector", "hybrid"] {
        let query = |more: Value| {
            let mut body =
                json!({"query": format!("text {}", scene.mark), "mode": mode, "topK": 10});
            for (name, value) in more.as_object().unwrap() {
                body[name] = value.clone();
            }
            body
        };
        assert_eq!(
            scene.found(query(json!({}))).await,
            [json!(inside)],
            "{mode}"
        );
        let both = json!({"documentIds": [inside, outside]});
        assert_eq!(scene.found(query(both)).await, [json!(inside)], "{mode}");
        let hidden = json!({"documentIds": [outside]});
        assert_eq!(scene.found(query(hidden)).await, [] as [Value; 0], "{mode}");
        let own = json!({"collectionId": scene.inside});
        assert_eq!(scene.found(query(own)).await, [json!(inside)], "{mode}");
        for id in [&scene.outside, &Uuid::nil().to_string()] {
            let body = query(json!({"collectionId": id}));
            scene
                .post("/search", &body)
                .await
                .bad_fields(&["/collectionId"]);
        }
    }
    // It sees its collections but cannot change them.
    let path = |id: &str| format!("/api/collections/{id}");
    scene.get(&path(&scene.inside)).await.ok(200);
    scene
        .get(&path(&scene.outside))
        .await
        .problem(404, "not_found");
    let name = json!({"name": "Mine"});
    for answer in [
        scene.post("/api/collections", &name).await,
        scene.put(&path(&scene.inside), &name).await,
        Answer::of(scene.call(Method::DELETE, &path(&scene.inside))).await,
    ] {
        answer.problem(403, "key_bound");
    }
    let me = scene.get("/api/auth/me").await.ok(200);
    assert_eq!(me["collectionIds"], json!([scene.inside]));
    assert!(me["config"].get("monthlyBudgetUsd").is_none(), "{me}");
    for path in ["/api/keys", "/api/webhooks", "/api/customers/usage"] {
        scene.get(path).await.problem(403, "missing_scope");
    }
}

#[tokio::test]
async fn a_bound_key_adds_documents_only_to_its_collections() {
    let scene = scene().await;
    let of = async |id: &str| {
        let shown = scene.a.get(&format!("/api/documents/{id}")).await.ok(200);
        shown["collectionId"].clone()
    };
    // The text of a document outside is not a duplicate.
    for text in &scene.texts[1..] {
        let body = json!({"title": "Copy", "content": text});
        let added = scene.post("/api/ingest/document", &body).await.ok(202);
        assert!(added.get("duplicate").is_none(), "{added}");
        let id = doc_id(&added);
        assert!(!scene.documents.contains(&id));
        assert_eq!(of(&id).await, json!(scene.inside));
    }
    let own = json!({"title": "T", "content": scene.texts[0]});
    let again = scene.post("/api/ingest/document", &own).await.ok(200);
    assert_eq!(doc_id(&again), scene.documents[0]);
    let batch = json!({"documents": [
        {"title": "T", "content": format!("One of many {}.", word())},
        {"title": "T", "content": "A", "collectionId": scene.outside},
        {"title": "T", "content": "B", "externalId": "out"}]});
    let answer = scene.post("/api/ingest/batch", &batch).await.ok(202);
    let results = &answer["results"];
    assert_eq!(of(&doc_id(&results[0])).await, json!(scene.inside));
    assert_eq!(
        results[1]["error"]["errors"][0]["pointer"],
        "/documents/1/collectionId"
    );
    assert_eq!(results[2]["error"]["code"], "external_id_taken");
    let file = file_part(
        "a.txt",
        "text/plain",
        format!("A file {}.", word()).as_bytes(),
    );
    let request = scene.call(Method::POST, "/api/ingest/file").multipart(file);
    assert_eq!(
        of(&doc_id(&Answer::of(request).await.ok(202))).await,
        json!(scene.inside)
    );
    let wanted = json!({"fileName": "a.txt"});
    let form = scene
        .post("/api/ingest/presigned-url", &wanted)
        .await
        .ok(200);
    assert_eq!(of(&doc_id(&form)).await, json!(scene.inside));
    let sent = json!({"subject": "S", "text": format!("Sent {}.", word())});
    let sent = scene.post("/api/ingest/webhook", &sent).await.ok(202);
    assert_eq!(of(&doc_id(&sent)).await, json!(scene.inside));

    // It can neither use another collection nor take another document's external id.
    for (path, body) in [
        (
            "/api/ingest/document",
            json!({"title": "T", "content": "A"}),
        ),
        ("/api/ingest/url", json!({"url": "https://example.com/"})),
        ("/api/ingest/presigned-url", json!({"fileName": "a.txt"})),
    ] {
        for id in [&scene.outside, &Uuid::nil().to_string()] {
            let mut body = body.clone();
            body["collectionId"] = json!(id);
            scene.post(path, &body).await.bad_fields(&["/collectionId"]);
        }
    }
    let taken = json!({"title": "T", "content": "A", "externalId": "out"});
    scene
        .post("/api/ingest/document", &taken)
        .await
        .problem(409, "external_id_taken");
    let path = format!("/api/documents/{}", scene.documents[0]);
    for to in [Value::Null, json!(scene.outside)] {
        for body in [
            json!({"collectionId": to}),
            json!({"collectionId": to, "title": "New"}),
            json!({"collectionId": to, "content": "New"}),
        ] {
            scene.put(&path, &body).await.bad_fields(&["/collectionId"]);
        }
    }
    assert_eq!(of(&scene.documents[0]).await, json!(scene.inside));
    let changed = format!("{path}?wait=25");
    scene.put(&changed, &json!({"title": "New"})).await.ok(200);
}

#[tokio::test]
async fn a_crawl_by_a_bound_key_stays_in_its_collections() {
    let scene = scene().await;
    let site = Site::open(4).await;
    let page = |title: &str, links: &str| {
        let text = format!("The page {title} tells {}.", word());
        Page::html(format!("<main><h1>{title}</h1><p>{text}</p>{links}</main>"))
    };
    site.set("/", page("Start", "<a href='/theirs'>a</a>"));
    site.set("/theirs", page("Theirs", ""));
    let theirs = json!({"url": site.url("/theirs"), "collectionId": scene.outside});
    let theirs = doc_id(&scene.a.post("/api/ingest/url", &theirs).await.ok(202));
    scene.a.completed(&theirs).await;
    scene
        .post("/api/ingest/url", &json!({"url": site.url("/theirs")}))
        .await
        .problem(409, "source_url_taken");
    let crawl = json!({"url": site.url("/"), "crawl": {"maxPages": 5}});
    let job = scene.post("/api/ingest/url", &crawl).await.ok(202)["jobId"].clone();
    let path = format!("/api/jobs/{}", job.as_str().unwrap());
    let ended = eventually("the crawl ends", async || {
        let job = scene.get(&path).await.ok(200);
        (job["status"] == "completed").then_some(job)
    })
    .await;
    assert_eq!(ended["pages"]["stored"], 1, "{ended}");
    assert_eq!(
        ended["pages"]["leftOut"][0]["code"], "source_url_taken",
        "{ended}"
    );
    let shown = scene
        .a
        .get(&format!("/api/documents/{theirs}"))
        .await
        .ok(200);
    assert_eq!(
        (&shown["collectionId"], &shown["latestVersion"]),
        (&json!(scene.outside), &json!(1))
    );
    // It sees neither other crawls nor the customer's other jobs.
    let other =
        json!({"url": site.url("/"), "collectionId": scene.outside, "crawl": {"maxPages": 1}});
    let other = scene.a.post("/api/ingest/url", &other).await.ok(202)["jobId"].clone();
    let export = scene
        .a
        .post("/api/customers/export", &json!({}))
        .await
        .ok(202)["jobId"]
        .clone();
    for job in [other, export, json!(Uuid::new_v4())] {
        let path = format!("/api/jobs/{}", job.as_str().unwrap());
        scene.get(&path).await.problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_key_whose_collections_are_deleted_sees_nothing() {
    let mut scene = scene().await;
    let (one, other) = (scene.inside.clone(), scene.outside.clone());
    scene.key = make_key(&scene.a, &[&one, &other]).await;
    assert_eq!(scene.listed("/api/documents").await.len(), 2);
    let query = json!({"query": scene.mark, "mode": "text"});
    assert_eq!(scene.found(query.clone()).await.len(), 2);
    // With several collections, a request has to name one.
    let text = || json!({"title": "T", "content": format!("One more {}.", word())});
    scene
        .post("/api/ingest/document", &text())
        .await
        .bad_fields(&["/collectionId"]);
    for (gone, left) in [(&other, 1), (&one, 0)] {
        let path = format!("/api/collections/{gone}?documents=keep");
        let deleted = Answer::of(scene.a.call(Method::DELETE, &path)).await;
        assert_eq!(deleted.status, 204, "{deleted}");
        assert_eq!(scene.listed("/api/documents").await.len(), left);
        assert_eq!(scene.listed("/api/collections").await.len(), left);
        assert_eq!(scene.found(query.clone()).await.len(), left);
        let keys = scene.a.get("/api/keys").await.ok(200);
        let ids = keys["items"][0]["collectionIds"].as_array().unwrap();
        assert_eq!(ids.len(), left, "{keys}");
    }
    scene
        .post("/api/ingest/document", &text())
        .await
        .problem(403, "key_without_collections");
}

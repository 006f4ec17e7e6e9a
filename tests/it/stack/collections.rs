//! Collections: lifecycle, chunking, isolation, and every way to add a document to one.

use reqwest::{Method, multipart::Form};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    site::{Page, Site},
    stack::{
        Answer, Stack, Tenant,
        collections::{delete, inside},
        eventually,
        tenant::{doc_id, file_part},
        word,
    },
};

async fn put(tenant: &Tenant, path: &str, body: &Value) -> Answer {
    Answer::of(tenant.call(Method::PUT, path).json(body)).await
}

/// The collection a document is shown to belong to.
async fn collection_of(tenant: &Tenant, document: &str) -> Value {
    let path = format!("/api/documents/{document}");
    tenant.get(&path).await.ok(200)["collectionId"].clone()
}

#[tokio::test]
async fn a_collection_is_created_changed_and_deleted() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let new = json!({"name": " Handbook ", "description": "For everybody", "chunking": {"size": 400, "overlap": 0}});
    let made = a.post("/api/collections", &new).await.ok(201);
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        (&made["name"], &made["documents"]),
        (&json!("Handbook"), &json!(0))
    );
    a.post("/api/collections", &json!({"name": "HANDBOOK"}))
        .await
        .problem(409, "collection_exists");
    b.collection("Handbook").await;
    let bad = json!({"name": "", "description": "", "chunking": {"size": 1, "overlap": 0}});
    a.post("/api/collections", &bad)
        .await
        .bad_fields(&["/name", "/description", "/chunking/size"]);

    let path = format!("/api/collections/{id}");
    let body = json!({"title": "T", "content": format!("Inside {}.", word()), "collectionId": id});
    let document = doc_id(&a.post("/api/ingest/document", &body).await.ok(202));
    assert_eq!(collection_of(&a, &document).await, json!(id));
    assert_eq!(inside(&a, id).await, [json!(document)]);
    let shown = a.get(&path).await.ok(200);
    assert_eq!(shown["documents"], 1);
    assert_eq!(shown["chunking"]["size"], 400);
    let listed = a.get("/api/collections").await.ok(200);
    assert_eq!(listed["items"], json!([shown]));

    let change = json!({"description": null, "chunking": null});
    let changed = put(&a, &path, &change).await.ok(200);
    assert_eq!(changed["name"], "Handbook");
    assert!(changed.get("description").is_none() && changed.get("chunking").is_none());
    put(&a, &path, &json!({})).await.bad_fields(&[""]);

    // Another customer's collection and an unknown one get the same response.
    for id in [id, "none", &Uuid::nil().to_string()] {
        let path = format!("/api/collections/{id}");
        b.get(&path).await.problem(404, "not_found");
        put(&b, &path, &json!({"name": "Mine"}))
            .await
            .problem(404, "not_found");
        delete(&b, id, "?documents=delete")
            .await
            .problem(404, "not_found");
    }
    assert_eq!(inside(&b, id).await, [] as [Value; 0]);

    delete(&a, id, "")
        .await
        .problem(409, "collection_not_empty");
    delete(&a, id, "?documents=burn")
        .await
        .problem(422, "invalid_fields");
    assert_eq!(delete(&a, id, "?documents=keep").await.status, 204);
    assert_eq!(collection_of(&a, &document).await, Value::Null);
    a.get(&path).await.problem(404, "not_found");
    let empty = a.collection("Handbook").await;
    assert_eq!(delete(&a, &empty, "").await.status, 204);
}

#[tokio::test]
async fn a_collections_chunking_applies_to_documents_without_their_own() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let chunking = |size: u32| json!({"strategy": "fixed", "size": size, "overlap": 0});
    let new = json!({"name": "Cut", "chunking": chunking(100)});
    let id = a.post("/api/collections", &new).await.ok(201)["id"].clone();
    let chunks = async |more: Value| {
        // 300 characters without a space.
        let numbers: String = (0..100).map(|n| format!("{n:03}")).collect();
        let text: String = (word() + &numbers).chars().take(300).collect();
        let mut body = json!({"title": "T", "content": text});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let ended = a.post("/api/ingest/document?wait=25", &body).await.ok(200);
        assert_eq!(ended["status"], "completed", "{ended}");
        let id = doc_id(&ended);
        let path = format!("/api/documents/{id}");
        (id, a.get(&path).await.ok(200)["chunks"].clone())
    };
    let (document, cut) = chunks(json!({"collectionId": id})).await;
    assert_eq!(cut, 3);
    let own = json!({"collectionId": id, "chunking": chunking(150)});
    assert_eq!(chunks(own).await.1, 2);
    assert_eq!(chunks(json!({})).await.1, 1);

    // New chunking applies to what is processed from then on.
    let path = format!("/api/collections/{}", id.as_str().unwrap());
    put(&a, &path, &json!({"chunking": chunking(150)}))
        .await
        .ok(200);
    let path = format!("/api/documents/{document}");
    assert_eq!(a.get(&path).await.ok(200)["chunks"], 3);
    let again = format!("{path}?wait=25");
    put(&a, &again, &json!({"reprocess": true})).await.ok(200);
    assert_eq!(a.get(&path).await.ok(200)["chunks"], 2);
}

#[tokio::test]
async fn moving_a_document_costs_nothing() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (one, two) = (a.collection("One").await, a.collection("Two").await);
    let foreign = b.collection("Theirs").await;
    let mark = word();
    let ingest = async |text: &str, more: Value| {
        let mut body = json!({"title": "T", "content": format!("{text} {mark}."), "externalId": "kb",
            "onDuplicate": "newVersion"});
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        let ended = a.post("/api/ingest/document?wait=25", &body).await;
        doc_id(&ended.ok(200))
    };
    let id = ingest("First", json!({"collectionId": one})).await;
    // The next version stays in the collection unless it names another.
    assert_eq!(ingest("Second", json!({})).await, id);
    assert_eq!(collection_of(&a, &id).await, json!(one));
    assert_eq!(ingest("Third", json!({"collectionId": two})).await, id);
    assert_eq!(collection_of(&a, &id).await, json!(two));

    let path = format!("/api/documents/{id}");
    let embedded = stack.embedded(&mark).await;
    for to in [json!(one), Value::Null, json!(two)] {
        let moved = put(&a, &path, &json!({"collectionId": to})).await.ok(200);
        assert_eq!(moved["status"], "completed");
        assert_eq!(collection_of(&a, &id).await, to);
    }
    assert_eq!(a.get(&path).await.ok(200)["latestVersion"], 3);
    assert_eq!(stack.embedded(&mark).await, embedded);
    for unknown in [foreign.as_str(), &Uuid::nil().to_string(), "none"] {
        put(&a, &path, &json!({"collectionId": unknown}))
            .await
            .bad_fields(&["/collectionId"]);
    }
    put(&b, &path, &json!({"collectionId": foreign}))
        .await
        .problem(404, "not_found");
    // A move can be combined with other changes.
    let waited = format!("{path}?wait=25");
    let change = json!({"title": "New", "collectionId": one});
    put(&a, &waited, &change).await.ok(200);
    let change = json!({"content": format!("Fifth {mark}."), "collectionId": null});
    put(&a, &waited, &change).await.ok(200);
    let document = a.get(&path).await.ok(200);
    assert_eq!(
        (&document["latestVersion"], &document["collectionId"]),
        (&json!(5), &Value::Null)
    );
}

/// Sends a request to each ingestion route, naming a collection.
async fn ways(tenant: &Tenant, id: &str, site: &Site) -> Vec<(&'static str, Answer)> {
    let text = async || format!("One of many ways {}.", word());
    let post = async |path: &str, mut body: Value| {
        body["collectionId"] = json!(id);
        tenant.post(path, &body).await
    };
    let webhook = |query: &str, content_type: &str| {
        let path = format!("/api/ingest/webhook{query}");
        let request = tenant.call(Method::POST, &path);
        request.header("content-type", content_type.to_owned())
    };
    let document = json!({"title": "T", "content": text().await});
    let path = format!("/{}", word());
    let page = format!("<main><h1>Page</h1><p>{}</p></main>", text().await);
    site.set(&path, Page::html(page));
    let url = site.url(&path);
    let bytes = text().await;
    let form =
        file_part("a.txt", "text/plain", bytes.as_bytes()).text("collectionId", id.to_owned());
    let parts = Form::new()
        .text("title", "T")
        .text("content", text().await)
        .text("collectionId", id.to_owned());
    let encoded = format!("title=T&content={}&collectionId={id}", word());
    let query = format!("?collectionId={id}");
    vec![
        (
            "document",
            post("/api/ingest/document", document.clone()).await,
        ),
        ("url", post("/api/ingest/url", json!({"url": url})).await),
        (
            "crawl",
            post(
                "/api/ingest/url",
                json!({"url": url, "crawl": {"maxPages": 1}}),
            )
            .await,
        ),
        (
            "presigned",
            post("/api/ingest/presigned-url", json!({"fileName": "a.txt"})).await,
        ),
        ("file", tenant.upload(form).await),
        (
            "webhook, JSON",
            post(
                "/api/ingest/webhook",
                json!({"title": "T", "content": text().await}),
            )
            .await,
        ),
        (
            "webhook, form",
            Answer::of(webhook("", "application/x-www-form-urlencoded").body(encoded)).await,
        ),
        (
            "webhook, parts",
            Answer::of(
                tenant
                    .call(Method::POST, "/api/ingest/webhook")
                    .multipart(parts),
            )
            .await,
        ),
        (
            "webhook, query",
            Answer::of(webhook(&query, "text/plain").body(text().await)).await,
        ),
        (
            "webhook, header",
            Answer::of(
                webhook("", "text/plain")
                    .header("x-collection-id", id)
                    .body(text().await),
            )
            .await,
        ),
    ]
}

#[tokio::test]
async fn every_ingestion_route_takes_a_collection() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let site = Site::open(4).await;
    let (own, foreign) = (a.collection("Own").await, b.collection("Theirs").await);
    for unknown in [foreign, Uuid::nil().to_string()] {
        for (way, answer) in ways(&a, &unknown, &site).await {
            assert_eq!(answer.status, 422, "{way}: {answer}");
            answer.bad_fields(&["/collectionId"]);
        }
    }
    assert_eq!(a.list().await, [] as [&str; 0]);
    for (way, answer) in ways(&a, "none", &site).await {
        assert_eq!(answer.status, 422, "{way}: {answer}");
    }
    for (way, answer) in ways(&a, &own, &site).await {
        if way == "crawl" {
            // Its only page was added by `url` already.
            answer.ok(202);
            continue;
        }
        let status = if way == "presigned" { 200 } else { 202 };
        let id = doc_id(&answer.ok(status));
        assert_eq!(collection_of(&a, &id).await, json!(own), "{way}");
    }

    // Each document of a batch has its own result.
    let item = |more: Value| {
        let mut item = json!({"title": "T", "content": format!("One of a batch {}.", word())});
        for (name, value) in more.as_object().unwrap() {
            item[name] = value.clone();
        }
        item
    };
    let batch = json!({"documents": [
        item(json!({"collectionId": own})), item(json!({"collectionId": Uuid::nil()})), item(json!({}))]});
    let answer = a.post("/api/ingest/batch", &batch).await.ok(202);
    assert_eq!(
        (&answer["queued"], &answer["refused"]),
        (&json!(2), &json!(1))
    );
    let results = &answer["results"];
    let refused = &results[1]["error"]["errors"][0]["pointer"];
    assert_eq!(refused, "/documents/1/collectionId");
    let ids = [&results[0], &results[2]].map(doc_id);
    assert_eq!(collection_of(&a, &ids[0]).await, json!(own));
    assert_eq!(collection_of(&a, &ids[1]).await, Value::Null);
}

#[tokio::test]
async fn every_page_of_a_crawl_belongs_to_its_collection() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let site = Site::open(5).await;
    let id = a.collection("Site").await;
    let page = |title: &str, links: &str| {
        let text = format!("The page {title} tells {}.", word());
        Page::html(format!("<main><h1>{title}</h1><p>{text}</p>{links}</main>"))
    };
    site.set("/", page("Start", "<a href='/a'>a</a> <a href='/b'>b</a>"));
    site.set("/a", page("A", ""));
    site.set("/b", page("B", ""));
    let body = json!({"url": site.url("/"), "crawl": {"maxPages": 3}, "collectionId": id});
    let started = a.post("/api/ingest/url", &body).await.ok(202);
    let path = started["statusUrl"].as_str().unwrap();
    eventually("the crawl ends", async || {
        let job = a.get(path).await.ok(200);
        (job["status"] == "completed").then_some(())
    })
    .await;
    assert_eq!(inside(&a, &id).await.len(), 3);
}

#[tokio::test]
async fn a_webhook_adds_documents_to_its_collection() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (one, two) = (a.collection("One").await, a.collection("Two").await);
    let foreign = b.collection("Theirs").await;
    let hook = |id: &str| json!({"name": "in", "triggerType": "manual", "collectionId": id});
    a.post("/api/webhooks", &hook(&foreign))
        .await
        .bad_fields(&["/collectionId"]);
    let event = json!({"name": "out", "triggerType": "event", "url": "https://example.com/", "collectionId": one});
    a.post("/api/webhooks", &event)
        .await
        .bad_fields(&["/collectionId"]);
    let made = a.post("/api/webhooks", &hook(&one)).await.ok(201);
    assert_eq!(made["collectionId"], json!(one));
    let token = made["token"].as_str().unwrap();
    let send = async |query: &str| {
        let url = stack.url(&format!("{}{query}", made["url"].as_str().unwrap()));
        let body = json!({"title": "T", "content": format!("Sent {}.", word())});
        let request = stack.http.post(url).header("x-webhook-token", token);
        doc_id(&Answer::of(request.json(&body)).await.ok(202))
    };
    assert_eq!(collection_of(&a, &send("").await).await, json!(one));
    // The sender's value takes precedence.
    let said = format!("?collectionId={two}");
    assert_eq!(collection_of(&a, &send(&said).await).await, json!(two));

    let path = format!("/api/webhooks/{}", made["id"].as_str().unwrap());
    put(&a, &path, &json!({"collectionId": foreign}))
        .await
        .bad_fields(&["/collectionId"]);
    let moved = put(&a, &path, &json!({"collectionId": two})).await.ok(200);
    assert_eq!(moved["collectionId"], json!(two));
    let renamed = put(&a, &path, &json!({"name": "still"})).await.ok(200);
    assert_eq!(
        renamed["collectionId"],
        json!(two),
        "what is left out stays"
    );
    assert_eq!(collection_of(&a, &send("").await).await, json!(two));
    assert_eq!(delete(&a, &two, "?documents=keep").await.status, 204);
    assert!(a.get(&path).await.ok(200).get("collectionId").is_none());
    assert_eq!(collection_of(&a, &send("").await).await, Value::Null);
}

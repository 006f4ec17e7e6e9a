//! Documents found by what their owner knows: in the list and in hits.

use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, tenant::with_query, word};

/// Adds a text with what describes it; its id.
async fn add(tenant: &Tenant, body: Value) -> String {
    let added = tenant.post("/api/ingest/document", &body).await.ok(202);
    added["docId"].as_str().unwrap().to_owned()
}

/// GET with a query, its values encoded.
async fn list(tenant: &Tenant, query: &[(&str, &str)]) -> Answer {
    tenant.get(&with_query("/api/documents", query)).await
}

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_list_takes_conditions_an_order_and_a_count() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let collection = a.collection("Handbook").await;
    let first = add(
        &a,
        json!({"title": "Zephyr 100% wool", "content": format!("One {}.", word()), "externalId": "shop/17?a=1&b=\u{fc} #x",
               "metadata": {"year": 2026, "big": 12345678901234567_u64}, "collectionId": collection}),
    )
    .await;
    let second = add(
        &a,
        json!({"title": "apples", "content": format!("Two {}.", word()), "contentType": "text/markdown"}),
    )
    .await;
    let theirs =
        json!({"title": "Zephyr", "content": word(), "externalId": "shop/17?a=1&b=\u{fc} #x"});
    add(&b, theirs).await;
    a.completed(&first).await;
    a.completed(&second).await;

    for query in [
        &[("externalId", "shop/17?a=1&b=\u{fc} #x")][..],
        &[("title", "ZEPHYR 100%")],
        &[("metadata", r#"{"year":2026}"#)],
        &[("metadata", r#"{"big":12345678901234567}"#)],
        &[("collectionId", &collection)],
        &[("format", "pdf,txt")],
        &[
            ("format", "txt"),
            ("status", "completed,failed"),
            ("source", "api,file"),
        ],
    ] {
        let found = list(&a, query).await.ok(200);
        assert_eq!(ids(&found), [first.as_str()], "{query:?}");
        assert!(found.get("total").is_none(), "{found}");
    }
    for query in [
        &[("externalId", "shop/17")][..],
        &[("title", "100_")],
        &[("metadata", r#"{"big":12345678901234568}"#)],
        &[("status", "failed")],
        &[("createdAfter", "2100-01-01T00:00:00Z")],
        &[("updatedBefore", "2020-01-01T00:00:00+02:00")],
    ] {
        assert_eq!(
            list(&a, query).await.ok(200)["items"],
            json!([]),
            "{query:?}"
        );
    }
    let none = list(&a, &[("collectionId", "none")]).await.ok(200);
    assert_eq!(ids(&none), [second.as_str()]);

    let by_title = [("sort", "title"), ("limit", "1"), ("total", "true")];
    let page = list(&a, &by_title).await.ok(200);
    assert_eq!(
        (ids(&page), &page["total"]),
        (vec![second.as_str()], &json!(2))
    );
    let cursor = page["nextCursor"].as_str().unwrap();
    let next = [("sort", "title"), ("limit", "1"), ("cursor", cursor)];
    let page = list(&a, &next).await.ok(200);
    assert_eq!(
        (ids(&page), &page["nextCursor"]),
        (vec![first.as_str()], &Value::Null)
    );
    for other in [
        &[("sort", "-title"), ("cursor", cursor)][..],
        &[("sort", "title"), ("format", "txt"), ("cursor", cursor)],
        &[("cursor", cursor)],
    ] {
        list(&a, other).await.problem(422, "invalid_cursor");
    }
}

#[tokio::test]
async fn a_condition_that_is_not_right_is_pointed_at_with_what_is() {
    let stack = Stack::load();
    let a = stack.signup().await;
    for (name, value, says) in [
        ("status", "done", "awaiting_upload"),
        ("status", "", "awaiting_upload"),
        ("format", "pdf,exe", "docx"),
        ("source", "mail", "presigned"),
        ("code", "broken", "corrupt_file"),
        ("sort", "name", "-createdAt"),
        ("collectionId", "handbook", "none"),
        ("metadata", "year=2026", "JSON object"),
        ("metadata", "[2026]", "object"),
        ("createdAfter", "yesterday", "2026-11-21T09:30:00Z"),
        ("updatedBefore", "2026-11-21", "2026-11-21T09:30:00Z"),
        ("externalId", "", "256"),
        ("title", "a\0b", "control"),
        ("total", "yes", "true or false"),
        ("limit", "201", "200"),
        ("colour", "red", "externalId"),
    ] {
        let problem = list(&a, &[(name, value)])
            .await
            .problem(422, "invalid_fields");
        let error = &problem["errors"][0];
        assert_eq!(error["pointer"], format!("/{name}"), "{problem}");
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{name}={value}: {detail}");
    }
}

#[tokio::test]
async fn a_hit_says_where_its_document_comes_from_as_it_is_now() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (collection, mark) = (a.collection("Before").await, word());
    let described = json!({"title": "T", "content": format!("About {mark}."), "externalId": "kb-17", "collectionId": collection});
    let id = add(&a, described).await;
    let file = a
        .add_file(
            "a b.txt",
            "text/plain",
            format!("In a file {mark}.").as_bytes(),
        )
        .await;
    a.completed(&id).await;
    a.completed(&file).await;
    let other = a.collection("After").await;
    let moved = a.call(reqwest::Method::PUT, &format!("/api/documents/{id}"));
    Answer::of(moved.json(&json!({"collectionId": other})))
        .await
        .ok(200);
    for mode in ["text", "vector", "hybrid"] {
        let hits = a.search(mode, &mark).await;
        let of = |id: &str| hits.iter().find(|hit| hit["documentId"] == id).unwrap();
        let (text, file) = (of(&id), of(&file));
        assert_eq!(text["externalId"], "kb-17", "{mode}");
        assert_eq!(text["collectionId"], other.as_str(), "{mode}");
        assert!(
            text.get("fileName").is_none() && text.get("sourceUrl").is_none(),
            "{text}"
        );
        assert_eq!(file["fileName"], "a b.txt", "{mode}");
        assert!(file.get("externalId").is_none(), "{file}");
    }
}

#[tokio::test]
async fn usage_shows_every_limit_and_a_refusal_names_both_numbers() {
    let stack = Stack::load();
    let a = stack.signup().await;
    a.collection("Handbook").await;
    let id = a.add("Counted", &format!("A text {}.", word())).await;
    a.completed(&id).await;
    a.config("max_documents = 1, monthly_budget_usd = 25").await;
    let usage = a.get("/api/customers/usage").await.ok(200);
    let limits = &usage["limits"];
    assert_eq!(limits["documents"], json!({"used": 1, "limit": 1}));
    assert_eq!(limits["chunks"]["used"], 1);
    assert_eq!(limits["collections"], json!({"used": 1, "limit": 1000}));
    assert_eq!(limits["keys"], json!({"used": 1, "limit": 100}));
    assert_eq!(limits["users"], json!({"used": 1, "limit": 500}));
    assert_eq!(limits["webhooks"], json!({"used": 0, "limit": 50}));
    assert_eq!(limits["crawls"], json!({"used": 0, "limit": 5}));
    assert_eq!(limits["bulkActions"], json!({"used": 0, "limit": 3}));
    assert_eq!(limits["budget"]["limitUsd"], "25");
    assert!(limits["budget"]["spentUsd"].is_string(), "{limits}");
    assert!(usage["total"]["requests"].as_i64() > Some(0), "{usage}");
    let refused = a
        .ingest("One more", &word())
        .await
        .problem(409, "document_limit");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("1 of at most 1 documents"), "{detail}");
    let put = a.call(reqwest::Method::PUT, "/api/customers/config");
    let refused = Answer::of(put.json(&json!({"maxDocuments": 5}))).await;
    let refused = refused.problem(403, "platform_limit");
    assert!(
        refused["detail"]
            .as_str()
            .unwrap()
            .contains("/maxDocuments is 1,"),
        "{refused}"
    );
}

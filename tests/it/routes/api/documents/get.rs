//! `GET /api/documents`.

use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, tenant::with_query, word};

/// Adds a document, and returns its id.
async fn add(tenant: &Tenant, body: Value) -> String {
    let added = tenant.post("/api/ingest/document", &body).await.ok(202);
    added["docId"].as_str().unwrap().to_owned()
}

/// Sends a GET with a query, whose values are encoded.
async fn list(tenant: &Tenant, query: &[(&str, &str)]) -> Answer {
    tenant.get(&with_query("/api/documents", query)).await
}

fn ids(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_list_can_be_filtered_sorted_and_counted() {
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
async fn an_invalid_filter_is_reported_with_what_is_expected() {
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

//! Chunking: the customer's setting, and the strategies a document can specify.

use serde_json::{Value, json};

use crate::support::stack::{Stack, Tenant, tenant::doc_id, word};

/// A text with headings and paragraphs.
fn text(mark: &str) -> String {
    (0..5)
        .map(|n| {
            format!(
                "# Chapter {n}\n\nThe first paragraph of chapter {n} is about {mark}. It has two sentences.\n\n\
                 The second one is shorter, {mark}.\n\n"
            )
        })
        .collect()
}

async fn chunks(tenant: &Tenant, mark: &str, chunking: Option<Value>) -> Value {
    let mut body = json!({"title": "T", "content": text(mark), "contentType": "text/markdown"});
    if let Some(chunking) = chunking {
        body["chunking"] = chunking;
    }
    let ended = tenant
        .post("/api/ingest/document?wait=25", &body)
        .await
        .ok(200);
    assert_eq!(ended["status"], "completed", "{ended}");
    let id = doc_id(&ended);
    tenant.get(&format!("/api/documents/{id}")).await.ok(200)["chunks"].clone()
}

#[tokio::test]
async fn each_strategy_produces_its_own_chunks() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let chunking = |strategy: &str, size: u32, overlap: u32, unit: &str| {
        Some(json!({"strategy": strategy, "size": size, "overlap": overlap, "unit": unit}))
    };
    // All of it is less than 1000 characters.
    assert_eq!(chunks(&a, &word(), None).await, 1);
    let markdown = chunks(&a, &word(), chunking("markdown", 400, 0, "characters")).await;
    assert_eq!(markdown, 5);
    let paragraphs = chunks(&a, &word(), chunking("paragraph", 150, 0, "characters")).await;
    assert!(
        (6..=10).contains(&paragraphs.as_u64().unwrap()),
        "{paragraphs}"
    );
    let length = u32::try_from(text(&word()).trim().chars().count()).unwrap();
    let fixed = chunks(&a, &word(), chunking("fixed", 100, 0, "characters")).await;
    assert_eq!(fixed, length.div_ceil(100));
    let tokens = chunks(&a, &word(), chunking("recursive", 40, 10, "tokens")).await;
    assert!(tokens.as_u64().unwrap() >= 5, "{tokens}");
    let mark = word();
    let semantic = chunks(&a, &mark, chunking("semantic", 300, 0, "characters")).await;
    assert!(semantic.as_u64().unwrap() >= 3, "{semantic}");
    let hits = a.search("hybrid", &format!("chapter {mark}")).await;
    assert!(!hits.is_empty());

    // The customer's setting applies to documents that specify none.
    let config = json!({"chunking": {"strategy": "markdown", "size": 400, "overlap": 0}});
    let request = a
        .call(reqwest::Method::PUT, "/api/customers/config")
        .json(&config);
    let changed = crate::support::stack::Answer::of(request).await.ok(200);
    assert_eq!(changed["chunking"]["strategy"], "markdown");
    assert_eq!(chunks(&a, &word(), None).await, 5);
}

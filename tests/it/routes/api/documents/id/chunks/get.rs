//! `GET /api/documents/{id}/chunks`.

use serde_json::json;

use crate::support::stack::{Stack, tenant::doc_id, word};

#[tokio::test]
async fn chunks_of_any_version_are_shown_in_order() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (mark, later) = (word(), word());
    let paragraph = |n: usize, mark: &str| {
        format!("Paragraph {n} speaks of {mark} and of nothing else at all, in {n} words.")
    };
    let text = |mark: &str| {
        let all: Vec<String> = (0..7).map(|n| paragraph(n, mark)).collect();
        all.join("\n\n")
    };
    let chunking = json!({"strategy": "paragraph", "size": 100, "overlap": 0});
    let body =
        json!({"title": "T", "content": text(&mark), "externalId": "c", "chunking": chunking});
    let id = doc_id(&a.post("/api/ingest/document?wait=25", &body).await.ok(200));

    let path = format!("/api/documents/{id}/chunks");
    let mut texts = Vec::new();
    let mut next = json!(0);
    while let Some(from) = next.as_u64() {
        let page = a.get(&format!("{path}?limit=3&from={from}")).await.ok(200);
        assert_eq!(page["version"], 1);
        for (place, chunk) in (from..).zip(page["items"].as_array().unwrap()) {
            assert_eq!(chunk["index"], place);
            assert_eq!(chunk["chunkId"], format!("{id}:1:{place}"));
            texts.push(chunk["text"].as_str().unwrap().trim().to_owned());
        }
        next = page["nextFrom"].clone();
    }
    let expected: Vec<String> = (0..7).map(|n| paragraph(n, &mark)).collect();
    assert_eq!(texts, expected);

    let body = json!({"title": "T", "content": text(&later), "externalId": "c", "onDuplicate": "newVersion"});
    a.post("/api/ingest/document?wait=25", &body).await.ok(200);
    let text = async |query: &str| {
        let page = a.get(&format!("{path}{query}")).await.ok(200);
        page["items"][0]["text"].as_str().unwrap().to_owned()
    };
    assert!(text("").await.contains(&later));
    assert!(text("?version=1").await.contains(&mark));
    let none = a.get(&format!("{path}?version=9")).await.ok(200);
    assert_eq!(
        (&none["items"], &none["nextFrom"]),
        (&json!([]), &json!(null))
    );
    a.get(&format!("{path}?limit=51&version=0"))
        .await
        .bad_fields(&["/limit", "/version"]);
}

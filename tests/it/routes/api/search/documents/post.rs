//! `POST /api/search/documents`.

use serde_json::json;

use crate::support::stack::{Stack, word};

#[tokio::test]
async fn a_document_is_found_once_by_its_best_chunk() {
    let stack = Stack::load();
    let (a, b) = (stack.signup().await, stack.signup().await);
    let mark = word();
    let filler = "and so on ".repeat(150);
    let mut ids = Vec::new();
    for title in ["Long", "Other"] {
        let content = format!("{title} on {mark}. {filler}\n\nAgain {mark} and {mark}. {filler}");
        let body = json!({"title": title, "content": content, "externalId": title});
        let added = a.post("/api/ingest/document?wait=25", &body).await.ok(200);
        ids.push(added["docId"].as_str().unwrap().to_owned());
    }
    let body = json!({"query": mark, "mode": "text", "highlight": true, "topK": 1});
    let first = a.post("/api/search/documents", &body).await.ok(200);
    let mut next = body.clone();
    next["cursor"] = first["nextCursor"].clone();
    let second = a.post("/api/search/documents", &next).await.ok(200);
    let hits = [&first["results"][0], &second["results"][0]];
    for hit in hits {
        let best = &hit["bestChunk"];
        assert!(best["text"].as_str().unwrap().contains(&mark), "{hit}");
        assert!(!best["highlights"].as_array().unwrap().is_empty(), "{hit}");
        assert_eq!(hit["externalId"], hit["title"], "{hit}");
    }
    let mut found = hits.map(|hit| hit["documentId"].as_str().unwrap().to_owned());
    found.sort();
    ids.sort();
    assert_eq!(found.as_slice(), ids);

    // A filter holds here too, and another customer finds nothing.
    let filter = json!({"field": "title", "op": "eq", "value": "Other"});
    let body = json!({"query": mark, "mode": "text", "filter": filter});
    let found = a.post("/api/search/documents", &body).await.ok(200);
    assert_eq!(found["results"].as_array().unwrap().len(), 1, "{found}");
    let found = b.post("/api/search/documents", &body).await.ok(200);
    assert_eq!(found["results"], json!([]));

    let body = json!({"query": mark, "maxPerDocument": 2});
    let refused = a.post("/api/search/documents", &body).await;
    refused.bad_fields(&["/maxPerDocument"]);
    let body = json!({"query": "", "topK": 101});
    let refused = a.post("/api/search/documents", &body).await;
    refused.bad_fields(&["/query", "/topK"]);
}

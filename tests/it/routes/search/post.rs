//! `POST /search`.

use serde_json::{Value, json};

use crate::support::stack::{Answer, Stack, Tenant, tenant::doc_id, word};

/// Adds a document, and returns its id.
async fn add(tenant: &Tenant, body: Value) -> String {
    let added = tenant.post("/api/ingest/document", &body).await.ok(202);
    added["docId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_hit_shows_the_current_source_of_its_document() {
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
async fn search_finds_children_and_shows_their_parents() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let (one, two, alone) = (word(), word(), word());
    let filler =
        "It goes on with words that say little about anything in particular, as fillers do. ";
    let text = format!("It begins with {one}. {filler}{filler}Then comes {two}. {filler}\n\n");
    let chunking = json!({"strategy": "parentChild", "size": 1000, "overlap": 0});
    let body = json!({"title": "T", "content": format!("{text}{}", filler.repeat(12)), "chunking": chunking});
    let id = doc_id(&a.post("/api/ingest/document?wait=25", &body).await.ok(200));
    let other = json!({"title": "U", "content": format!("Only {alone} and {one}.")});
    a.post("/api/ingest/document?wait=25", &other).await.ok(200);

    let chunks = a.get(&format!("/api/documents/{id}/chunks")).await.ok(200);
    let children = chunks["items"].as_array().unwrap();
    assert!(children.len() > 3, "{chunks}");
    assert!(
        children.iter().all(|child| child["parent"].is_u64()),
        "{chunks}"
    );

    for mode in ["text", "hybrid"] {
        let hits = a.search(mode, &format!("{one} {two}")).await;
        let ours: Vec<_> = hits
            .iter()
            .filter(|hit| hit["documentId"] == id.as_str())
            .collect();
        let first = ours[0];
        let shown = first["text"].as_str().unwrap();
        // Two children were found; their parent is shown once, whole.
        assert!(
            shown.contains(&one) && shown.contains(&two),
            "{mode}: {first}"
        );
        let spans = |hit: &Value, name: &str| {
            let of = |n: usize| hit[name][n].as_u64().unwrap();
            (of(0), of(1))
        };
        let (parent, child) = (spans(first, "charSpan"), spans(first, "matchSpan"));
        assert!(
            parent.0 <= child.0 && child.1 <= parent.1 && child != parent,
            "{first}"
        );
        let mut parents: Vec<_> = ours.iter().map(|hit| spans(hit, "charSpan")).collect();
        parents.dedup();
        assert_eq!(parents.len(), ours.len(), "{mode}: a parent twice");
        let plain = hits
            .iter()
            .find(|hit| hit["documentId"] != id.as_str())
            .unwrap();
        assert!(plain.get("matchSpan").is_none(), "{plain}");
    }
}

//! How a document was cut, shown; and parents, which search shows for their children.

use serde_json::json;

use crate::support::stack::{Stack, tenant::doc_id, word};

#[tokio::test]
async fn chunks_are_shown_in_order_of_any_version() {
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
        let spans = |hit: &serde_json::Value, name: &str| {
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

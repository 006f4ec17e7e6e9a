//! Search with all its options, through the gateway.

use serde_json::{Value, json};

use crate::support::stack::{
    Stack, Tenant, eventually,
    tenant::{doc_id, with_query},
    word,
};

/// Adds a document and waits until it is searchable; returns its id.
async fn add(tenant: &Tenant, body: Value) -> String {
    let path = "/api/ingest/document?wait=25";
    doc_id(&tenant.post(path, &body).await.ok(200))
}

/// Titles of results, in their order.
fn titles(results: &[Value]) -> Vec<&str> {
    let titles = results
        .iter()
        .map(|result| result["title"].as_str().unwrap());
    titles.collect()
}

#[tokio::test]
async fn filters_select_documents_and_chunks_of_their_tenant() {
    let stack = Stack::load();
    let (a, b) = (stack.signup().await, stack.signup().await);
    let mark = word();
    for tenant in [&a, &b] {
        for (title, year, language) in [
            ("Old", json!(2019), "A report about"),
            ("New", json!(2026), "A report about"),
            ("Text", json!("2026"), "A report about"),
            (
                "None",
                Value::Null,
                "Dieser Bericht ist in deutscher Sprache geschrieben worden, damit man ihn daran erkennen kann, und er handelt von",
            ),
        ] {
            let body = json!({"title": title, "content": format!("{language} {mark}, {title}."), "metadata": {"year": year}});
            add(tenant, body).await;
        }
    }
    let year = |op: &str, value: Value| json!({"field": "metadata.year", "op": op, "value": value});
    let title = |value: &str| json!({"field": "title", "op": "eq", "value": value});
    let german = json!({"field": "language", "op": "eq", "value": "de"});
    for (filter, expected) in [
        (year("gte", json!(2020)), vec!["New"]),
        (year("eq", json!("2026")), vec!["Text"]),
        (year("exists", json!(false)), vec!["None"]),
        (
            json!({"not": year("lt", json!(2020))}),
            vec!["New", "None", "Text"],
        ),
        (german.clone(), vec!["None"]),
        (json!({"or": [german, title("Old")]}), vec!["None", "Old"]),
        (title("Nowhere"), vec![]),
        (
            json!({"field": "type", "op": "in", "value": ["pdf"]}),
            vec![],
        ),
    ] {
        for mode in ["text", "vector", "hybrid"] {
            let body = json!({"query": mark, "mode": mode, "filter": filter});
            let found = a.search_with(body).await;
            let mut titles = titles(&found);
            titles.sort_unstable();
            assert_eq!(titles, expected, "{mode} {filter}");
            let ours = a.list().await;
            let of = |hit: &Value| hit["documentId"].as_str().unwrap().to_owned();
            assert!(found.iter().all(|hit| ours.contains(&of(hit))), "{found:?}");
        }
    }
    // A list of documents takes the same filter.
    let list = async |filter: &Value| {
        let path = with_query("/api/documents", &[("filter", &filter.to_string())]);
        a.get(&path).await
    };
    let listed = list(&year("gte", json!(2020))).await.ok(200);
    assert_eq!(titles(listed["items"].as_array().unwrap()), ["New"]);
    list(&json!({"field": "page", "op": "eq", "value": 1}))
        .await
        .bad_fields(&["/filter/field"]);
    list(&json!([])).await.bad_fields(&["/filter"]);
}

#[tokio::test]
async fn documents_are_listed_by_words_of_their_names() {
    let a = Stack::load().signup().await;
    let mark = word();
    for (title, external) in [
        (format!("Refund Policy {mark}"), "kb-1"),
        (format!("Travel policy {mark}"), "kb-2"),
    ] {
        add(
            &a,
            json!({"title": title, "content": "C", "externalId": external}),
        )
        .await;
    }
    for (q, expected) in [
        (format!("policy {mark}"), 2),
        (format!("{mark} REFUND"), 1),
        ("kb-2".to_owned(), 1),
        (format!("refund travel {mark}"), 0),
        ("100%".to_owned(), 0),
    ] {
        let path = with_query("/api/documents", &[("q", &q), ("sort", "title")]);
        let listed = a.get(&path).await.ok(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), expected, "{q}");
    }
    let long = "x".repeat(513);
    for q in ["", " ", long.as_str()] {
        let path = with_query("/api/documents", &[("q", q)]);
        a.get(&path).await.bad_fields(&["/q"]);
    }
}

#[tokio::test]
async fn pages_continue_each_other_and_belong_to_one_search() {
    let a = Stack::load().signup().await;
    let mark = word();
    let documents: Vec<Value> = (0..11)
        .map(|n| json!({"title": format!("N{n}"), "content": format!("{mark} {}", "and ".repeat(n))}))
        .collect();
    let batch = json!({"documents": documents});
    let added = a.post("/api/ingest/batch", &batch).await.ok(202);
    for item in added["results"].as_array().unwrap() {
        a.completed(&doc_id(item)).await;
    }
    for mode in ["text", "vector", "hybrid"] {
        let body = json!({"query": mark, "mode": mode, "topK": 11});
        let all = a.post("/search", &body).await.ok(200);
        let ids = |found: &Value| -> Vec<String> {
            let results = found["results"].as_array().unwrap().iter();
            results
                .map(|hit| hit["chunkId"].as_str().unwrap().to_owned())
                .collect()
        };
        assert_eq!(ids(&all).len(), 11, "{all}");
        let (mut paged, mut body) = (Vec::new(), json!({"query": mark, "mode": mode, "topK": 4}));
        let mut pages = 0;
        loop {
            let page = a.post("/search", &body).await.ok(200);
            paged.extend(ids(&page));
            pages += 1;
            if page["nextCursor"].is_null() {
                break;
            }
            body["cursor"] = page["nextCursor"].clone();
        }
        assert_eq!((paged, pages), (ids(&all), 3), "{mode}");
        body["query"] = json!("something else");
        let refused = a.post("/search", &body).await;
        refused.problem(422, "invalid_cursor");
        body["cursor"] = json!("not a cursor");
        a.post("/search", &body)
            .await
            .problem(422, "invalid_cursor");
    }
}

#[tokio::test]
async fn a_search_of_the_past_finds_what_was_published_then() {
    let a = Stack::load().signup().await;
    let mark = word();
    let before = chrono::Utc::now();
    let body =
        json!({"title": "V", "content": format!("The first about {mark}."), "externalId": "v"});
    let id = add(&a, body).await;
    let between = chrono::Utc::now();
    let body = json!({"title": "V", "content": format!("The second about {mark}."), "externalId": "v", "onDuplicate": "newVersion"});
    assert_eq!(add(&a, body).await, id);
    let found = async |as_of: Option<chrono::DateTime<chrono::Utc>>| -> Vec<String> {
        let mut body = json!({"query": mark, "mode": "text"});
        if let Some(time) = as_of {
            body["asOf"] = json!(time.to_rfc3339());
        }
        let results = a.search_with(body).await;
        let text = |hit: &Value| hit["text"].as_str().unwrap().to_owned();
        results.iter().map(text).collect()
    };
    let (first, second) = (
        format!("The first about {mark}."),
        format!("The second about {mark}."),
    );
    // Removing a document rewrites the table and prunes all of its older versions.
    let filler = word();
    let removed = add(
        &a,
        json!({"title": "F", "content": format!("Filler {filler}.")}),
    )
    .await;
    a.delete(&removed).await.ok(202);
    eventually("the removed document is nowhere", async || {
        a.holding(&filler).await.is_empty().then_some(())
    })
    .await;
    assert_eq!(found(Some(before)).await, [""; 0]);
    assert_eq!(found(Some(between)).await, [first.as_str()]);
    assert_eq!(found(None).await, [second.as_str()]);
    let later = chrono::Utc::now() + chrono::TimeDelta::days(1);
    assert_eq!(found(Some(later)).await, [second.as_str()]);

    // A version is found from the moment of its publication on, and by its number.
    let path = format!("/api/documents/{id}/versions");
    let versions = a.get(&path).await.ok(200)["items"].clone();
    for (version, text) in versions.as_array().unwrap().iter().zip([&second, &first]) {
        let number = &version["version"];
        for moment in [
            version["publishedAt"].clone(),
            json!({"documentId": id, "version": number}),
        ] {
            let body = json!({"query": mark, "mode": "text", "asOf": moment});
            let results = a.search_with(body).await;
            assert_eq!(results.len(), 1, "{moment} {results:?}");
            assert_eq!(results[0]["text"], text.as_str(), "{moment}");
        }
    }
    let b = Stack::load().signup().await;
    for (tenant, version) in [(&a, 3), (&b, 1)] {
        let body =
            json!({"query": mark, "asOf": {"documentId": id, "version": version}, "mode": "text"});
        tenant.post("/search", &body).await.bad_fields(&["/asOf"]);
        let body = json!({"before": body, "after": {"query": mark}});
        let refused = tenant.post("/api/search/diff", &body).await;
        refused.bad_fields(&["/before/asOf"]);
    }
    // What is deleted is not found in the past either.
    a.delete(&id).await.ok(202);
    assert_eq!(found(Some(between)).await, [""; 0]);
}

#[tokio::test]
async fn results_come_with_what_was_asked_for() {
    let a = Stack::load().signup().await;
    let (mark, other) = (word(), word());
    let paragraph = |text: &str| format!("{text} {}", "and so on ".repeat(95));
    let content = [
        paragraph("The beginning."),
        paragraph(&format!("Employees say {mark}.")),
        paragraph(&format!("They repeat {mark} and {mark}.")),
        paragraph("The end."),
    ]
    .join("\n\n");
    let long = add(&a, json!({"title": "Long", "content": content})).await;
    add(
        &a,
        json!({"title": "Zephyr checklist", "content": format!("Only {other}, and {mark}.")}),
    )
    .await;

    let body = json!({"query": format!("employees {mark}"), "mode": "text", "neighbors": 1, "highlight": true, "explain": true});
    let found = a.post("/search", &body).await.ok(200);
    let first = &found["results"][0];
    assert!(
        first["text"].as_str().unwrap().contains("Employees"),
        "{found}"
    );
    assert_eq!(
        first["neighbors"]["before"].as_array().unwrap().len(),
        1,
        "{first}"
    );
    assert_eq!(
        first["neighbors"]["after"].as_array().unwrap().len(),
        1,
        "{first}"
    );
    let text: Vec<char> = first["text"].as_str().unwrap().chars().collect();
    let span = &first["highlights"][0];
    let (start, end) = (span[0].as_u64().unwrap(), span[1].as_u64().unwrap());
    let marked: String = text[start as usize..end as usize].iter().collect();
    assert_eq!(marked, "Employees", "{first}");
    assert_eq!(found["explain"]["fusion"], json!([]));

    let body = json!({"query": mark, "mode": "text", "maxPerDocument": 1});
    let capped = a.search_with(body).await;
    assert_eq!(capped.len(), 2, "{capped:?}");
    assert_ne!(capped[0]["documentId"], capped[1]["documentId"]);

    // A title is found by its words, and a second query adds its results.
    let body = json!({"query": "zephyr checklists", "mode": "text"});
    assert_eq!(titles(&a.search_with(body).await), ["Zephyr checklist"]);
    let body =
        json!({"query": other, "queries": [format!("repeat {mark}")], "mode": "text", "topK": 2});
    let both = a.search_with(body).await;
    let of: Vec<&Value> = both.iter().map(|hit| &hit["documentId"]).collect();
    assert!(of.contains(&&json!(long)) && of.len() == 2, "{both:?}");

    // By default the weights depend on the query; a given one is taken as it is.
    let body = json!({"query": mark, "explain": true});
    let found = a.post("/search", &body).await.ok(200);
    let fusion = &found["explain"]["fusion"][0];
    let sum = fusion["vectorWeight"].as_f64().unwrap() + fusion["textWeight"].as_f64().unwrap();
    assert!((sum - 1.0).abs() < 1e-5, "{fusion}");
    assert!(
        found["results"][0]["scores"]["vector"].is_number(),
        "{found}"
    );
    let body = json!({"query": mark, "alpha": 0.25, "explain": true});
    let found = a.post("/search", &body).await.ok(200);
    assert_eq!(found["explain"]["fusion"][0]["vectorWeight"], 0.25);
}

#[tokio::test]
async fn the_weight_of_a_collection_holds_for_its_searches_that_give_none() {
    let a = Stack::load().signup().await;
    let collection = a.collection("Weighted").await;
    let mark = word();
    let content = format!("A text about {mark}.");
    add(
        &a,
        json!({"title": "T", "content": content, "collectionId": collection}),
    )
    .await;
    let weight = async |body: Value| -> Value {
        let found = a.post("/search", &body).await.ok(200);
        found["explain"]["fusion"][0]["vectorWeight"].clone()
    };
    let path = format!("/api/collections/{collection}");
    let inside = json!({"query": mark, "explain": true, "collectionId": collection});
    a.put(&path, &json!({"alpha": 1.5}))
        .await
        .bad_fields(&["/alpha"]);
    assert_eq!(
        a.put(&path, &json!({"alpha": 0.125})).await.ok(200)["alpha"],
        0.125
    );
    assert_eq!(weight(inside.clone()).await, 0.125);
    let mut own = inside.clone();
    own["alpha"] = json!(0.75);
    assert_eq!(weight(own).await, 0.75);
    let everywhere = json!({"query": mark, "explain": true});
    assert_ne!(weight(everywhere).await, 0.125);
    a.put(&path, &json!({"alpha": null})).await.ok(200);
    assert_ne!(weight(inside).await, 0.125);
}

#[tokio::test]
async fn bad_searches_are_refused_with_every_bad_field() {
    let a = Stack::load().signup().await;
    add(&a, json!({"title": "T", "content": "Something to find."})).await;
    let nested = (0..50).fold(
        json!({"field": "title", "op": "eq", "value": "T"}),
        |inner, _| json!({"not": inner}),
    );
    for (body, pointer) in [
        (json!({"query": ""}), "/query"),
        (json!({"query": "x".repeat(100_000)}), "/query"),
        (json!({"query": "q", "topK": 0}), "/topK"),
        (json!({"query": "q", "topK": 10_000}), "/topK"),
        (json!({"query": "q", "topK": "5"}), "/topK"),
        (json!({"query": "q", "mode": "best"}), "/mode"),
        (json!({"query": "q", "alpha": 1.5}), "/alpha"),
        (json!({"query": "q", "mmr": {"lambda": -1}}), "/mmr/lambda"),
        (json!({"query": "q", "mmr": true}), "/mmr"),
        (json!({"query": "q", "neighbors": 6}), "/neighbors"),
        (
            json!({"query": "q", "maxPerDocument": 0}),
            "/maxPerDocument",
        ),
        (json!({"query": "q", "asOf": "yesterday"}), "/asOf"),
        (json!({"query": "q", "asOf": "2026-11-21"}), "/asOf"),
        (
            json!({"query": "q", "asOf": {"version": 1}}),
            "/asOf/documentId",
        ),
        (json!({"query": "q", "model": "unknown"}), "/model"),
        (json!({"query": "q", "model": ""}), "/model"),
        (json!({"query": "q", "queries": ["a", ""]}), "/queries/1"),
        (
            json!({"query": "q", "queries": ["a", "b", "c", "d", "e", "f", "g", "h"]}),
            "/queries",
        ),
        (
            json!({"query": "q", "filter": {"field": "nothing", "op": "eq", "value": 1}}),
            "/filter/field",
        ),
        (
            json!({"query": "q", "filter": {"field": "title", "op": "like", "value": "T"}}),
            "/filter/op",
        ),
        (
            json!({"query": "q", "filter": {"field": "page", "op": "eq", "value": "one"}}),
            "/filter/value",
        ),
        (json!({"query": "q", "filter": {"and": []}}), "/filter/and"),
    ] {
        a.post("/search", &body).await.bad_fields(&[pointer]);
    }
    let body =
        json!({"query": "", "topK": 0, "filter": {"field": "title", "op": "eq", "value": 1}});
    let several = a.post("/search", &body).await;
    several.bad_fields(&["/query", "/topK", "/filter/value"]);
    let deep = a
        .post("/search", &json!({"query": "q", "filter": nested}))
        .await;
    deep.problem(422, "invalid_fields");

    // Operators of query languages are words, and a query without words finds nothing.
    for query in [
        "\"quoted\" AND (title:T OR x^2) -not +must ~fuzzy* [a TO b] {c} \\ / && || !",
        "'; DROP TABLE documents; --",
        "🙂🎉🙃",
        "\u{200b}\u{feff}",
        "* ? .*",
    ] {
        for mode in ["text", "hybrid"] {
            let answer = a
                .post("/search", &json!({"query": query, "mode": mode}))
                .await;
            assert!(matches!(answer.status, 200 | 422), "{query}: {answer}");
        }
    }
    assert_eq!(a.search("text", "🙂🎉🙃").await.len(), 0);
}

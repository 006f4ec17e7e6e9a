//! Three documents added by three routes, found with page, heading and span, and never by other customers.

use serde_json::{Value, json};

use crate::support::{
    files,
    stack::{
        Stack, Tenant,
        tenant::{doc_id, file_part},
        word,
    },
};

struct Library {
    pdf: String,
    html: String,
    markdown: String,
}

/// Adds a PDF by presigned POST, a page by multipart and Markdown by JSON, and waits for them.
async fn add_library(tenant: &Tenant, mark: &str) -> Library {
    let second_page = format!("Turbine bearings {mark} are greased every ninety days.");
    let pdf = files::pdf(&[
        "The first page is about the pumps of the coolant.",
        &second_page,
    ]);
    let wanted = json!({"fileName": "manual.pdf", "size": pdf.len(), "title": "Manual"});
    let form = tenant.presign(&wanted).await.ok(200);
    assert_eq!(form["status"], "awaiting_upload", "{form}");
    let posted = tenant.post_to_s3(&form, &pdf).await;
    assert!((200..300).contains(&posted.status), "{posted}");

    let text = format!("Backups {mark} are kept for a year in a vault below the old town hall.");
    let page = files::html("Backups", "Retention", &text);
    let html = tenant
        .upload(file_part("backups.html", "text/html", page.as_bytes()))
        .await;

    let markdown = tenant
        .post(
            "/api/ingest/document",
            &json!({
                "title": "Handbook", "contentType": "text/markdown",
                "content": format!("# Handbook\n\n## Travel\n\nTrains {mark} are booked by the office.\n"),
                "metadata": {"team": "office"},
            }),
        )
        .await;
    let library = Library {
        pdf: doc_id(&form),
        html: doc_id(&html.ok(202)),
        markdown: doc_id(&markdown.ok(202)),
    };
    for id in [&library.pdf, &library.html, &library.markdown] {
        tenant.completed(id).await;
    }
    library
}

/// Checks that the span of a hit is exactly its text in the extracted text.
async fn check_span(tenant: &Tenant, hit: &Value) {
    let (document, version) = (hit["documentId"].as_str().unwrap(), &hit["version"]);
    let path = format!("/api/documents/{document}/content?version={version}");
    let extracted = tenant.get(&path).await.ok(200);
    let [start, end] = [0, 1].map(|i| hit["charSpan"][i].as_u64().unwrap() as usize);
    let text = extracted["text"].as_str().unwrap().chars();
    let quoted: String = text.skip(start).take(end - start).collect();
    assert_eq!(hit["text"], quoted, "{hit}");
}

#[tokio::test]
async fn documents_from_three_routes_are_found_only_by_their_customer() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (mark_a, mark_b) = (word(), word());
    let (ours, theirs) = tokio::join!(add_library(&a, &mark_a), add_library(&b, &mark_b));

    for mode in ["vector", "text", "hybrid"] {
        for (query, id, title) in [
            ("turbine bearings greased", &ours.pdf, "Manual"),
            (
                "how long are backups kept in the vault",
                &ours.html,
                "Backups",
            ),
            ("trains booked by the office", &ours.markdown, "Handbook"),
        ] {
            let hits = a.search(mode, query).await;
            let first = hits
                .first()
                .unwrap_or_else(|| panic!("{mode}: nothing for {query:?}"));
            assert_eq!(first["documentId"], **id, "{mode}: {query:?}: {first}");
            assert_eq!(
                (&first["title"], &first["version"]),
                (&title.into(), &1.into())
            );
            assert!(
                first["score"].as_f64().is_some_and(|score| score > 0.0),
                "{first}"
            );
            assert_eq!(
                first["ranks"]["vector"].is_u64(),
                mode != "text",
                "{mode}: {first}"
            );
            assert_eq!(
                first["ranks"]["text"].is_u64(),
                mode != "vector",
                "{mode}: {first}"
            );
            check_span(&a, first).await;
        }
        let hit = &a.search(mode, "turbine bearings greased").await[0];
        assert_eq!(hit["page"], 2, "{hit}");
        let hit = &a.search(mode, "trains booked by the office").await[0];
        assert_eq!(hit["headingPath"], json!(["Handbook", "Travel"]), "{hit}");
        assert_eq!(hit["metadata"], json!({"team": "office"}), "{hit}");
    }

    // Boilerplate around an article is not part of its text.
    for boilerplate in ["trackerword", "Loginword", "Imprintword"] {
        assert_eq!(
            a.search("text", boilerplate).await,
            [] as [Value; 0],
            "{boilerplate}"
        );
    }

    // Two tenants with the same words: each finds only its own.
    for (tenant, mine, mark) in [(&a, &ours, &mark_b), (&b, &theirs, &mark_a)] {
        let own = [&mine.pdf, &mine.html, &mine.markdown];
        for mode in ["vector", "text", "hybrid"] {
            for query in ["turbine bearings backups trains", mark.as_str()] {
                let body = json!({"query": query, "mode": mode, "topK": 100});
                let hits = tenant.search_with(body).await;
                assert!(mode == "text" || !hits.is_empty(), "{mode} {query}");
                for hit in hits {
                    let id = hit["documentId"].as_str().unwrap();
                    assert!(own.iter().any(|own| *own == id), "{mode}: {query}: {hit}");
                    assert!(
                        !hit["text"].as_str().unwrap().contains(mark.as_str()),
                        "{hit}"
                    );
                }
            }
        }
        let mut listed = tenant.list().await;
        let mut own = own.map(String::clone).to_vec();
        listed.sort();
        own.sort();
        assert_eq!(listed, own);
    }
}

#[tokio::test]
async fn a_search_can_be_limited_by_documents_count_and_score() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (mark_a, mark_b) = (word(), word());
    let (ours, theirs) = tokio::join!(add_library(&a, &mark_a), add_library(&b, &mark_b));
    let query = "turbine bearings backups trains";
    for mode in ["vector", "text", "hybrid"] {
        let only = json!({"query": query, "mode": mode, "documentIds": [ours.html]});
        let hits = a.search_with(only).await;
        assert!(
            !hits.is_empty() && hits.iter().all(|hit| hit["documentId"] == ours.html),
            "{mode}"
        );
        let one = a
            .search_with(json!({"query": query, "mode": mode, "topK": 1}))
            .await;
        assert_eq!(one.len(), 1, "{mode}");
        let none = json!({"query": query, "mode": mode, "minScore": 1000});
        assert!(a.search_with(none).await.is_empty(), "{mode}");
        // Another tenant's id narrows to nothing.
        let foreign = json!({"query": query, "mode": mode, "documentIds": [theirs.html]});
        assert!(a.search_with(foreign).await.is_empty(), "{mode}");
    }
}

#[tokio::test]
async fn a_document_shows_its_source_and_timeline() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let library = add_library(&tenant, &word()).await;
    for (id, format, source, pages) in [
        (&library.pdf, "pdf", "presigned", json!(2)),
        (&library.html, "html", "file", Value::Null),
        (&library.markdown, "md", "api", Value::Null),
    ] {
        let document = tenant.get(&format!("/api/documents/{id}")).await.ok(200);
        assert_eq!(document["id"], **id);
        assert_eq!(
            (&document["format"], &document["source"]),
            (&format.into(), &source.into())
        );
        assert_eq!(document["pages"], pages, "{document}");
        assert_eq!(
            (&document["latestVersion"], &document["publishedVersion"]),
            (&1.into(), &1.into())
        );
        for number in ["bytes", "characters", "chunks", "tokens"] {
            assert!(
                document[number].as_u64().is_some_and(|n| n > 0),
                "{number}: {document}"
            );
        }
        assert_eq!(
            document["contentHash"].as_str().unwrap().len(),
            64,
            "{document}"
        );

        let status = tenant.status(id).await;
        let timeline = status["timeline"].as_array().unwrap();
        let steps: Vec<&str> = timeline
            .iter()
            .map(|step| {
                step["stage"]
                    .as_str()
                    .unwrap_or(step["status"].as_str().unwrap())
            })
            .collect();
        let all = [
            "awaiting_upload",
            "queued",
            "extracting",
            "chunking",
            "embedding",
            "storing",
            "completed",
        ];
        let from = usize::from(source != "presigned");
        assert_eq!(steps, all[from..], "{status}");
        let times: Vec<&str> = timeline
            .iter()
            .map(|step| step["startedAt"].as_str().unwrap())
            .collect();
        assert!(times.is_sorted(), "{status}");
        assert!(
            timeline
                .iter()
                .rev()
                .skip(1)
                .all(|step| step["durationMs"].is_u64()),
            "{status}"
        );
        let ends = timeline.iter().map(|step| step["endedAt"].as_str());
        let next = times.iter().skip(1).map(|time| Some(*time)).chain([None]);
        assert!(ends.eq(next), "{status}");
        assert_eq!(status["attempts"], 1, "{status}");
    }
}

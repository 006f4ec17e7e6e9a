//! Adding a document again: duplicates, new versions, texts already paid for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use serde_json::{Value, json};

use crate::support::{
    files,
    stack::{
        Stack,
        tenant::{doc_id, file_part},
        versions::put,
        word,
    },
};

#[tokio::test]
async fn the_same_content_is_one_document() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let text = format!("This is said once {mark}.");
    let id = a.add("First", &text).await;
    a.completed(&id).await;
    assert_eq!(stack.embedded(&mark).await, 1);

    let by_json = a.ingest("First", &text).await.ok(200);
    let by_file = a
        .upload(file_part("b.txt", "text/plain", text.as_bytes()))
        .await
        .ok(200);
    for answer in [by_json, by_file] {
        assert_eq!(
            (&answer["duplicate"], &answer["docId"]),
            (&true.into(), &id.clone().into()),
            "{answer}"
        );
        assert_eq!(answer["status"], "completed", "{answer}");
    }
    assert_eq!(a.list().await, std::slice::from_ref(&id));
    assert_eq!(a.status(&id).await["latestVersion"], 1);
    assert_eq!(stack.embedded(&mark).await, 1, "a duplicate was embedded");

    // Twelve concurrent requests make one document, too.
    let other = format!("This is said by many at once {}.", word());
    let answers = futures::future::join_all((0..12).map(|_| b.ingest("T", &other))).await;
    let ids: std::collections::HashSet<String> = answers
        .iter()
        .map(|answer| doc_id(&answer.json()))
        .collect();
    assert_eq!(ids.len(), 1, "{answers:?}");
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 202).count(),
        1
    );

    // On request, the same content becomes a new version; its text is not paid for again.
    let again = json!({"title": "T", "content": text, "onDuplicate": "newVersion"});
    assert_eq!(
        doc_id(&a.post("/api/ingest/document", &again).await.ok(202)),
        id
    );
    a.completed(&id).await;
    assert_eq!(stack.embedded(&mark).await, 1);
    assert_eq!(a.search("text", &mark).await.len(), 1);
}

#[tokio::test]
async fn uploading_a_failed_file_again_retries_the_same_document() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let form = || file_part("a.json", "application/json", b"{\"cut\": ");
    let id = doc_id(&a.upload(form()).await.ok(202));
    a.ended(&id, "failed", "corrupt_file").await;
    assert_eq!(doc_id(&a.upload(form()).await.ok(202)), id);
    let status = a.ended(&id, "failed", "corrupt_file").await;
    assert_eq!(status["latestVersion"], 2);
    assert_eq!(a.list().await, std::slice::from_ref(&id));
    assert_ne!(doc_id(&b.upload(form()).await.ok(202)), id);
}

#[tokio::test]
async fn new_content_for_an_external_id_is_a_new_version() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (first, second) = (word(), word());
    let id = put(&a, "flow-1", &format!("The first content {first}.")).await;
    a.completed(&id).await;
    let theirs = put(&b, "flow-1", &format!("The first content {first}.")).await;
    b.completed(&theirs).await;
    assert_eq!(
        put(&a, "flow-1", &format!("The second content {second}.")).await,
        id
    );
    let status = a.completed(&id).await;
    assert_eq!(
        (&status["latestVersion"], &status["publishedVersion"]),
        (&2.into(), &2.into())
    );
    for mode in ["vector", "text", "hybrid"] {
        let hits = a.search(mode, "which content").await;
        let hits = if mode == "text" {
            a.search(mode, "content").await
        } else {
            hits
        };
        assert_eq!(hits.len(), 1, "{mode}: {hits:?}");
        assert_eq!(hits[0]["version"], 2, "{mode}");
    }
    assert_eq!(a.search("text", &first).await, [] as [Value; 0]);
    assert_eq!(
        b.search("text", &first).await.len(),
        1,
        "another tenant's was replaced"
    );
    assert_eq!(a.list().await, [id]);
}

#[tokio::test]
async fn search_shows_exactly_one_version_throughout_a_replacement() {
    const REPLACEMENTS: usize = 5;
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mark = word();
    // Several chunks, so that a half-published version would show.
    let content = |n: usize| {
        let paragraph = |p: usize| {
            format!(
                "Version {n}, part {p} of the {mark}. {}",
                "Filler text. ".repeat(60)
            )
        };
        (0..4).map(paragraph).collect::<Vec<_>>().join("\n\n")
    };
    let id = put(&tenant, "replaced", &content(0)).await;
    tenant.completed(&id).await;
    let chunks = tenant.get(&format!("/api/documents/{id}")).await.ok(200)["chunks"]
        .as_u64()
        .unwrap();

    let (done, looks) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicUsize::new(0)),
    );
    let watcher = tokio::spawn({
        let (tenant, done, looks, mark) =
            (tenant.clone(), done.clone(), looks.clone(), mark.clone());
        async move {
            let mut versions = Vec::new();
            while !done.load(Ordering::Relaxed) {
                for mode in ["text", "hybrid"] {
                    let hits = tenant
                        .search_with(json!({"query": mark, "mode": mode, "topK": 100}))
                        .await;
                    let seen: Vec<i64> = hits
                        .iter()
                        .map(|hit| hit["version"].as_i64().unwrap())
                        .collect();
                    assert!(!seen.is_empty(), "{mode}: a gap after {versions:?}");
                    assert!(
                        seen.iter().all(|version| *version == seen[0]),
                        "{mode}: {seen:?}"
                    );
                    assert_eq!(seen.len() as u64, chunks, "{mode}: parts of a version");
                    versions.push(seen[0]);
                    looks.fetch_add(1, Ordering::Relaxed);
                }
            }
            versions
        }
    });
    for n in 1..=REPLACEMENTS {
        assert_eq!(put(&tenant, "replaced", &content(n)).await, id);
        tenant.completed(&id).await;
        let before = looks.load(Ordering::Relaxed);
        while looks.load(Ordering::Relaxed) < before + 4 && !watcher.is_finished() {
            tokio::task::yield_now().await;
        }
    }
    done.store(true, Ordering::Relaxed);
    let versions = watcher.await.unwrap();
    assert!(versions.is_sorted(), "{versions:?}");
    assert_eq!(versions.last(), Some(&(1 + REPLACEMENTS as i64)));
    let distinct: std::collections::BTreeSet<i64> = versions.into_iter().collect();
    assert!(
        distinct.len() > REPLACEMENTS / 2,
        "the watcher saw too little: {distinct:?}"
    );
}

#[tokio::test]
async fn a_new_version_that_fails_leaves_the_old_one_searchable() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mark = word();
    let file = files::pdf(&[&format!("The published page {mark}.")]);
    let add = async |bytes: &[u8]| {
        let form = file_part("a.pdf", "application/pdf", bytes).text("externalId", "report");
        doc_id(&tenant.upload(form).await.ok(202))
    };
    let id = add(&file).await;
    tenant.completed(&id).await;
    let broken = files::made_unique(files::PASSWORD_PDF, &mark);
    assert_eq!(add(&broken).await, id);
    let status = tenant
        .ended(&id, "needs_action", "password_protected")
        .await;
    assert_eq!(
        (&status["latestVersion"], &status["publishedVersion"]),
        (&2.into(), &1.into())
    );
    let hits = tenant.search("text", &mark).await;
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0]["version"], 1);

    // The next readable version replaces it.
    let better = files::pdf(&[&format!("The better page {mark}.")]);
    assert_eq!(add(&better).await, id);
    assert_eq!(tenant.completed(&id).await["publishedVersion"], 3);
    let hits = tenant.search("text", &mark).await;
    assert_eq!((hits.len(), &hits[0]["version"]), (1, &3.into()));
}

#[tokio::test]
async fn each_customer_pays_for_a_text_once() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let (shared, one, two) = (word(), word(), word());
    // Paragraphs long enough that each is a separate chunk; the overlap starts at a sentence, so a paragraph without a
    // second sentence is not repeated in the next chunk.
    let paragraph = |mark: &str| format!("{mark} {}", "and so on ".repeat(90).trim_end());
    a.config("chunk_overlap = 0").await;
    b.config("chunk_overlap = 0").await;
    let text = |other: &str| format!("{}\n\n{}", paragraph(&shared), paragraph(other));
    let first = a.add("One", &text(&one)).await;
    a.completed(&first).await;
    let second = a.add("Two", &text(&two)).await;
    a.completed(&second).await;
    assert_eq!(stack.embedded(&one).await, 1);
    assert_eq!(stack.embedded(&two).await, 1);
    assert_eq!(
        stack.embedded(&shared).await,
        1,
        "a text was paid for twice"
    );
    assert_eq!(a.search("text", &shared).await.len(), 2);
    // Vectors are not shared between customers.
    let theirs = b.add("One", &text(&one)).await;
    b.completed(&theirs).await;
    assert_eq!(stack.embedded(&shared).await, 2);
}

#[tokio::test]
async fn every_format_is_searchable_by_its_text() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let marks: Vec<String> = (0..9).map(|_| word()).collect();
    let said = |n: usize| format!("The valve is called {}.", marks[n]);
    let sheet = format!(
        r#"<row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row>"#,
        said(2)
    );
    let package = r#"<package><manifest><item id="a" href="a.xhtml"/></manifest><spine><itemref idref="a"/></spine></package>"#;
    let chapter = format!(
        "<html><body><h1>Valves</h1><p>{}</p></body></html>",
        said(3)
    );
    let files: Vec<(&str, Vec<u8>)> = vec![
        (
            "a.docx",
            files::office::docx(&files::office::paragraph("Heading1", &said(0))),
        ),
        ("a.pptx", files::office::pptx(&[("Valves", &said(1))])),
        ("a.xlsx", files::office::xlsx(&sheet)),
        (
            "a.epub",
            files::office::epub(package, &[("OEBPS/a.xhtml", chapter.as_bytes())]),
        ),
        (
            "a.odt",
            files::office::odt(&format!("<text:p>{}</text:p>", said(4))),
        ),
        (
            "a.rtf",
            format!("{{\\rtf1\\ansi {}\\par}}", said(5)).into_bytes(),
        ),
        (
            "a.eml",
            format!(
                "From: a@example.com\r\nSubject: Valves\r\n\r\n{}\r\n",
                said(6)
            )
            .into_bytes(),
        ),
        ("a.csv", format!("part,note\n1,{}\n", said(7)).into_bytes()),
        (
            "a.json",
            json!({"title": "Valves", "note": said(8)})
                .to_string()
                .into_bytes(),
        ),
    ];
    for (n, (name, bytes)) in files.iter().enumerate() {
        // The format follows from the bytes or the name; half of the files go directly to S3.
        let id = if n % 2 == 0 {
            a.add_file(name, "application/octet-stream", bytes).await
        } else {
            let form = a.presign(&json!({"fileName": name})).await.ok(200);
            assert_eq!(a.post_to_s3(&form, bytes).await.status, 204);
            doc_id(&form)
        };
        a.completed(&id).await;
        let document = a.get(&format!("/api/documents/{id}")).await.ok(200);
        assert_eq!(document["format"], name[2..], "{document}");
        let hits = a.search("text", &marks[n]).await;
        assert_eq!(hits.len(), 1, "{name}");
        assert_eq!(hits[0]["documentId"], id, "{name}");
        assert!(b.search("text", &marks[n]).await.is_empty());
    }
    assert_eq!(a.search("text", &marks[1]).await[0]["page"], 1);
    assert_eq!(
        a.search("text", &marks[3]).await[0]["headingPath"],
        json!(["Valves"])
    );

    let locked: Vec<u8> = [
        b"\xd0\xcf\x11\xe0".to_vec(),
        "EncryptedPackage"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    ]
    .concat();
    let id = a
        .add_file("locked.docx", "application/octet-stream", &locked)
        .await;
    a.ended(&id, "needs_action", "password_protected").await;
}

#[tokio::test]
async fn a_large_text_is_kept_in_s3_and_read_like_a_small_one() {
    let stack = Stack::load();
    let a = stack.signup().await;
    // Random words, which hardly compress.
    let words: Vec<String> = (0..4000).map(|_| word()).collect();
    let text = words.join(" ");
    let id = a.add("Large", &text).await;
    a.completed(&id).await;
    let objects = a.originals().await;
    assert_eq!(objects.len(), 2, "{objects:?}");
    assert!(objects.iter().any(|key| key.ends_with("/1/extracted.json")));
    let path = format!("/api/documents/{id}/content?offset=1000&limit=500");
    let part = a.get(&path).await.ok(200);
    assert_eq!(part["text"], text[1000..1500]);
}

use http::HeaderValue;
use serde_json::json;

use super::*;

fn config() -> CustomerConfig {
    serde_json::from_value(json!({
        "readsPerMinute": 600, "requestsPerMinute": 60, "requestsPerDay": 1000, "classLimits": {}, "maxDocuments": 10,
        "maxFileBytes": 1000, "maxPages": 10, "maxCharacters": 1000, "maxDocumentChunks": 10, "maxChunks": 100,
        "maxStorageBytes": 100000, "invitationsPerDay": 20, "platformBudgetUsd": "5", "allowedTypes": ["pdf", "txt", "html", "md", "csv", "json"],
        "chunking": {"size": 1000, "overlap": 200}, "embeddingModel": "m", "monthlyBudgetUsd": null,
        "budgetAlertPercent": 80, "retentionDays": 30
    }))
    .unwrap()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let value = |text: &str| HeaderValue::from_bytes(text.as_bytes()).unwrap();
    pairs
        .iter()
        .map(|(name, text)| (name.parse().unwrap(), value(text)))
        .collect()
}

async fn read(
    pairs: &[(&'static str, &str)],
    query: &str,
    body: &str,
) -> Result<(Description, Content)> {
    let query: WebhookQuery = serde_urlencoded(query);
    let payload = Payload::new(headers(pairs), Bytes::from(body.to_owned()));
    payload.read(&config(), query, "hook").await
}

fn metadata(description: &Description) -> Option<&str> {
    description.metadata.as_ref().map(Metadata::as_str)
}

fn serde_urlencoded(query: &str) -> WebhookQuery {
    let uri = format!("/?{query}").parse().unwrap();
    axum::extract::Query::try_from_uri(&uri).unwrap().0
}

#[tokio::test]
async fn text_fields_make_a_text_and_other_json_is_the_document() {
    let kind = ("content-type", "application/json; charset=utf-8");
    for (query, body, title, id, format, bytes) in [
        (
            "",
            r##"{"title": "T", "content": "# A", "contentType": "text/markdown"}"##,
            "T",
            None,
            Format::Md,
            "# A",
        ),
        (
            "title=Q&externalId=q",
            r#"{"content": "A"}"#,
            "Q",
            Some("q"),
            Format::Txt,
            "A",
        ),
        (
            "title=Q",
            r#"{"title": "T", "content": "A"}"#,
            "T",
            None,
            Format::Txt,
            "A",
        ),
        ("", r#"{"content": "A"}"#, "hook", None, Format::Txt, "A"),
        // With other fields than a text's: the object is kept as a whole.
        (
            "",
            r#"{"title":"T","content":"A","link":"x"}"#,
            "T",
            None,
            Format::Json,
            r#"{"title":"T","content":"A","link":"x"}"#,
        ),
        (
            "",
            r#"{"subject": " S\n1 ", "externalId": "7"}"#,
            "S 1",
            Some("7"),
            Format::Json,
            r#"{"subject": " S\n1 ", "externalId": "7"}"#,
        ),
        (
            "",
            r#"{"name": ""}"#,
            "hook",
            None,
            Format::Json,
            r#"{"name": ""}"#,
        ),
        ("title=Q", "[1, 2]", "Q", None, Format::Json, "[1, 2]"),
        // Another system's files under a name of ours.
        (
            "",
            r#"{"content":"A","attachments":[{"id":1}]}"#,
            "hook",
            None,
            Format::Json,
            r#"{"content":"A","attachments":[{"id":1}]}"#,
        ),
    ] {
        let (description, content) = read(&[kind], query, body).await.unwrap();
        assert_eq!(description.title(None), title, "{body}");
        // Only a title from the sender renames an existing document.
        assert_eq!(description.title.is_none(), title == "hook", "{body}");
        assert_eq!(description.external_id.as_deref(), id, "{body}");
        assert_eq!(content.format, format, "{body}");
        assert_eq!(content.bytes, bytes, "{body}");
        assert_eq!(content.source, Source::Webhook);
    }
    for (body, code) in [
        ("{", "invalid_json"),
        ("", "invalid_json"),
        (r#"{"title": "", "content": "A"}"#, "invalid_fields"),
        (r#"{"content": " "}"#, "invalid_fields"),
        (&"[".repeat(500), "invalid_json"),
    ] {
        let error = read(&[kind], "", body).await.err().unwrap();
        assert_eq!(error.code(), code, "{body}");
    }
    for (query, body, attachments) in [
        ("", r#"{"content":"A","attachments":true}"#, Some(true)),
        ("attachments=true", r#"{"content":"A"}"#, Some(true)),
        (
            "attachments=true",
            r#"{"content":"A","attachments":false}"#,
            Some(false),
        ),
        ("attachments=true", r#"{"a":1}"#, Some(true)),
        ("", r#"{"content":"A"}"#, None),
    ] {
        let (description, _) = read(&[kind], query, body).await.unwrap();
        assert_eq!(
            description.extraction.attachments, attachments,
            "{query} {body}"
        );
    }
    // Numbers keep their digits.
    let text = r#"{"content":"A","externalId":9007199254740993,"metadata":{"n":123456789012345678901234567890,"p":1.10}}"#;
    let (description, _) = read(&[kind], "", text).await.unwrap();
    assert_eq!(description.external_id.as_deref(), Some("9007199254740993"));
    let kept = r#"{"n":123456789012345678901234567890,"p":1.10}"#;
    assert_eq!(metadata(&description), Some(kept));
}

#[tokio::test]
async fn a_file_is_described_by_headers_and_query() {
    let described = [
        ("content-type", "text/csv"),
        (
            "content-disposition",
            "attachment; filename=\"a \\\"b\\\".csv\"; x=1",
        ),
        ("x-title", "Caf\u{e9}"),
        ("x-external-id", "7"),
        ("x-metadata", r#"{"year": 2026}"#),
    ];
    let (description, content) = read(&described, "title=Q", "a,b\n1,2\n").await.unwrap();
    assert_eq!(description.title.as_deref(), Some("Q"));
    assert_eq!(description.external_id.as_deref(), Some("7"));
    assert_eq!(metadata(&description), Some(r#"{"year": 2026}"#));
    assert_eq!(content.format, Format::Csv);
    assert_eq!(content.file_name.as_deref(), Some("a \"b\".csv"));
    let (description, _) = read(&described, "", "a,b\n1,2\n").await.unwrap();
    assert_eq!(description.title.as_deref(), Some("Caf\u{e9}"));

    for (disposition, name) in [
        ("attachment; filename=a.md", Some("a.md")),
        (
            "attachment; filename=b.md; filename*=UTF-8''caf%C3%A9.md",
            Some("caf\u{e9}.md"),
        ),
        ("attachment; filename*=UTF-8''..%2F..%2Fa.md", Some("a.md")),
        (
            "attachment; filename*=klingon''a.md; filename=b.md",
            Some("b.md"),
        ),
        ("attachment", Some("x.md")),
        ("attachment; filename", Some("x.md")),
        ("", Some("x.md")),
    ] {
        let pairs = [
            ("content-disposition", disposition),
            ("x-file-name", "x.md"),
        ];
        let (_, content) = read(&pairs, "", "text").await.unwrap();
        assert_eq!(content.file_name.as_deref(), name, "{disposition}");
    }
    let (description, _) = read(&[("content-type", "text/plain")], "", "t")
        .await
        .unwrap();
    assert_eq!(description.title(None), "hook");
    for (pairs, body, code) in [
        (&[("x-metadata", "[")][..], "t", "invalid_fields"),
        (&[("x-metadata", "[]")], "t", "invalid_fields"),
        (&[("x-title", "")], "t", "invalid_fields"),
        (&[], "", "empty_document"),
        (&[], " ", "empty_document"),
        (&[], "\u{0}\u{1}\u{2}", "unsupported_type"),
    ] {
        let error = read(pairs, "", body).await.err().unwrap();
        assert_eq!(error.code(), code, "{pairs:?} {body:?}");
    }
}

#[tokio::test]
async fn a_collection_can_be_given_in_five_places() {
    let id = |n: u8| format!("01936f6e-3c00-7000-8000-0000000000{n:02}");
    let json = ("content-type", "application/json");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let parts = ("content-type", "multipart/form-data; boundary=X");
    let (one, two, three) = (id(1), id(2), id(3));
    let header = ("x-collection-id", one.as_str());
    let query = format!("collectionId={two}");
    let text = format!(r#"{{"content": "A", "collectionId": "{three}"}}"#);
    let fields = format!("content=A&collectionId={three}");
    let file = format!(
        "--X\r\ncontent-disposition: form-data; name=collectionId\r\n\r\n{three}\r\n--X\r\n\
         content-disposition: form-data; name=file; filename=a.md\r\n\r\n# A\r\n--X--\r\n"
    );
    // Another system's own field is content.
    let other = r#"{"subject": "S", "collectionId": 7}"#;
    for (pairs, query, body, expected) in [
        (&[header][..], "", "A", &one),
        (&[header], &*query, "A", &two),
        (&[header, json], &query, &*text, &three),
        (&[header, form], &query, &fields, &three),
        (&[header, parts], &query, &file, &three),
        (&[header, json], "", r#"{"content": "A"}"#, &one),
        (&[json], &query, other, &two),
    ] {
        let (description, _) = read(pairs, query, body).await.unwrap();
        let collection = description.collection_id.map(|id| id.to_string());
        assert_eq!(collection.as_ref(), Some(expected), "{pairs:?} {body}");
    }
    let none = read(&[json], "", other).await.unwrap().0.collection_id;
    assert!(none.is_none());
    for (pairs, body) in [
        (&[("x-collection-id", "7")][..], "A"),
        (&[json], r#"{"content": "A", "collectionId": "7"}"#),
        (&[form], "content=A&collectionId=7"),
    ] {
        let error = read(pairs, "", body).await.err().unwrap();
        assert_eq!(error.fields()[0].pointer, "/collectionId", "{body}");
    }
}

#[tokio::test]
async fn forms_with_and_without_a_file() {
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let (description, content) = read(
        &[kind],
        "",
        "title=A+b&content=C%C3%A9&metadata=%7B%22y%22%3A1%7D",
    )
    .await
    .unwrap();
    assert_eq!(description.title.as_deref(), Some("A b"));
    assert_eq!(metadata(&description), Some(r#"{"y":1}"#));
    assert_eq!(content.bytes, "C\u{e9}");
    let (description, content) = read(&[kind], "", "name=N&tag=1&tag=2").await.unwrap();
    assert_eq!(description.title.as_deref(), Some("N"));
    assert_eq!(content.bytes, r#"{"name":"N","tag":["1","2"]}"#);

    let kind = ("content-type", "multipart/form-data; boundary=X");
    let part = |disposition: &str, text: &str| {
        format!("--X\r\ncontent-disposition: form-data; {disposition}\r\n\r\n{text}\r\n")
    };
    let file = part("name=\"data\"; filename=\"a.md\"", "# A");
    let form = format!(
        "{}{}{file}--X--\r\n",
        part("name=title", "T"),
        part("name=from", "n8n")
    );
    let (description, content) = read(&[kind], "", &form).await.unwrap();
    assert_eq!(description.title.as_deref(), Some("T"));
    assert_eq!(metadata(&description), Some(r#"{"from":"n8n"}"#));
    assert_eq!((content.format, &*content.bytes), (Format::Md, &b"# A"[..]));
    // Email services send the number of files.
    for (sent, metadata, attachments) in [
        ("2", Some(r#"{"attachments":"2"}"#), None),
        ("true", None, Some(true)),
    ] {
        let form = format!("{}{file}--X--\r\n", part("name=attachments", sent));
        let (description, _) = read(&[kind], "", &form).await.unwrap();
        assert_eq!(self::metadata(&description), metadata, "{sent}");
        assert_eq!(description.extraction.attachments, attachments, "{sent}");
        let form = format!(
            "{}{}--X--\r\n",
            part("name=content", "A"),
            part("name=attachments", sent)
        );
        let (description, content) = read(&[kind], "", &form).await.unwrap();
        assert_eq!(description.extraction.attachments, attachments, "{sent}");
        assert_eq!(
            content.format == Format::Txt,
            attachments.is_some(),
            "{sent}"
        );
    }
    let alone = format!("{file}--X--\r\n");
    assert_eq!(read(&[kind], "", &alone).await.unwrap().0.metadata, None);
    let without = format!("{}--X--\r\n", part("name=subject", "S"));
    let (description, content) = read(&[kind], "", &without).await.unwrap();
    assert_eq!(description.title.as_deref(), Some("S"));
    assert_eq!(content.format, Format::Json);
    // A part without a file name is a file if its type says so.
    let typed = |kind: &str, text: &str| {
        format!(
            "--X\r\nContent-Disposition: form-data; name=\"data\"\r\nContent-Type: {kind}\r\n\r\n{text}\r\n--X--\r\n"
        )
    };
    for (declared, text, format) in [
        ("application/pdf", "%PDF-1.4\n1 0 obj", Format::Pdf),
        ("text/markdown; charset=utf-8", "# A", Format::Md),
        ("application/octet-stream", "a", Format::Txt),
        ("text/plain", "a", Format::Json),
        ("application/json", "{}", Format::Json),
    ] {
        let (_, content) = read(&[kind], "", &typed(declared, text)).await.unwrap();
        assert_eq!(content.format, format, "{declared}");
        let is_form = content.bytes.starts_with(b"{\"data\":");
        assert_eq!(is_form, format == Format::Json, "{declared}");
    }
    let named = "--X\r\nContent-Disposition: FORM-DATA; Name=\"data\"; filename*=utf-8''%E5%AE%A2.csv\r\n\r\na,b\r\n--X--\r\n";
    let (_, content) = read(&[kind], "", named).await.unwrap();
    assert_eq!(
        (content.format, content.file_name.as_deref()),
        (Format::Csv, Some("客.csv"))
    );
    let two = format!("{file}{file}--X--\r\n");
    assert_eq!(
        read(&[kind], "", &two).await.err().unwrap().code(),
        "invalid_fields"
    );
}

//! Reading documents: warnings, hidden content, exact metadata, titles and file names.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    files::office::docx,
    stack::{
        Answer, Stack, Tenant,
        tenant::{doc_id, file_part},
        word,
    },
};

const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// Sends a raw body to `POST /api/ingest/file`.
async fn send(tenant: &Tenant, body: &str) -> Answer {
    let request = tenant
        .call(Method::POST, "/api/ingest/file?wait=25")
        .header("content-type", "multipart/form-data; boundary=X")
        .body(body.to_owned());
    Answer::of(request).await
}

#[tokio::test]
async fn warnings_are_shown_wherever_a_document_is() {
    let tenant = Stack::load().signup().await;
    let text = [
        b"One broken byte ",
        &b"\xff"[..],
        "in a text of f\u{fc}r.".as_bytes(),
    ]
    .concat();
    let id = tenant.add_file("a.txt", "text/plain", &text).await;
    tenant.completed(&id).await;
    let expected = json!([{"code": "characters_replaced", "count": 1}]);
    let path = format!("/api/documents/{id}");
    let document = tenant.get(&path).await.ok(200);
    assert_eq!(document["warnings"], expected);
    assert_eq!(tenant.status(&id).await["warnings"], expected);
    let versions = tenant.get(&format!("{path}/versions")).await.ok(200);
    assert_eq!(versions["items"][0]["warnings"], expected);

    let id = tenant.add("T", "Nothing is wrong with this.").await;
    tenant.completed(&id).await;
    assert_eq!(tenant.status(&id).await["warnings"], json!([]));
}

#[tokio::test]
async fn hidden_content_is_read_only_on_request() {
    let tenant = Stack::load().signup().await;
    let (shown, hidden) = (word(), word());
    let run = |properties: &str, text: &str| {
        format!("<w:p><w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r></w:p>")
    };
    let file = docx(&[run("", &shown), run("<w:vanish/>", &hidden)].concat());
    let id = tenant.add_file("a.docx", WORD, &file).await;
    tenant.completed(&id).await;
    let path = format!("/api/documents/{id}");
    let holds = async |word: &str| {
        let content = tenant.get(&format!("{path}/content")).await.ok(200);
        content["text"].as_str().unwrap().contains(word)
    };
    assert!(holds(&shown).await);
    assert!(!holds(&hidden).await);
    let document = tenant.get(&path).await.ok(200);
    assert_eq!(document["includeHidden"], false);
    assert_eq!(document["warnings"][0]["code"], "hidden_content");

    let change = tenant.call(Method::PUT, &format!("{path}?wait=25"));
    let change = change.json(&json!({"includeHidden": true}));
    assert_eq!(Answer::of(change).await.ok(200)["status"], "completed");
    assert!(holds(&hidden).await);
    let document = tenant.get(&path).await.ok(200);
    assert_eq!(document["includeHidden"], true);
    assert_eq!(document["warnings"], json!([]));

    // Another upload without the option keeps its value; one with another value is read again.
    let form = || file_part("a.docx", WORD, &file);
    let again = tenant.upload(form()).await.ok(200);
    assert_eq!(
        (&again["duplicate"], doc_id(&again)),
        (&json!(true), id.clone())
    );
    let again = tenant
        .upload(form().text("includeHidden", "false"))
        .await
        .ok(202);
    assert_eq!(
        (&again["updated"], doc_id(&again)),
        (&json!(true), id.clone())
    );
    tenant.completed(&id).await;
    assert!(!holds(&hidden).await);
}

#[tokio::test]
async fn numbers_in_metadata_keep_their_digits() {
    let tenant = Stack::load().signup().await;
    let mark = word();
    // As text: serde_json would round them.
    let metadata = r#"{"id": 123456789012345678901234567890, "price": 1.10, "much": 1e400}"#;
    let body = format!(
        r#"{{"title": "T", "content": "{mark}", "externalId": 9007199254740993, "metadata": {metadata}}}"#
    );
    let request = tenant.call(Method::POST, "/api/ingest/document?wait=25");
    let request = request
        .header("content-type", "application/json")
        .body(body.clone());
    let id = doc_id(&Answer::of(request).await.ok(200));
    let document = tenant.get(&format!("/api/documents/{id}")).await;
    let query = json!({"query": mark, "mode": "text"});
    let found = tenant.post("/search", &query).await;
    for answer in [&document, &found] {
        let text = String::from_utf8_lossy(&answer.body);
        for digits in ["123456789012345678901234567890", "1.10"] {
            assert!(text.contains(digits), "{text}");
        }
        // The database writes the exponent out.
        assert!(text.contains(&format!("1{}", "0".repeat(400))), "{text}");
    }
    let text = String::from_utf8_lossy(&document.body);
    assert!(
        text.contains(r#""externalId":"9007199254740993""#),
        "{text}"
    );

    let batch = format!(r#"{{"documents": [{body}]}}"#);
    let request = tenant.call(Method::POST, "/api/ingest/batch");
    let request = request
        .header("content-type", "application/json")
        .body(batch);
    let again = Answer::of(request).await.ok(200);
    assert_eq!(again["results"][0]["duplicate"], true, "{again}");
    assert_eq!(again["results"][0]["updated"], Value::Null, "{again}");
    for bad in [r#"{"a": 1e1001}"#, r#"{"a": "\ud800"}"#] {
        let form = file_part("b.txt", "text/plain", b"text").text("metadata", bad.to_owned());
        tenant.upload(form).await.bad_fields(&["/metadata"]);
    }
}

#[tokio::test]
async fn a_duplicate_updates_title_and_metadata() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let mark = word();
    let content = format!("This is said once {mark}.");
    let body = |title: &str, year: u32| json!({"title": title, "content": content, "metadata": {"year": year, "team": "a"}});
    let path = "/api/ingest/document?wait=25";
    let id = doc_id(&tenant.post(path, &body("Old", 2025)).await.ok(200));
    let embedded = stack.embedded(&mark).await;
    let same = tenant.post(path, &body("Old", 2025)).await.ok(200);
    assert_eq!(
        (&same["duplicate"], &same["updated"]),
        (&json!(true), &Value::Null)
    );
    let document = tenant.get(&format!("/api/documents/{id}")).await.ok(200);
    assert_eq!(document["latestVersion"], 1);

    let other = tenant.post(path, &body("New", 2026)).await.ok(200);
    assert_eq!(
        (&other["duplicate"], &other["updated"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(doc_id(&other), id);
    let batch = json!({"documents": [body("Newest", 2026)]});
    let answer = tenant.post("/api/ingest/batch", &batch).await.ok(200);
    assert_eq!(answer["results"][0]["updated"], true, "{answer}");
    tenant.completed(&id).await;
    let hits = tenant.search("text", &mark).await;
    assert_eq!(hits.len(), 1);
    assert_eq!(
        (&hits[0]["title"], &hits[0]["metadata"]["year"]),
        (&json!("Newest"), &json!(2026))
    );
    assert_eq!(
        stack.embedded(&mark).await,
        embedded,
        "a duplicate was embedded"
    );
}

#[tokio::test]
async fn file_names_are_decoded_from_every_common_encoding() {
    let tenant = Stack::load().signup().await;
    for (disposition, title, format) in [
        (
            "form-data; name=\"file\"; filename*=UTF-8''%E5%AE%A2%E6%88%B7.csv",
            "客户.csv",
            "csv",
        ),
        (
            "form-data; name=\"file\"; filename=\"=?utf-8?B?5paw5bu6LnR4dA==?=\"",
            "新建.txt",
            "txt",
        ),
        (
            "FORM-DATA; Name=\"file\"; FileName=\"me\u{301}mo.md\"",
            "mémo.md",
            "md",
        ),
    ] {
        let body = format!(
            "--X\r\nContent-Disposition: {disposition}\r\n\r\na,b {}\r\n--X--\r\n",
            word()
        );
        let id = doc_id(&send(&tenant, &body).await.ok(200));
        let document = tenant.get(&format!("/api/documents/{id}")).await.ok(200);
        assert_eq!(
            (&document["title"], &document["format"]),
            (&json!(title), &json!(format)),
            "{disposition}"
        );
    }
}

#[tokio::test]
async fn overtaken_versions_end_as_superseded() {
    let tenant = Stack::load().signup().await;
    let id = tenant.add("T", &word()).await;
    tenant.completed(&id).await;
    let path = format!("/api/documents/{id}");
    let changes = (0..6).map(|_| {
        let request = tenant
            .call(Method::PUT, &path)
            .json(&json!({"content": word()}));
        Answer::of(request)
    });
    let accepted = futures::future::join_all(changes).await;
    let accepted = accepted
        .iter()
        .filter(|answer| answer.status == 202)
        .count();
    tenant.completed(&id).await;
    let versions = tenant.get(&format!("{path}/versions")).await.ok(200);
    let statuses: Vec<_> = versions["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| &v["status"])
        .collect();
    assert_eq!(statuses.len(), accepted + 1);
    assert_eq!(*statuses[0], "published", "{statuses:?}");
    assert!(
        statuses[1..].iter().all(|status| **status == "superseded"),
        "{statuses:?}"
    );
}

/// A title in the file is used unless the caller gives one, also in search; a caller's title stays.
#[tokio::test]
async fn a_file_uploaded_without_a_title_takes_its_own() {
    let stack = Stack::load();
    let tenant = stack.signup().await;
    let page = |title: &str, mark: &str| {
        format!(
            "<html><head><title>{title}</title></head><body><main><h1>{title}</h1><p>The text \
             {mark} of this page.</p></main></body></html>"
        )
    };
    let form = |name: &str, body: &str| {
        file_part(name, "text/html", body.as_bytes()).text("externalId", "page")
    };
    let shown = async |id: &str| {
        tenant.completed(id).await;
        let document = tenant.get(&format!("/api/documents/{id}")).await.ok(200);
        (document["title"].clone(), document["fileName"].clone())
    };
    let mark = word();
    let own = page("Annual report", &mark);
    let id = doc_id(&tenant.upload(form("a.html", &own)).await.ok(202));
    assert_eq!(shown(&id).await, (json!("Annual report"), json!("a.html")));
    assert_eq!(
        tenant.search("text", &mark).await[0]["title"],
        "Annual report"
    );
    let again = tenant.upload(form("a.html", &own)).await.ok(200);
    assert_eq!(again["duplicate"], true, "{again}");

    // The next version has another title, or a meaningless one.
    let body = page("Annual report, revised", &word());
    assert_eq!(
        doc_id(&tenant.upload(form("b.html", &body)).await.ok(202)),
        id
    );
    let revised = (json!("Annual report, revised"), json!("b.html"));
    assert_eq!(shown(&id).await, revised);
    let body = page("Untitled-1", &word());
    tenant.upload(form("c.html", &body)).await.ok(202);
    assert_eq!(shown(&id).await, (json!("c.html"), json!("c.html")));

    // From here on the caller's title is kept, whatever later versions contain.
    let put = tenant.call(Method::PUT, &format!("/api/documents/{id}"));
    let renamed = put.json(&json!({"title": "Ours"}));
    Answer::of(renamed).await.ok(202);
    assert_eq!(shown(&id).await.0, "Ours");
    let mark = word();
    tenant
        .upload(form("d.html", &page("Theirs", &mark)))
        .await
        .ok(202);
    assert_eq!(shown(&id).await, (json!("Ours"), json!("d.html")));
    assert_eq!(tenant.search("text", &mark).await[0]["title"], "Ours");

    // A title that the caller gives is the caller's, even if the file has the same one.
    let body = page("Same", &word());
    let other = |title: Option<&'static str>| {
        let form = file_part("e.html", "text/html", body.as_bytes());
        match title {
            Some(title) => form.text("title", title),
            None => form,
        }
    };
    let id = doc_id(&tenant.upload(other(None)).await.ok(202));
    assert_eq!(shown(&id).await.0, "Same");
    let given = tenant.upload(other(Some("Same"))).await.ok(202);
    assert_eq!(
        (doc_id(&given), &given["updated"]),
        (id.clone(), &json!(true))
    );
    assert_eq!(shown(&id).await.0, "Same");
    let again = tenant.upload(other(Some("Same"))).await.ok(200);
    assert_eq!(again["duplicate"], true, "{again}");
}

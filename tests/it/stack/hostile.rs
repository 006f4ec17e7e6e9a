//! Ids and names that try to escape the tenant.

use std::{collections::HashSet, sync::Arc};

use futures::{StreamExt, stream};
use reqwest::multipart::{Form, Part};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;
use uuid::Uuid;

use crate::support::stack::{Answer, Stack, Tenant, word};

/// Requests at once.
const AT_ONCE: usize = 6;

/// Ids as they appear in a path, already encoded. `{d}` is a document of the tenant, `{c}` the
/// tenant, `{x}` another one.
const TEMPLATES: &[&str] = &[
    "..",
    ".",
    "../{d}",
    "{d}/..",
    "%2e%2e",
    "%2e%2e%2f{d}",
    "..%2f..%2f{x}",
    "{d}%2f..%2f{d}",
    "%252e%252e%252f{d}",
    "..%5c{d}",
    "%5c..%5c",
    "..%c0%af{d}",
    "..%ef%bc%8f{d}",
    "%e2%88%95{d}",
    "%u002e%u002e",
    "{d}%00",
    "%00{d}",
    "%00",
    "{d}%0d%0a",
    "{d}%0a",
    "{d}%09",
    "%20{d}",
    "{d}%20",
    "+{d}",
    "%7b{d}%7d",
    "(%7b{d}%7d)",
    "urn:uuid:{d}",
    "uuid:{d}",
    "{{d}}",
    "{d}.json",
    "{d};x=1",
    "{d}@x",
    "{d}:1:0",
    "{d}%3fa=b",
    "{d}%23",
    "{d}*",
    "{d}%25",
    "{d},{d}",
    "{d}{d}",
    "'{d}'",
    "{d}'--",
    "{d}'%20OR%20'1'='1",
    "{d})%20OR%20(1=1",
    "1%20OR%201=1",
    "$({d})",
    "`id`",
    "%24%7bx%7d",
    "%7b%7b7*7%7d%7d",
    "null",
    "undefined",
    "NaN",
    "0",
    "-1",
    "1",
    "true",
    "[]",
    "%5b%5d",
    "%7b%7d",
    "*",
    "%2a",
    "%25",
    "%",
    "%zz",
    "~",
    "~root",
    "customers",
    "customers%2f{c}",
    "uploads%2f{c}%2f{d}",
    "lancedb",
    "chunks.lance",
    "_versions",
    "s3:%2f%2fbucket%2f{d}",
    "file:%2f%2f%2fetc%2fpasswd",
    "http:%2f%2f127.0.0.1%2f",
    "%2fetc%2fpasswd",
    "c:%5cwindows",
    "con",
    "aux.txt",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "00000000-0000-0000-0000-00000000000g",
    "00000000-0000-0000-0000-0000000000",
    "000000000000-0000-0000-0000-00000000",
    "00000000_0000_0000_0000_000000000000",
    "%ef%bb%bf{d}",
    "%e2%80%8b{d}",
    "{d}%e2%80%8b",
    "%e2%80%ae{d}",
    "%ff%fe",
    "%c3%28",
    "%f0%9f%92%a9",
    "%ed%a0%80",
    "{d}%cc%81",
    "%d9%a0%d9%a1%d9%a2",
    "%ef%bc%90%ef%bc%91",
    "%e2%84%af",
    "%c4%b1%c5%bf",
    "a%cc%8a",
    "status",
    "{d}%2fstatus",
    "..%2fstatus",
    "..;%2f",
    "%2e",
    "%2e%2e%2e",
    "....%2f%2f{d}",
    "..%00%2f{d}",
];

fn hostile_ids(own: &str, tenant: Uuid, other: Uuid) -> Vec<String> {
    let mut ids: Vec<String> = TEMPLATES
        .iter()
        .map(|id| {
            id.replace("{c}", &tenant.to_string())
                .replace("{x}", &other.to_string())
        })
        .map(|id| id.replace("{d}", own))
        .collect();
    let bare = own.replace('-', "");
    ids.extend([
        bare.clone(),
        bare.to_uppercase(),
        format!("{own}0"),
        own[1..].to_owned(),
    ]);
    // Every third position of a valid id replaced.
    let wrong = ["%2f", "%00", "g", "-", "%2e", "%c3%a9"];
    ids.extend(
        (0..own.len())
            .step_by(3)
            .flat_map(|at| wrong.map(|wrong| format!("{}{wrong}{}", &own[..at], &own[at + 1..]))),
    );
    ids.retain(|id| id != own);
    ids.extend([8, 64, 255, 256, 1_024, 4_000].map(|length| "a".repeat(length)));
    ids.extend([36, 100, 1_000].map(|length| "%2e%2e%2f".repeat(length)));
    ids
}

/// Sends a path verbatim, as no well-behaved client would; returns status and response.
async fn raw(tenant: &Tenant, method: &str, path: &str) -> (u16, String) {
    let url: Url = tenant.stack.env.api_url.parse().unwrap();
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {}{path} HTTP/1.1\r\nHost: {}:{}\r\nX-API-Key: {}\r\nConnection: close\r\n\r\n",
        url.path(),
        address.0,
        address.1,
        tenant.key
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("{path}: {text}")), text)
}

/// Checks that every key of both buckets has one of our forms and is made of parsed ids.
async fn check_keys(stack: &Stack) {
    let uuid = |text: &str| text.parse::<Uuid>().is_ok_and(|id| id.to_string() == text);
    for key in stack.keys(stack.documents_bucket(), "").await {
        let parts: Vec<&str> = key.split('/').collect();
        let good = match parts.as_slice() {
            ["uploads", customer, document] => uuid(customer) && uuid(document),
            ["parts", customer, document, part] => uuid(customer) && uuid(document) && uuid(part),
            ["exports", customer, job, file] => {
                uuid(customer) && uuid(job) && file.strip_suffix(".zip").is_some_and(uuid)
            }
            ["customers", customer, "bundles", bundle] => uuid(customer) && uuid(bundle),
            [
                "customers",
                customer,
                "documents",
                document,
                version,
                object,
            ] => {
                uuid(customer)
                    && uuid(document)
                    && version.parse::<u32>().is_ok()
                    // `original` is a copy from a bundle.
                    && (uuid(object) || ["extracted.json", "original"].contains(object))
            }
            _ => false,
        };
        assert!(good, "{key}");
    }
    for key in stack.keys(stack.vectors_bucket(), "").await {
        let parts: Vec<&str> = key.split('/').collect();
        let good = match parts.as_slice() {
            ["customers", customer, "lancedb", ..] => uuid(customer),
            ["customers", customer, "segments", segment] => uuid(customer) && uuid(segment),
            _ => false,
        };
        assert!(good, "{key}");
        assert!(
            parts
                .iter()
                .all(|part| !part.is_empty() && *part != ".." && *part != "."),
            "{key}"
        );
    }
}

#[tokio::test]
async fn no_id_in_a_path_escapes_the_tenant() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let mark = word();
    let own = a
        .add("Own", &format!("The tenant's own text {mark}."))
        .await;
    a.completed(&own).await;
    let ids = hostile_ids(&own, a.id, b.id);
    assert!(ids.len() >= 180, "{}", ids.len());
    let requests = ids.iter().flat_map(|id| {
        [("GET", ""), ("GET", "/status"), ("DELETE", "")]
            .map(|(method, end)| (method, format!("/api/documents/{id}{end}")))
    });
    let results: Vec<_> = stream::iter(requests)
        .map(|(method, path)| {
            let a = &a;
            async move {
                let (status, text) = raw(a, method, &path).await;
                (method, path, status, text)
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    for (method, path, status, text) in &results {
        assert!(*status < 500, "{method} {path}: {text}");
        // Only a path that resolves to the list or to the document itself may be readable.
        let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
        let harmless = *method == "GET" && (body.contains("\"items\"") || body.contains(&own));
        assert!(
            (400..500).contains(status) || harmless,
            "{method} {path}: {text}"
        );
        assert!(
            !body.contains(&b.id.to_string()) || *status >= 400,
            "{path}: {text}"
        );
    }
    // Nothing was deleted.
    a.get(&format!("/api/documents/{own}")).await.ok(200);
    assert_eq!(a.search("text", &mark).await.len(), 1);
    // The control: the valid id in capitals is the same id.
    let (status, _) = raw(&a, "GET", &format!("/api/documents/{}", own.to_uppercase())).await;
    assert_eq!(status, 200);
    check_keys(&stack).await;
}

/// Names as a caller might send them.
fn hostile_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "..",
        ".",
        "../x.txt",
        "../../etc/passwd.txt",
        "..\\..\\x.txt",
        "/etc/passwd.txt",
        "C:\\x.txt",
        "a/../../b.txt",
        "a//b.txt",
        "./x.txt",
        "~/.ssh/id.txt",
        "x\u{0}.txt",
        "\u{0}",
        "x.txt\u{0}.pdf",
        "x\r\nX-Evil: 1.txt",
        "x\n.txt",
        "\u{202e}txt.exe.txt",
        "\u{2215}x.txt",
        "\u{ff0f}x.txt",
        "\u{feff}x.txt",
        "%2e%2e%2fx.txt",
        "..%00.txt",
        "${x}.txt",
        "`id`.txt",
        "$(id).txt",
        "{{7*7}}.txt",
        "'; DROP TABLE documents; --.txt",
        "\" onerror=x.txt",
        "<script>.txt",
        "con.txt",
        "nul.txt",
        ".txt",
        "a.txt/",
        "a.txt\\",
        " .txt",
        "a.txt ",
        "\u{1f4a9}.txt",
        "e\u{301}.txt",
        "\u{d7ff}.txt",
        "customers/x/documents/y.txt",
        "uploads/x/y.txt",
        "s3://bucket/x.txt",
        "file:///x.txt",
        "x;y.txt",
        "x=y&z.txt",
        "x%.txt",
    ]
    .map(str::to_owned)
    .to_vec();
    names.extend([255, 512, 2_000, 8_000].map(|length| format!("{}.txt", "n".repeat(length))));
    names
}

#[tokio::test]
async fn no_name_becomes_part_of_an_object_key() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let theirs = b
        .add("Theirs", "The neighbour's text stays the neighbour's.")
        .await;
    b.completed(&theirs).await;
    let before = b.originals().await;
    let names = Arc::new(hostile_names());
    let jobs = stream::iter(names.iter().cloned().enumerate()).map(|(n, name)| {
        let a = &a;
        async move {
            let mut answers = Vec::new();
            // As title, external id and metadata.
            let content = format!("text number {n}");
            for body in [
                json!({"title": name, "content": content}),
                json!({"title": "T", "content": content, "externalId": name}),
                json!({"title": "T", "content": content, "metadata": {name.clone(): name}}),
            ] {
                answers.push(a.post("/api/ingest/document", &body).await);
            }
            answers.push(a.presign(&json!({"fileName": name})).await);
            answers.push(
                a.presign(&json!({"fileName": "a.txt", "title": name}))
                    .await,
            );
            let part = Part::bytes(content.clone().into_bytes()).file_name(name.clone());
            let part = part.mime_str("text/plain").unwrap();
            let form = Form::new()
                .part("file", part)
                .text("externalId", format!("multipart {n}"));
            answers.push(a.upload(form).await);
            let part = Part::bytes(content.into_bytes()).file_name("a.txt");
            answers.push(
                a.upload(Form::new().part("file", part).text("title", name.clone()))
                    .await,
            );
            let body = json!({"query": name, "mode": "text"});
            answers.push(a.post("/search", &body).await);
            (name, answers)
        }
    });
    let done: Vec<(String, Vec<Answer>)> = jobs.buffer_unordered(AT_ONCE).collect().await;
    let mut ids = HashSet::new();
    for (name, answers) in &done {
        for answer in answers {
            assert!(answer.status < 500, "{name:?}: {answer}");
            ids.extend(answer.json()["docId"].as_str().map(str::to_owned));
        }
    }
    assert!(ids.len() >= names.len(), "{}", ids.len());
    for id in &ids {
        let status = a.status(id).await;
        if status["status"] != "awaiting_upload" {
            a.completed(id).await;
        }
    }
    // The displayed file name is the last part of the given one, and contains no line break.
    let rows = "SELECT file_name FROM documents WHERE customer_id = $1 AND file_name IS NOT NULL";
    for row in stack.sql().await.query(rows, &[&a.id]).await.unwrap() {
        let name: String = row.get(0);
        assert!(
            !name.contains(['/', '\\']) && !name.chars().any(char::is_control),
            "{name:?}"
        );
    }
    check_keys(&stack).await;
    assert_eq!(b.originals().await, before);
}

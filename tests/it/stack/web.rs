//! Documents from the web: single URLs, crawls, and pages that are never requested.

use serde_json::{Value, json};

use crate::support::{
    site::{Page, Site},
    stack::{Answer, Stack, Tenant, eventually, tenant::doc_id, word},
};

async fn add(tenant: &Tenant, url: &str) -> Answer {
    tenant.post("/api/ingest/url", &json!({"url": url})).await
}

fn page(title: &str, text: &str, links: &[&str]) -> Page {
    let links: String = links
        .iter()
        .map(|link| format!("<li><a href='{link}'>{link}</a></li>"))
        .collect();
    Page::html(format!(
        "<!doctype html><html><head><title>{title}</title></head><body><main><h1>{title}</h1>
         <p>{text}</p><ul>{links}</ul></main></body></html>"
    ))
}

/// Waits for the end of a crawl, and returns its result.
async fn crawled(tenant: &Tenant, started: &Value) -> Value {
    let url = started["statusUrl"].as_str().unwrap().to_owned();
    eventually("the crawl ends", async || {
        let job = tenant.get(&url).await.ok(200);
        (job["status"] == "completed" || job["status"] == "failed").then_some(job)
    })
    .await
}

#[tokio::test]
async fn an_unchanged_page_is_not_embedded_again() {
    let stack = Stack::load();
    let (a, b) = tokio::join!(stack.signup(), stack.signup());
    let site = Site::open(0).await;
    let (first, second) = (word(), word());
    let text = |mark: &str| format!("The opening hours are told here, {mark}.");
    site.set(
        "/hours",
        page("Opening hours", &text(&first), &[]).with("etag", "\"1\""),
    );
    let url = site.url("/hours");

    let body = json!({"url": format!("{url}#top"), "metadata": {"team": "web"}});
    let accepted = a.post("/api/ingest/url?wait=25", &body).await.ok(200);
    assert_eq!(accepted["status"], "completed", "{accepted}");
    let id = doc_id(&accepted);
    let document = a.get(&format!("/api/documents/{id}")).await.ok(200);
    let members = ["title", "source", "format", "sourceUrl"].map(|name| document[name].clone());
    assert_eq!(
        members,
        [
            json!("Opening hours"),
            json!("url"),
            json!("html"),
            json!(url)
        ]
    );
    let hits = a.search("text", &first).await;
    assert_eq!(
        (hits.len(), &hits[0]["title"]),
        (1, &json!("Opening hours"))
    );
    assert_eq!(hits[0]["metadata"]["team"], "web");
    let stages: Vec<Value> = a.status(&id).await["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["stage"].clone())
        .collect();
    assert!(stages.contains(&json!("fetching")), "{stages:?}");
    assert!(
        site.asked("/hours")[0].headers["user-agent"]
            .to_str()
            .unwrap()
            .starts_with("DynamicRAG/")
    );

    // Unchanged, according to the server, or else to the content.
    let embedded = stack.embedded(&first).await;
    assert_eq!(doc_id(&add(&a, &url).await.ok(202)), id);
    a.completed(&id).await;
    assert_eq!(site.asked("/hours")[1].headers["if-none-match"], "\"1\"");
    site.set("/hours", page("Opening hours", &text(&first), &[]));
    add(&a, &url).await.ok(202);
    a.completed(&id).await;
    assert_eq!(stack.embedded(&first).await, embedded);
    let document = a.get(&format!("/api/documents/{id}")).await.ok(200);
    assert_eq!(document["title"], "Opening hours");

    site.set("/hours", page("Opening hours", &text(&second), &[]));
    add(&a, &url).await.ok(202);
    a.completed(&id).await;
    assert_eq!(a.search("text", &second).await.len(), 1);
    assert_eq!(a.search("text", &first).await, [] as [Value; 0]);
    // The same URL is a separate document of another tenant.
    let theirs = doc_id(&add(&b, &url).await.ok(202));
    assert_ne!(theirs, id);
    b.completed(&theirs).await;
    assert_eq!(b.search("text", &second).await.len(), 1);
}

#[tokio::test]
async fn a_failed_fetch_gives_a_reason_and_can_be_retried() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let site = Site::open(1).await;
    site.set("/gone", Page::status(404));
    site.set("/loop", Page::redirect("/loop"));
    site.set(
        "/inside",
        Page::redirect("http://169.254.169.254/latest/meta-data/"),
    );
    site.set("/scheme", Page::redirect("file:///etc/passwd"));
    site.set("/empty", Page::html("  \n"));
    site.set(
        "/picture",
        Page::of("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()),
    );
    // A PDF that claims to be a page.
    site.set(
        "/locked",
        Page::of("text/html", crate::support::files::PASSWORD_PDF.to_vec()),
    );
    for (path, status, code) in [
        ("/gone", "failed", "http_status"),
        ("/loop", "failed", "too_many_redirects"),
        ("/inside", "failed", "url_blocked"),
        ("/scheme", "failed", "url_blocked"),
        ("/empty", "failed", "empty_document"),
        ("/picture", "failed", "unsupported_type"),
        ("/locked", "needs_action", "password_protected"),
    ] {
        let id = doc_id(&add(&a, &site.url(path)).await.ok(202));
        let ended = a.ended(&id, status, code).await;
        if code == "http_status" {
            let document = a.get(&format!("/api/documents/{id}")).await.ok(200);
            for shown in [&ended, &document] {
                assert_eq!(shown["httpStatus"], 404, "{shown}");
                let reason = shown["reason"].as_str().unwrap();
                assert!(
                    reason.starts_with("The page's server responded with 404."),
                    "{reason}"
                );
            }
        } else {
            assert!(ended.get("httpStatus").is_none(), "{ended}");
        }
    }
    let mark = word();
    site.set("/gone", page("Back", &format!("It is back {mark}."), &[]));
    let id = doc_id(&add(&a, &site.url("/gone")).await.ok(202));
    assert!(a.completed(&id).await.get("httpStatus").is_none());
    site.set("/later", Page::status(404));
    let id = doc_id(&add(&a, &site.url("/later")).await.ok(202));
    a.ended(&id, "failed", "http_status").await;
    site.set("/later", page("Later", &format!("Here now {mark}."), &[]));
    a.post(&format!("/api/documents/{id}/retry"), &json!({}))
        .await
        .ok(202);
    a.completed(&id).await;
    assert_eq!(a.search("text", &mark).await.len(), 2);
    // The size limit is enforced while a page is received.
    a.config("max_file_bytes = 10000").await;
    site.set("/large", Page::html("<p>large</p>".repeat(2000)));
    let id = doc_id(&add(&a, &site.url("/large")).await.ok(202));
    a.ended(&id, "failed", "file_too_large").await;
}

#[tokio::test]
async fn a_crawl_respects_robots_and_stays_on_its_site() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let site = Site::open(2).await;
    let mark = word();
    let text = |n: &str| format!("This is page {n} of the handbook {mark}{n}.");
    let sitemap = format!(
        "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>
         <url><loc>{}</loc></url></urlset>",
        site.url("/listed")
    );
    site.set(
        "/robots.txt",
        Page::of(
            "text/plain",
            b"User-agent: *\nDisallow: /private\n".to_vec(),
        ),
    );
    site.set(
        "/sitemap.xml",
        Page::of("application/xml", sitemap.into_bytes()),
    );
    let links = [
        "/a",
        "/b?x=1#y",
        "/private/c",
        "/hidden",
        "/missing",
        "/copy",
        "https://example.org/",
        "mailto:a@b.c",
    ];
    site.set("/", page("Start", &text("start"), &links));
    site.set("/a", page("A", &text("a"), &["/", "/d"]));
    site.set("/b", page("B", &text("b"), &[]));
    site.set("/d", page("D", &text("d"), &["/a"]));
    site.set("/listed", page("Listed", &text("listed"), &[]));
    site.set("/private/c", page("C", &text("private"), &[]));
    site.set(
        "/hidden",
        page("H", &text("hidden"), &[]).with("x-robots-tag", "noindex"),
    );
    site.set(
        "/copy",
        page("A", &text("a"), &["/", "/d"]).with("link", "</a>; rel=\"canonical\""),
    );

    let body = json!({"url": site.url("/"), "crawl": {"maxPages": 20}});
    let started = a.post("/api/ingest/url", &body).await.ok(202);
    assert!(
        started["jobId"].is_string() && started.get("docId").is_none(),
        "{started}"
    );
    let job = crawled(&a, &started).await;
    assert_eq!(
        (&job["kind"], &job["status"]),
        (&json!("crawl"), &json!("completed")),
        "{job}"
    );
    let mut left_out: Vec<(String, String, Value)> = job["pages"]["leftOut"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| {
            let path = page["url"].as_str().unwrap().replace(&site.url(""), "");
            let code = page["code"].as_str().unwrap().to_owned();
            (path, code, page["httpStatus"].clone())
        })
        .collect();
    left_out.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("/hidden", "noindex", Value::Null),
        ("/missing", "http_status", json!(404)),
        ("/private/c", "robots_disallowed", Value::Null),
    ]
    .map(|(path, code, status)| (path.to_owned(), code.to_owned(), status));
    assert_eq!(left_out, expected, "{job}");
    assert!(!site.paths().iter().any(|path| path.starts_with("/private")));
    let documents = a.list().await;
    for id in &documents {
        a.completed(id).await;
    }
    // Start, a, b, d and the page that only the sitemap lists; the copy is a duplicate.
    assert_eq!(documents.len(), 5, "{job}");
    for n in ["start", "a", "b", "d", "listed"] {
        assert_eq!(
            a.search("text", &format!("{mark}{n}")).await.len(),
            1,
            "{n}"
        );
    }

    // A second crawl finds everything unchanged.
    let embedded = stack.embedded(&mark).await;
    let again = a.post("/api/ingest/url", &body).await.ok(202);
    let job = crawled(&a, &again).await;
    assert_eq!(
        (&job["pages"]["stored"], &job["pages"]["failed"]),
        (&json!(0), &json!(1)),
        "{job}"
    );
    assert_eq!(a.list().await.len(), 5);
    assert_eq!(stack.embedded(&mark).await, embedded);
}

#[tokio::test]
async fn a_crawl_stops_at_its_page_limit() {
    let stack = Stack::load();
    let a = stack.signup().await;
    let site = Site::open(3).await;
    let mark = word();
    let links: Vec<String> = (0..40).map(|n| format!("/p{n}")).collect();
    let links: Vec<&str> = links.iter().map(String::as_str).collect();
    site.set("/", page("Start", &mark, &links));
    for link in &links {
        site.set(link, page(link, &format!("{mark} {link}"), &links));
    }
    let body = json!({"url": site.url("/"), "crawl": {"maxPages": 3}});
    let job = crawled(&a, &a.post("/api/ingest/url", &body).await.ok(202)).await;
    assert_eq!(
        (&job["pages"]["stored"], &job["pages"]["waiting"]),
        (&json!(3), &json!(0)),
        "{job}"
    );
    assert_eq!(a.list().await.len(), 3);
    // Another customer cannot see the crawl.
    let b = stack.signup().await;
    b.get(&format!("/api/jobs/{}", job["id"].as_str().unwrap()))
        .await
        .problem(404, "not_found");
    // The document limit ends a crawl.
    a.config("max_documents = 3").await;
    let body = json!({"url": site.url("/p9"), "crawl": {"maxPages": 5}});
    let job = crawled(&a, &a.post("/api/ingest/url", &body).await.ok(202)).await;
    assert_eq!(
        (&job["status"], &job["code"]),
        (&json!("failed"), &json!("document_limit")),
        "{job}"
    );
}

//! robots.txt and sitemaps over the wire.

use dynrag_web::{robots, sitemap};
use tokio::io::AsyncWriteExt;

use crate::server::{Server, page, patient, status};

#[tokio::test]
async fn robots_by_status() {
    for (answer, allowed, reachable) in [
        (page("", b"user-agent: *\ndisallow: /private"), false, true),
        (page("", b"user-agent: *\ndisallow: /public"), true, true),
        (status("404 Not Found", ""), true, true),
        (status("403 Forbidden", ""), true, true),
        (status("302 Found", "location: /robots.txt\r\n"), true, true),
        (status("429 Slow Down", ""), false, false),
        (status("500 Oops", ""), false, false),
        (
            status("302 Found", "location: http://169.254.169.254/\r\n"),
            false,
            false,
        ),
        (b"not http".to_vec(), false, false),
    ] {
        let shown = String::from_utf8_lossy(&answer).into_owned();
        let server = Server::answering(move |_| answer.clone()).await;
        let page = server.url("/private/page");
        let robots = robots::fetch(&server.client(patient()), &page).await;
        assert_eq!(robots.allows(&page), allowed, "{shown}");
        assert_eq!(robots.is_reachable(), reachable, "{shown}");
        assert!(server.requests()[0].starts_with("GET /robots.txt "));
    }
}

#[tokio::test]
async fn an_endless_robots_txt_counts_as_far_as_it_is_read() {
    let server = Server::start(async |mut stream, _| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\nuser-agent: *\ndisallow: /no\n")
            .await?;
        loop {
            stream.write_all(b"# and so on\n").await?;
        }
    })
    .await;
    let robots = robots::fetch(&server.client(patient()), &server.url("/")).await;
    assert!(robots.is_reachable());
    assert!(!robots.allows(&server.url("/no")) && robots.allows(&server.url("/yes")));
}

#[tokio::test]
async fn an_index_is_followed_one_level_down() {
    let server = Server::answering(|head| {
        let path = head.split(' ').nth(1).unwrap();
        let host = head.to_ascii_lowercase();
        let host = host.split("host: ").nth(1).unwrap().lines().next().unwrap();
        let entries = |kind: &str, paths: &[&str]| {
            let entries: String = paths
                .iter()
                .map(|path| format!("<{kind}><loc>http://{host}{path}</loc></{kind}>"))
                .collect();
            let root = if kind == "url" {
                "urlset"
            } else {
                "sitemapindex"
            };
            page("", format!("<{root}>{entries}</{root}>").as_bytes())
        };
        match path {
            "/index" => entries("sitemap", &["/a", "/gone", "/index", "/b"]),
            "/a" => entries("url", &["/1", "/2"]),
            "/b" => entries("url", &["/3"]),
            _ => status("404 Not Found", ""),
        }
    })
    .await;
    let client = server.client(patient());
    let paths = async |files, pages| -> Vec<String> {
        let entries = sitemap::fetch(&client, &[server.url("/index")], files, pages).await;
        entries
            .iter()
            .map(|entry| entry.url.path().to_owned())
            .collect()
    };
    assert_eq!(paths(10, 10).await, ["/1", "/2", "/3"]);
    assert_eq!(server.connections(), 5);
    assert_eq!(paths(2, 10).await, ["/1", "/2"]);
    assert_eq!(paths(10, 1).await, ["/1"]);
}

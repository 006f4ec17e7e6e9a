//! Headers and properties of every response.

use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use url::Url;

use crate::support::stack::{Answer, Stack};

#[tokio::test]
async fn every_response_has_its_own_request_id() {
    let tenant = Stack::load().signup().await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..5 {
        let good = tenant.get("/api/auth/me").await;
        let bad = tenant.get("/api/documents/none").await;
        for answer in [good, bad] {
            ids.insert(answer.headers["x-request-id"].to_str().unwrap().to_owned());
        }
    }
    assert_eq!(ids.len(), 10);
}

/// Written by hand, since no client sends such a request.
#[tokio::test]
async fn a_header_with_control_characters_is_answered_with_400() {
    let stack = Stack::load();
    let url = Url::parse(&stack.url("/api/documents")).unwrap();
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    for header in ["User-Agent: x\u{7f}y", "X-Note: \u{1}"] {
        let mut connection = TcpStream::connect((host, port)).await.unwrap();
        let request = format!(
            "GET {} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n{header}\r\n\r\n",
            url.path()
        );
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
        // The gateway lets this one through, so the response is ours.
        if header.starts_with("User-Agent") {
            assert!(answer.contains("\"malformed_request\""), "{answer}");
        }
    }
}

#[tokio::test]
async fn requests_that_match_no_route_get_404_or_405() {
    let tenant = Stack::load().signup().await;
    for (method, path) in [
        (Method::GET, "/"),
        (Method::GET, "/api"),
        (Method::GET, "/api/nothing"),
        (Method::PUT, "/api/documents"),
        (Method::DELETE, "/api/documents"),
        (Method::POST, "/api/documents/1"),
        (Method::GET, "/search"),
    ] {
        let answer = Answer::raw(tenant.call(method.clone(), path)).await;
        assert!(matches!(answer.status, 404 | 405), "{method} {answer}");
    }
}

#[tokio::test]
async fn cors_allows_only_the_configured_origin() {
    let tenant = Stack::load().signup().await;
    let preflight = async |origin: &str| {
        let request = tenant
            .stack
            .http
            .request(Method::OPTIONS, tenant.stack.url("/api/documents"));
        let request = request
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        let answer = Answer::raw(request).await;
        answer
            .headers
            .get("access-control-allow-origin")
            .map(|value| value.to_str().unwrap().to_owned())
    };
    assert_eq!(
        preflight("http://localhost:3000").await.as_deref(),
        Some("http://localhost:3000")
    );
    assert_eq!(preflight("https://evil.example").await, None);
}

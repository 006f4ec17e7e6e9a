//! Requests as sent, and the handling of answers.

use std::time::Duration;

use dynrag_web::{Get, Policy, WebError, webhook};
use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{Names, Server, client, page, patient, status};

#[tokio::test]
async fn a_page_is_asked_for_without_a_word_about_us() {
    let server = Server::answering(|head| match head.starts_with("GET /page ") {
        true => page(
            "content-type: text/html\r\nset-cookie: a=b\r\netag: \"1\"\r\n",
            b"<p>",
        ),
        false => status("302 Found", "location: /page\r\nset-cookie: a=b\r\n"),
    })
    .await;
    let client = server.client(patient());
    for _ in 0..2 {
        let ask = Get {
            accept: Some("text/html"),
            etag: Some("\"0\""),
            last_modified: Some("Wed, 21 Oct 2015 07:28:00 GMT"),
            ..Get::default()
        };
        let answer = client.get(&server.url("/?q#fragment"), &ask).await.unwrap();
        assert_eq!(answer.header("content-type"), "text/html");
        assert_eq!(answer.header("etag"), "\"1\"");
        assert_eq!(answer.success().unwrap().body, b"<p>");
    }
    for head in server.requests() {
        let head = head.to_ascii_lowercase();
        for sent in [
            "accept: text/html\r\n",
            "if-none-match: \"0\"\r\n",
            "if-modified-since: wed, 21",
            "user-agent: dynamicrag/",
        ] {
            assert!(head.contains(sent), "{head}");
        }
        for never in ["cookie", "referer", "authorization", "fragment"] {
            assert!(!head.contains(never), "{head}");
        }
    }
}

#[tokio::test]
async fn other_statuses_are_answers_too() {
    for (line, headers, code, wait) in [
        ("404 Not Found", "", 404, None),
        (
            "429 Slow Down",
            "retry-after: 7\r\n",
            429,
            Some(Duration::from_secs(7)),
        ),
        ("503 Gone Fishing", "retry-after: soon\r\n", 503, None),
        (
            "503 Gone Fishing",
            "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n",
            503,
            None,
        ),
        ("500 Oops", "content-encoding: gzip\r\n", 500, None),
    ] {
        let server = Server::answering(move |_| status(line, headers)).await;
        let answer = server
            .client(patient())
            .get(&server.url("/"), &Get::default())
            .await
            .unwrap();
        assert_eq!(answer.body, b"no");
        let error = answer.success().map(drop).unwrap_err();
        assert_eq!(
            error,
            WebError::Status {
                status: code,
                retry_after: wait
            }
        );
    }
}

#[tokio::test]
async fn a_webhook_arrives_as_it_was_signed() {
    let server = Server::start(async |mut stream, head| {
        let length = head.to_ascii_lowercase();
        let length = length
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next());
        let mut body = vec![0; length.unwrap().parse().unwrap()];
        stream.read_exact(&mut body).await?;
        stream.write_all(&page("", &body)).await
    })
    .await;
    let secret = webhook::Secret::generate();
    let now = chrono::Utc::now().timestamp();
    let body = br#"{"type": "document.completed"}"#;
    let headers = webhook::sign(std::slice::from_ref(&secret), "msg_1", now, body).unwrap();
    let client = server.client(patient());
    let answer = client
        .post(&server.url("/hook"), headers, &body[..])
        .await
        .unwrap();
    assert_eq!(answer.body, body);
    let head = &server.requests()[0];
    let mut received = HeaderMap::new();
    for line in head.lines().skip(1).filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        let name: http::HeaderName = name.parse().unwrap();
        received.append(name, value.parse().unwrap());
    }
    assert_eq!(
        webhook::verify(&[secret], &received, &answer.body, now),
        Ok("msg_1")
    );
}

#[tokio::test]
async fn a_closed_port_is_said_so() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let policy = Policy::default()
        .with_allowed(&format!("127.0.0.1:{port}"))
        .unwrap();
    let client = client(policy, patient(), Names::default());
    let url = format!("http://127.0.0.1:{port}/?secret=1")
        .parse()
        .unwrap();
    let error = client
        .get(&url, &Get::default())
        .await
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, WebError::Connect(_)), "{error:?}");
    assert!(error.retryable());
    assert!(!error.detail().contains("secret"), "{}", error.detail());
}

/// A pooled connection is used again, but only for the host it was made for.
#[tokio::test]
async fn connections_are_shared_by_one_host_only() {
    let server = Server::start(async |mut stream, _| {
        loop {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await?;
            let mut end = [0; 4];
            while end != *b"\r\n\r\n" {
                end.rotate_left(1);
                end[3] = stream.read_u8().await?;
            }
        }
    })
    .await;
    let names = Names::default()
        .with("a.example.net", &[&["127.0.0.1"]])
        .with("b.example.net", &[&["127.0.0.1"]]);
    let mut policy = Policy::default();
    for host in ["a", "b"] {
        policy = policy
            .with_allowed(&format!("{host}.example.net:{}", server.port))
            .unwrap();
    }
    let client = client(policy, patient(), names.clone());
    for host in ["a", "a", "b", "b", "a"] {
        let url = format!("http://{host}.example.net:{}/", server.port)
            .parse()
            .unwrap();
        client.get(&url, &Get::default()).await.unwrap();
    }
    assert_eq!(server.connections(), 2);
    assert_eq!(
        (names.asked("a.example.net"), names.asked("b.example.net")),
        (1, 1)
    );
}

//! Servers that send too much, too slowly, or nonsense.

use std::{io::Write, time::Duration};

use dynrag_web::{Get, Limits, Overflow, WebError};
use flate2::{Compression, write::GzEncoder};
use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::server::{Server, page, patient, status};

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n";

fn up_to(body: usize) -> Limits {
    Limits { body, ..patient() }
}

async fn fetch(server: &Server, limits: Limits) -> Result<Vec<u8>, WebError> {
    let answer = server
        .client(limits)
        .get(&server.url("/"), &Get::default())
        .await;
    answer.map(|answer| answer.body)
}

#[tokio::test]
async fn an_endless_body_is_cut_off() {
    let server = Server::start(async |mut stream, _| {
        stream.write_all(HEAD).await?;
        loop {
            stream.write_all(&[b'x'; 4_096]).await?;
        }
    })
    .await;
    let limit = 100_000;
    assert_eq!(
        fetch(&server, up_to(limit)).await,
        Err(WebError::BodyTooLarge { limit })
    );
    let cut = Get {
        overflow: Overflow::Cut,
        max_body: Some(5_000),
        ..Get::default()
    };
    let answer = server
        .client(patient())
        .get(&server.url("/"), &cut)
        .await
        .unwrap();
    assert!(answer.cut);
    assert_eq!(answer.body.len(), 5_000);
    // A webhook's receiver has said what matters.
    let answer = server
        .client(patient())
        .post(&server.url("/"), HeaderMap::new(), "")
        .await
        .unwrap();
    assert!(answer.cut && answer.status.is_success());
    assert_eq!(answer.body.len(), 16 * 1024);
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_passes() {
    let server = Server::answering(|_| page("", &[b'x'; 1_000])).await;
    assert_eq!(
        fetch(&server, up_to(1_000)).await.map(|body| body.len()),
        Ok(1_000)
    );
    assert_eq!(
        fetch(&server, up_to(999)).await,
        Err(WebError::BodyTooLarge { limit: 999 })
    );
}

#[tokio::test]
async fn slow_servers_run_out_of_time() {
    let silent = Server::start(async |mut stream, _| stream.read_u8().await.map(drop)).await;
    let dripping = Server::start(async |mut stream, _| {
        stream.write_all(HEAD).await?;
        loop {
            stream.write_all(b"x").await?;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    let first_byte = Limits {
        first_byte: Duration::from_millis(100),
        // Not what ends it.
        whole: Duration::from_secs(3_600),
        ..patient()
    };
    assert_eq!(fetch(&silent, first_byte).await, Err(WebError::Timeout));
    let whole = Limits {
        whole: Duration::from_millis(200),
        ..patient()
    };
    assert_eq!(fetch(&silent, whole.clone()).await, Err(WebError::Timeout));
    assert_eq!(
        fetch(&dripping, whole.clone()).await,
        Err(WebError::Timeout)
    );
    let client = dripping.client(whole);
    let answer = client
        .post(&dripping.url("/"), HeaderMap::new(), "")
        .await
        .unwrap();
    assert!(answer.cut && answer.status.is_success());
}

#[tokio::test]
async fn redirects_share_one_deadline_and_one_limit() {
    let server = Server::answering(|_| status("302 Found", "location: /again\r\n")).await;
    assert_eq!(
        fetch(&server, patient()).await,
        Err(WebError::TooManyRedirects { limit: 5 })
    );
    assert_eq!(server.connections(), 6);
    let slow = Server::start(async |mut stream, _| {
        tokio::time::sleep(Duration::from_millis(60)).await;
        stream
            .write_all(&status("302 Found", "location: /again\r\n"))
            .await
    })
    .await;
    let limits = Limits {
        whole: Duration::from_millis(200),
        redirects: 1_000,
        ..patient()
    };
    assert_eq!(fetch(&slow, limits).await, Err(WebError::Timeout));
}

#[tokio::test]
async fn redirects_without_a_target() {
    for header in [
        "",
        "location: http://\r\n",
        "location: http://[::1\r\n",
        "location: \u{ff}\r\n",
    ] {
        let bytes = status("301 Moved", header);
        // The last one is Latin-1.
        let bytes: Vec<u8> = String::from_utf8(bytes)
            .unwrap()
            .chars()
            .map(|c| c as u8)
            .collect();
        let server = Server::answering(move |_| bytes.clone()).await;
        assert_eq!(
            fetch(&server, patient()).await,
            Err(WebError::BadRedirect),
            "{header}"
        );
    }
    let server = Server::answering(|_| status("304 Not Modified", "location: /x\r\n")).await;
    let answer = server
        .client(patient())
        .get(&server.url("/"), &Get::default())
        .await
        .unwrap();
    assert_eq!(answer.status, 304);
}

#[tokio::test]
async fn huge_headers_are_refused() {
    let large = Server::answering(|_| page(&format!("x: {}\r\n", "y".repeat(70_000)), b"")).await;
    assert_eq!(
        fetch(&large, patient()).await,
        Err(WebError::HeadersTooLarge)
    );
    let many = Server::answering(|_| page(&"x: y\r\n".repeat(1_000), b"")).await;
    assert!(matches!(
        fetch(&many, patient()).await,
        Err(WebError::Broken(_))
    ));
    let endless = Server::start(async |mut stream, _| {
        stream.write_all(b"HTTP/1.1 200 OK\r\nx: ").await?;
        loop {
            stream.write_all(&[b'y'; 4_096]).await?;
        }
    })
    .await;
    assert!(matches!(
        fetch(&endless, patient()).await,
        Err(WebError::Broken(_))
    ));
}

#[tokio::test]
async fn a_gzip_bomb_stops_at_the_limit() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..100 {
        encoder.write_all(&[0; 1_000_000]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    println!("{} bytes unpack to 100 MB", bomb.len());
    let packed = page("content-encoding: gzip\r\n", &bomb);
    let server = Server::answering(move |_| packed.clone()).await;
    let limit = 200_000;
    assert_eq!(
        fetch(&server, up_to(limit)).await,
        Err(WebError::BodyTooLarge { limit })
    );
}

#[tokio::test]
async fn gzip_is_asked_for_and_read() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(b"text").unwrap();
    let packed = encoder.finish().unwrap();
    let (whole, cut) = (packed.clone(), packed[..packed.len() - 3].to_vec());
    let server = Server::answering(move |_| page("content-encoding: gzip\r\n", &whole)).await;
    assert_eq!(fetch(&server, patient()).await, Ok(b"text".to_vec()));
    assert!(server.requests()[0].contains("accept-encoding: gzip\r\n"));
    let damaged = Server::answering(move |_| page("content-encoding: gzip\r\n", &cut)).await;
    assert_eq!(fetch(&damaged, patient()).await, Err(WebError::Encoding));
    let brotli = Server::answering(|_| page("content-encoding: br\r\n", b"x")).await;
    assert_eq!(fetch(&brotli, patient()).await, Err(WebError::Encoding));
}

#[tokio::test]
async fn what_is_not_http_is_said_so() {
    for bytes in [
        &b""[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
    ] {
        let server = Server::answering(move |_| bytes.to_vec()).await;
        let error = fetch(&server, patient()).await.unwrap_err();
        assert!(matches!(error, WebError::Broken(_)), "{error:?}");
    }
}

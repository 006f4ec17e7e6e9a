//! The client of rerankers against a fake on loopback.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::{
    io,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use dynrag_llm::rerank::{MAX_TEXT, RerankCall, RerankClient, RerankError, Reranked, Reranker};
use dynrag_testing::reranker::{FakeReranker, Rerank};
use dynrag_web::{DnsFailure, Lookup, Policy, Reason, Settings, WebError};
use futures::future::BoxFuture;
use tokio::time::Instant;

const TEXTS: [&str; 3] = ["first text", "second text", "third text"];

fn client(policy: Policy) -> RerankClient {
    RerankClient::new(Settings {
        policy,
        ..Settings::default()
    })
    .unwrap()
}

fn at(url: &str) -> Reranker {
    Reranker {
        url: url.parse().unwrap(),
        model: "rerank-model".to_owned(),
        api_key: Some("rk-canary".into()),
    }
}

fn within(ms: u64) -> Instant {
    Instant::now() + Duration::from_millis(ms)
}

/// Asks a fake that the deployment allows.
async fn ask(
    fake: &FakeReranker,
    deadline: Instant,
) -> (Result<Reranked, RerankError>, Vec<RerankCall>) {
    let client = client(Policy::default().with_allowed(&fake.authority()).unwrap());
    let mut calls = Vec::new();
    let (reranker, calls_of) = (at(&fake.url()), &mut calls);
    let asked = client.rerank(&reranker, "a question", &TEXTS, deadline, calls_of);
    (asked.await, calls)
}

#[tokio::test]
async fn scores_come_back_in_the_order_of_the_texts() {
    let fake = FakeReranker::start().await;
    fake.script([Rerank::Ok, Rerank::Data, Rerank::WithTexts]);
    for tokens in [0, 7, 0] {
        let (reranked, calls) = ask(&fake, within(30_000)).await;
        let reranked = reranked.unwrap();
        assert_eq!(reranked.scores, [0.25, 0.5, 0.75]);
        assert_eq!(reranked.order(), [2, 1, 0]);
        let call = RerankCall {
            attempt: 1,
            texts: 3,
            outcome: "ok",
            units: 1,
            tokens,
        };
        assert_eq!(calls, [call]);
    }
    let asked = &fake.asked()[0];
    assert_eq!(asked.key.as_deref(), Some("rk-canary"));
    let sent =
        serde_json::json!({"model": "rerank-model", "query": "a question", "documents": TEXTS});
    assert_eq!(asked.body, sent);
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_an_error_and_is_not_asked_for_again() {
    for (reply, code) in [
        (Rerank::Missing, "malformed"),
        (Rerank::Repeated, "malformed"),
        (Rerank::OutOfRange, "malformed"),
        (Rerank::NotFinite, "malformed"),
        (Rerank::Garbage, "malformed"),
        (Rerank::Endless, "malformed"),
        (Rerank::Status(500, Some("0")), "unavailable"),
        (Rerank::Status(503, None), "unavailable"),
        (Rerank::Status(429, None), "rate_limited"),
        (Rerank::Status(401, None), "invalid_key"),
        (Rerank::Status(402, None), "insufficient_quota"),
        (Rerank::Status(422, Some("0")), "rejected"),
    ] {
        let fake = FakeReranker::start().await;
        fake.script([reply.clone()]);
        let (reranked, calls) = ask(&fake, within(30_000)).await;
        let error = reranked.unwrap_err();
        assert_eq!(error.code(), code, "{reply:?}");
        assert_eq!(fake.asked().len(), 1, "{reply:?}");
        assert_eq!((calls.len(), calls[0].outcome), (1, code), "{reply:?}");
        // What the server says may quote the texts.
        let shown = format!("{error} {error:?}");
        assert!(
            !shown.contains("first text") && !shown.contains("rk-canary"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_wait_that_fits_is_waited_once() {
    for status in [429, 503] {
        let fake = FakeReranker::start().await;
        fake.script([Rerank::Status(status, Some("0"))]);
        let (reranked, calls) = ask(&fake, within(30_000)).await;
        assert!(reranked.is_ok());
        assert_eq!(
            calls.iter().map(|call| call.attempt).collect::<Vec<_>>(),
            [1, 2]
        );

        // Not twice, and not beyond the deadline.
        fake.always(Rerank::Status(status, Some("0")));
        let (reranked, calls) = ask(&fake, within(30_000)).await;
        assert!(reranked.is_err());
        assert_eq!(calls.len(), 2);
        fake.always(Rerank::Status(status, Some("60")));
        let (reranked, calls) = ask(&fake, within(30_000)).await;
        assert!(reranked.unwrap_err().retry_after().is_some());
        assert_eq!(calls.len(), 1);
    }
}

#[tokio::test]
async fn a_slow_reranker_ends_at_the_deadline() {
    let fake = FakeReranker::start().await;
    for reply in [Rerank::Hang, Rerank::Slow(Duration::from_secs(2))] {
        fake.script([reply]);
        let (reranked, calls) = ask(&fake, within(300)).await;
        assert_eq!(reranked.unwrap_err(), RerankError::Timeout);
        assert_eq!(calls[0].outcome, "timeout");
    }
}

#[tokio::test]
async fn long_texts_are_sent_in_part() {
    let fake = FakeReranker::start().await;
    let client = client(Policy::default().with_allowed(&fake.authority()).unwrap());
    let long = "é".repeat(MAX_TEXT + 1);
    let (reranker, mut calls) = (at(&fake.url()), Vec::new());
    let texts = [long.as_str()];
    let asked = client.rerank(&reranker, "q", &texts, within(30_000), &mut calls);
    asked.await.unwrap();
    assert_eq!(fake.asked()[0].texts()[0].chars().count(), MAX_TEXT);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (fake, other) = (FakeReranker::start().await, FakeReranker::start().await);
    fake.script([Rerank::Redirect(other.url())]);
    let policy = Policy::default().with_allowed(&fake.authority()).unwrap();
    let policy = policy.with_allowed(&other.authority()).unwrap();
    let reranker = at(&fake.url());
    let asked = client(policy)
        .rerank(&reranker, "q", &TEXTS, within(30_000), &mut Vec::new())
        .await;
    assert_eq!(asked.unwrap_err(), RerankError::Rejected { status: 307 });
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn addresses_that_are_not_public_are_not_asked() {
    let fake = FakeReranker::start().await;
    // The port is open to requests, so that only the address or the scheme is at fault.
    let client = client(Policy::default().with_port(fake.port()));
    for (url, reason) in [
        (
            format!("https://127.0.0.1:{}/", fake.port()),
            Reason::Address,
        ),
        (format!("https://[::1]:{}/", fake.port()), Reason::Address),
        (format!("https://localhost:{}/", fake.port()), Reason::Name),
        ("https://169.254.169.254/".to_owned(), Reason::Address),
        ("https://10.0.0.1/".to_owned(), Reason::Address),
        // A key is not sent in plain text.
        ("http://example.com/".to_owned(), Reason::Plain),
    ] {
        let reranker = at(&url);
        let mut calls = Vec::new();
        let asked = client.rerank(&reranker, "q", &TEXTS, within(30_000), &mut calls);
        let blocked = RerankError::Web(WebError::Blocked(reason));
        assert_eq!(asked.await.unwrap_err(), blocked, "{url}");
    }
    assert!(fake.asked().is_empty());
}

/// A name that was public when it was set, and is loopback now.
struct Rebinding(AtomicUsize);

impl Lookup for Rebinding {
    fn lookup<'a>(&'a self, _host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

#[tokio::test]
async fn a_name_that_becomes_private_is_refused_when_connecting() {
    let fake = FakeReranker::start().await;
    let names = Arc::new(Rebinding(AtomicUsize::new(0)));
    let client = RerankClient::new(Settings {
        policy: Policy::default().with_port(fake.port()),
        lookup: names.clone(),
        ..Settings::default()
    })
    .unwrap();
    let reranker = at(&format!("https://rerank.example.com:{}/", fake.port()));
    let asked = client
        .rerank(&reranker, "q", &TEXTS, within(30_000), &mut Vec::new())
        .await;
    let blocked = RerankError::Web(WebError::Dns(DnsFailure::Blocked));
    assert_eq!(asked.unwrap_err(), blocked);
    assert_eq!(names.0.load(Ordering::SeqCst), 1);
    assert!(fake.asked().is_empty());
}

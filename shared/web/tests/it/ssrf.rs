//! No connection to a non-public address, by any route. Each defence has a control: with it disabled
//! by an allowance, the same request does connect.

use std::{collections::HashSet, time::Duration};

use dynrag_web::{Client, DnsFailure, Get, Limits, Policy, Reason, WebError, parse_url};
use http::HeaderMap;
use url::Url;

use crate::{
    hostile,
    server::{Names, Server, client, page, patient, status},
};

/// Only the host check is between a client and the server on this port.
fn open(port: u16) -> Policy {
    Policy::default().with_port(port)
}

async fn get(client: &Client, url: &str) -> Result<(), WebError> {
    client
        .get(&parse_url(url)?, &Get::default())
        .await
        .map(drop)
}

async fn post(client: &Client, url: &str) -> Result<(), WebError> {
    let sent = client.post(&parse_url(url)?, HeaderMap::new(), "{}").await;
    sent.map(drop)
}

async fn call(client: &Client, url: &str) -> Result<(), WebError> {
    let sent = client.call(&parse_url(url)?, HeaderMap::new(), "{}").await;
    sent.map(drop)
}

#[tokio::test]
async fn hostile_urls_make_no_connection() {
    let server = Server::ok().await;
    let names = Names::default();
    let client = client(open(server.port), patient(), names.clone());
    let urls = hostile::urls(server.port);
    let distinct: HashSet<_> = urls.iter().collect();
    assert_eq!(distinct.len(), urls.len());
    assert!(urls.len() >= 150, "{}", urls.len());
    let mut literals = 0;
    for url in &urls {
        for (verb, result) in [
            ("GET", get(&client, url).await),
            ("POST", post(&client, url).await),
            ("CALL", call(&client, url).await),
        ] {
            let error = result.expect_err(url);
            assert!(error.is_refused(), "{verb} {url}: {error:?}");
            assert!(!error.retryable(), "{verb} {url}");
            literals += usize::from(error == WebError::Blocked(Reason::Address));
        }
    }
    assert_eq!(server.connections(), 0);
    println!(
        "{} URLs, GET, POST and calls, {literals} refused as literals, 0 connections",
        urls.len()
    );
}

/// The control: the same URLs, vouched for, reach the server wherever they mean 127.0.0.1 or ::1.
#[tokio::test]
async fn without_the_guard_they_do_connect() {
    let server = Server::ok().await;
    let v6 = get(
        &vouching(&server, "[::1]"),
        &format!("http://[::1]:{}/", server.port),
    )
    .await
    .is_ok();
    let before = server.connections();
    let mut reached = 0;
    for url in hostile::urls(server.port) {
        let Ok(url) = parse_url(&url) else { continue };
        let Some(host) = url.host_str().filter(|_| url.port() == Some(server.port)) else {
            continue;
        };
        let ours = ["127.0.0.1", "0.0.0.0", "localhost", "localhost."].contains(&host);
        if url.scheme() == "http" && (ours || v6 && ["[::1]", "[::]"].contains(&host)) {
            get(&vouching(&server, host), url.as_str()).await.unwrap();
            reached += 1;
        }
    }
    assert!(reached >= 40, "{reached}");
    assert_eq!(server.connections() - before, reached);
    println!("{reached} of the URLs connect when their host is vouched for");
}

fn vouching(server: &Server, host: &str) -> Client {
    let policy = Policy::default().with_allowed(&format!("{host}:{}", server.port));
    let names = Names::default()
        .with("localhost", &[&["127.0.0.1"]])
        .with("localhost.", &[&["127.0.0.1"]]);
    client(policy.unwrap(), patient(), names)
}

#[tokio::test]
async fn redirects_to_hostile_urls_make_no_connection() {
    let secret = Server::ok().await;
    let urls = hostile::urls(secret.port);
    let targets = urls.clone();
    let start = Server::answering(move |head| {
        let Ok(n) = head.split(['/', ' ']).nth(2).unwrap().parse::<usize>() else {
            return page("", b"still here");
        };
        let code = ["301 M", "302 F", "303 S", "307 T", "308 P"][n % 5];
        // A header is one line; the parser drops these characters anyway.
        let target = targets[n].replace(['\n', '\t'], "");
        status(code, &format!("location: {target}\r\n"))
    })
    .await;
    let policy = open(secret.port).with_allowed(&format!("127.0.0.1:{}", start.port));
    let client = client(policy.unwrap(), patient(), Names::default());
    let mut refused = 0;
    for (n, url) in urls.iter().enumerate() {
        match client
            .get(&start.url(&format!("/{n}")), &Get::default())
            .await
        {
            Err(error) if error.is_refused() => refused += 1,
            // No URL at all.
            Err(WebError::BadRedirect) => {}
            Err(error) => panic!("{url}: {error:?}"),
            // `http:127.0.0.1` is a path, relative to the page that redirects.
            Ok(answer) => assert_eq!(answer.url.port(), Some(start.port), "{url}"),
        }
    }
    assert_eq!(secret.connections(), 0);
    assert!(start.connections() >= urls.len());
    assert!(refused >= 150, "{refused}");
    println!(
        "redirects to {} URLs, {refused} refused, 0 connections",
        urls.len()
    );
}

/// The control of the redirects, and hops through several hosts.
#[tokio::test]
async fn redirects_to_what_is_vouched_for_are_followed() {
    let last = Server::answering(|_| page("", b"arrived")).await;
    let target = format!("http://0x7f.1:{}/end#part", last.port);
    let first = Server::answering(move |head| match head.starts_with("GET /1 ") {
        true => status("302 Found", "location: ../2?x\r\n"),
        false => status("307 Temporary", &format!("location: {target}\r\n")),
    })
    .await;
    let mut policy = Policy::default();
    for server in [&first, &last] {
        policy = policy
            .with_allowed(&format!("127.0.0.1:{}", server.port))
            .unwrap();
    }
    let client = client(policy, patient(), Names::default());
    let answer = client.get(&first.url("/1"), &Get::default()).await.unwrap();
    assert_eq!(answer.body, b"arrived");
    assert_eq!(answer.url, last.url("/end"));
    assert_eq!((first.connections(), last.connections()), (2, 1));
}

/// An unassigned global unicast address: it is public, and nothing is there.
const NOWHERE: &str = "2d00::1";

fn hasty() -> Limits {
    Limits {
        connect: Duration::from_millis(300),
        ..patient()
    }
}

#[tokio::test]
async fn a_name_that_changes_its_answer_is_checked_at_each_connection() {
    let server = Server::ok().await;
    let names = Names::default().with("rebind.example.net", &[&[NOWHERE], &["127.0.0.1"]]);
    let client = client(open(server.port), hasty(), names.clone());
    let url = format!("http://rebind.example.net:{}/", server.port);
    // The first answer passes, and is the address connected to: a second resolution would find
    // loopback.
    let first = get(&client, &url).await.unwrap_err();
    assert!(
        matches!(first, WebError::Connect(_) | WebError::Timeout),
        "{first:?}"
    );
    assert_eq!(names.asked("rebind.example.net"), 1);
    for request in 2..5 {
        assert_eq!(
            get(&client, &url).await,
            Err(WebError::Dns(DnsFailure::Blocked))
        );
        assert_eq!(names.asked("rebind.example.net"), request);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn one_blocked_answer_refuses_the_name() {
    let server = Server::ok().await;
    for answers in [
        &["127.0.0.1"][..],
        &[NOWHERE, "127.0.0.1"],
        &["127.0.0.1", NOWHERE],
        &["93.184.216.34", "::1"],
        &["::ffff:127.0.0.1"],
        &["0.0.0.0"],
        &["169.254.169.254"],
        &["fd00:ec2::254"],
        &["64:ff9b::7f00:1"],
        &["10.0.0.1"],
        &["100.64.0.1"],
    ] {
        let names = Names::default().with("inside.example.net", &[answers]);
        let client = client(open(server.port), hasty(), names);
        for host in ["inside.example.net", "INSIDE.example.net"] {
            let url = format!("http://{host}:{}/", server.port);
            assert_eq!(
                get(&client, &url).await,
                Err(WebError::Dns(DnsFailure::Blocked)),
                "{answers:?}"
            );
            assert_eq!(
                post(&client, &url).await,
                Err(WebError::Dns(DnsFailure::Blocked)),
                "{answers:?}"
            );
        }
    }
    assert_eq!(server.connections(), 0);
    // The control: the same name, vouched for.
    let names = Names::default().with("inside.example.net", &[&["127.0.0.1"]]);
    let host = format!("inside.example.net:{}", server.port);
    let client = client(
        Policy::default().with_allowed(&host).unwrap(),
        patient(),
        names,
    );
    get(&client, &format!("http://{host}/")).await.unwrap();
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn an_allowance_of_one_port_opens_no_other() {
    let (allowed, other) = (Server::ok().await, Server::ok().await);
    let names = Names::default().with("app.example.net", &[&["127.0.0.1"]]);
    let policy = open(other.port)
        .with_allowed(&format!("app.example.net:{}", allowed.port))
        .unwrap();
    let client = client(policy, patient(), names);
    get(
        &client,
        &format!("http://app.example.net:{}/", allowed.port),
    )
    .await
    .unwrap();
    let refused = get(&client, &format!("http://app.example.net:{}/", other.port)).await;
    assert_eq!(refused, Err(WebError::Dns(DnsFailure::Blocked)));
    assert_eq!((allowed.connections(), other.connections()), (1, 0));
}

#[tokio::test]
async fn a_name_that_does_not_exist_looks_like_one_that_is_internal() {
    let names = Names::default()
        .with("inside.example.net", &[&["10.0.0.1"]])
        .with("empty.example.net", &[&[]]);
    let client = client(Policy::default(), patient(), names);
    let mut answers = HashSet::new();
    for host in [
        "inside.example.net",
        "outside.example.net",
        "empty.example.net",
    ] {
        let error = get(&client, &format!("http://{host}/")).await.unwrap_err();
        answers.insert((error.to_string(), error.code(), error.retryable()));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[tokio::test]
async fn webhooks_follow_nothing() {
    let secret = Server::ok().await;
    let target = secret.url("/");
    let hook =
        Server::answering(move |_| status("307 T", &format!("location: {target}\r\n"))).await;
    let mut policy = Policy::default();
    for server in [&hook, &secret] {
        policy = policy
            .with_allowed(&format!("127.0.0.1:{}", server.port))
            .unwrap();
    }
    let client = client(policy, patient(), Names::default());
    let answer = client
        .post(&hook.url("/"), HeaderMap::new(), "{}")
        .await
        .unwrap();
    assert_eq!(answer.status, 307);
    assert_eq!(secret.connections(), 0);
}

#[tokio::test]
async fn https_only_refuses_http_on_every_hop_but_to_what_is_vouched_for() {
    let server = Server::answering(|_| status("307 T", "location: http://192.0.2.1/\r\n")).await;
    let policy = Policy::default()
        .https_only()
        .with_allowed(&format!("127.0.0.1:{}", server.port));
    let client = client(policy.unwrap(), patient(), Names::default());
    let answer = client.post(&server.url("/"), HeaderMap::new(), "{}").await;
    assert_eq!(answer.unwrap().status, 307);
    let hop = client.get(&server.url("/"), &Get::default()).await;
    assert_eq!(hop.map(drop), Err(WebError::Blocked(Reason::Plain)));
    let public = Url::parse("http://93.184.215.14/").unwrap();
    let refused = client.post(&public, HeaderMap::new(), "{}").await;
    assert_eq!(refused.map(drop), Err(WebError::Blocked(Reason::Plain)));
    assert_eq!(server.connections(), 2);
}

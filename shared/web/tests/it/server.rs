//! A server on loopback that counts its connections, and names that resolve to whatever a test
//! needs.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use dynrag_web::{Client, Limits, Lookup, Policy, Settings};
use futures::future::BoxFuture;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

type Handler = dyn Fn(TcpStream, String) -> BoxFuture<'static, io::Result<()>> + Send + Sync;

pub struct Server {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Listens on 127.0.0.1 and, where there is IPv6, on the same port of ::1. The handler gets each
    /// connection and the head of its first request.
    pub async fn start<F, W>(handler: F) -> Self
    where
        F: Fn(TcpStream, String) -> W + Send + Sync + 'static,
        W: Future<Output = io::Result<()>> + Send + 'static,
    {
        let handler: Arc<Handler> = Arc::new(move |stream, head| Box::pin(handler(stream, head)));
        let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = v4.local_addr().unwrap().port();
        let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
        let server = Self {
            port,
            connections: Arc::default(),
            requests: Arc::default(),
        };
        for listener in [Some(v4), v6].into_iter().flatten() {
            let (connections, requests) = (
                Arc::clone(&server.connections),
                Arc::clone(&server.requests),
            );
            let handler = Arc::clone(&handler);
            tokio::spawn(async move {
                while let Ok((mut stream, _)) = listener.accept().await {
                    connections.fetch_add(1, Ordering::SeqCst);
                    let (requests, handler) = (Arc::clone(&requests), Arc::clone(&handler));
                    tokio::spawn(async move {
                        let head = read_head(&mut stream).await?;
                        requests.lock().unwrap().push(head.clone());
                        handler(stream, head).await
                    });
                }
            });
        }
        server
    }

    /// Answers every request with the bytes that a function makes of its head, and closes.
    pub async fn answering(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let answer = Arc::new(answer);
        Self::start(move |mut stream, head| {
            let answer = answer(&head);
            async move { stream.write_all(&answer).await }
        })
        .await
    }

    /// Says 200 to everything.
    pub async fn ok() -> Self {
        Self::answering(|_| page("", b"ok")).await
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    pub fn url(&self, path: &str) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.port))
            .unwrap()
            .join(path)
            .unwrap()
    }

    /// A client that may talk to this server, named 127.0.0.1.
    pub fn client(&self, limits: Limits) -> Client {
        let policy = Policy::default().with_allowed(&format!("127.0.0.1:{}", self.port));
        client(policy.unwrap(), limits, Names::default())
    }
}

async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// A 200 with headers (each with its line end) and a body.
pub fn page(headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    [head.as_bytes(), body].concat()
}

/// Another status, with headers and a short body.
pub fn status(line: &str, headers: &str) -> Vec<u8> {
    format!("HTTP/1.1 {line}\r\nconnection: close\r\ncontent-length: 2\r\n{headers}\r\nno")
        .into_bytes()
}

/// Long enough for a busy machine: only tests of a limit wait for these, and they set their own.
pub fn patient() -> Limits {
    Limits {
        connect: Duration::from_secs(30),
        first_byte: Duration::from_secs(30),
        whole: Duration::from_secs(60),
        ..Limits::default()
    }
}

pub fn client(policy: Policy, limits: Limits, names: Names) -> Client {
    Client::new(Settings {
        policy,
        limits,
        lookup: Arc::new(names),
        ..Settings::default()
    })
    .unwrap()
}

/// A test's resolver. The n-th lookup of a name gets the n-th answer, and the last one from then on;
/// other names do not exist.
#[derive(Clone, Default)]
pub struct Names {
    answers: Vec<(String, Vec<Vec<IpAddr>>)>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Names {
    pub fn with(mut self, name: &str, answers: &[&[&str]]) -> Self {
        let parse = |address: &&str| address.parse().unwrap();
        let answers = answers
            .iter()
            .map(|answer| answer.iter().map(parse).collect());
        self.answers.push((name.to_owned(), answers.collect()));
        self
    }

    pub fn asked(&self, name: &str) -> usize {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|asked| *asked == name).count()
    }
}

impl Lookup for Names {
    fn lookup<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let before = self.asked(host);
        self.asked.lock().unwrap().push(host.to_owned());
        let answers = self.answers.iter().find(|(name, _)| name == host);
        let answer = answers.and_then(|(_, answers)| answers.get(before).or(answers.last()));
        let answer = answer
            .cloned()
            .ok_or_else(|| io::Error::other("no such name"));
        Box::pin(std::future::ready(answer))
    }
}

//! `GET /health`.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
};

use crate::support::{
    known::checkout,
    runtime::Function,
    stack::{Answer, Stack},
};

/// Starts a server that accepts connections and never responds, and returns its address.
async fn silent_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((connection, _)) = listener.accept().await {
            kept.push(connection);
        }
    });
    address
}

/// A proxy that can be frozen. Connections that were open then stay frozen forever.
struct Proxy {
    port: u16,
    frozen: watch::Sender<bool>,
    used: Arc<AtomicBool>,
}

impl Proxy {
    async fn start(to: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (frozen, is_frozen) = watch::channel(false);
        let used = Arc::new(AtomicBool::new(false));
        let noted = used.clone();
        tokio::spawn(async move {
            while let Ok((mut from, _)) = listener.accept().await {
                noted.store(true, Ordering::Relaxed);
                let (to, mut is_frozen) = (to.clone(), is_frozen.clone());
                tokio::spawn(async move {
                    let mut onward = TcpStream::connect(to).await.unwrap();
                    let freeze = async { is_frozen.wait_for(|frozen| *frozen).await.is_ok() };
                    let ended = tokio::select! {
                        biased;
                        frozen = freeze => !frozen,
                        _ = copy_bidirectional(&mut from, &mut onward) => true,
                    };
                    if !ended {
                        // Both connections stay open, but pass nothing on.
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { port, frozen, used }
    }
}

fn event(query: &str) -> Value {
    let file = checkout().join("events/http/health-get.json");
    let mut event: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    event["rawQueryString"] = json!(query);
    event
}

/// Status and body of a response.
async fn ask(function: &mut Function, query: &str) -> (Value, Value) {
    let answer = function.answer(&event(query)).await;
    let body = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    (answer["statusCode"].clone(), body)
}

async fn start(stack: &Stack, variables: &[(&str, &str)]) -> Function {
    Function::start_with(stack, "HealthGet", "dynrag-system", variables).await
}

#[tokio::test]
async fn health_requires_no_credentials() {
    let stack = Stack::load();
    let answer = Answer::of(stack.http.get(stack.url("/health"))).await;
    let body = answer.ok(200);
    assert_eq!(body["status"], "ok");
    assert_eq!(body["checks"], json!({"secrets": "ok", "database": "ok"}));
    assert!(!answer.headers.contains_key("ratelimit"));
    let wrong = stack.http.get(stack.url("/health?deep=1"));
    Answer::of(wrong).await.bad_fields(&["/deep"]);
}

#[tokio::test]
async fn a_deep_check_includes_provider_queues_and_buckets() {
    let stack = Stack::load();
    let deep = stack.http.get(stack.url("/health?deep=true"));
    let all = json!({"secrets": "ok", "database": "ok", "provider": "ok", "queues": "ok", "buckets": "ok"});
    assert_eq!(Answer::of(deep).await.ok(200)["checks"], all);
    let silence = format!("http://{}", silent_server().await);
    // First a provider that hangs, then a queue and a bucket.
    let provider = [("EMBEDDINGS_BASE_URL", silence.as_str())];
    let aws = [
        ("AWS_ENDPOINT_URL_SQS", silence.as_str()),
        ("AWS_ENDPOINT_URL_S3", silence.as_str()),
    ];
    for (variables, hanging) in [
        (provider.as_slice(), ["provider"].as_slice()),
        (aws.as_slice(), ["queues", "buckets"].as_slice()),
    ] {
        let mut function = start(&stack, variables).await;
        // With an open connection, the database responds in time on a busy machine too.
        while ask(&mut function, "").await.0 != 200 {}
        let mut expected = all.clone();
        for check in hanging {
            expected[check] = json!("timed_out");
        }
        let (status, body) = ask(&mut function, "deep=true").await;
        assert_eq!((status, &body["checks"]), (json!(503), &expected));
        // A check that was not requested does not make it unhealthy.
        assert_eq!(ask(&mut function, "").await.0, 200);
    }
}

#[tokio::test]
async fn a_frozen_database_is_reported_and_its_connection_replaced() {
    let stack = Stack::load();
    let mut secret = stack.database_secret(&stack.env.postgres_app_url);
    let real = format!("{}:{}", stack.env.postgres_host, secret["port"]);
    let proxy = Proxy::start(real).await;
    secret["port"] = json!(proxy.port);
    let arn = stack.new_secret(&secret.to_string()).await;
    let mut function = start(&stack, &[("DATABASE_SECRET_ARN", &arn)]).await;
    while ask(&mut function, "").await.0 != 200 {}
    assert!(proxy.used.load(Ordering::Relaxed));
    proxy.frozen.send_replace(true);
    // First the existing connection hangs, then each new one.
    for _ in 0..2 {
        let (status, body) = ask(&mut function, "").await;
        assert_eq!((status, &body["code"]), (json!(503), &json!("unhealthy")));
        let checks = json!({"secrets": "ok", "database": "timed_out"});
        assert_eq!(body["checks"], checks);
    }
    // The frozen connection stays frozen, and a new one answers.
    proxy.frozen.send_replace(false);
    while ask(&mut function, "").await.0 != 200 {}
}

#[tokio::test]
async fn an_unavailable_secret_is_reported() {
    let stack = Stack::load();
    let silence = format!("http://{}", silent_server().await);
    let variables = [("AWS_ENDPOINT_URL_SECRETS_MANAGER", silence.as_str())];
    let mut function = start(&stack, &variables).await;
    let (status, body) = ask(&mut function, "").await;
    let checks = json!({"secrets": "timed_out", "database": "skipped"});
    assert_eq!((status, &body["checks"]), (json!(503), &checks));
}

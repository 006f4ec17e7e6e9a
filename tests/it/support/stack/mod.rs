//! A client of the running stack: the functions deployed from template.yaml, their database, buckets and queue. Each
//! test calls [`Stack::load`], then [`Stack::signup`] for a new tenant.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops here"
)]
#![allow(dead_code, reason = "shared by tests that use different parts")]

pub mod accounts;
pub mod admin;
pub mod answer;
pub mod aws;
pub mod batch;
pub mod by_external_id;
pub mod chat;
pub mod collections;
pub mod exports;
pub mod keys;
pub mod mail;
pub mod mcp;
pub mod oauth;
pub mod openai;
pub mod processes;
pub mod receiver;
pub mod regeneration;
pub mod reranker;
pub mod sessions;
pub mod socket;
pub mod stream;
pub mod tenant;
pub mod users;
pub mod v1;
pub mod versions;
pub mod webhooks;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use dynrag_domain::api_keys;
use dynrag_store::DatabaseLogin;
use rand::distr::{Alphanumeric, SampleString};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

use crate::support::soaking;

pub use answer::Answer;
pub use tenant::Tenant;

/// Longest wait for something that takes a second on an idle machine.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// The interval between two checks of an awaited condition.
const TICK: Duration = Duration::from_millis(150);

/// The output of `stack.py env`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Env {
    pub api_url: String,
    /// The addresses of functions that stream.
    pub streams: BTreeMap<String, String>,
    pub aws_endpoint_url: String,
    pub aws_region: String,
    pub aws_access_key_id: String,
    pub aws_secret_access_key: String,
    pub postgres_host: String,
    pub postgres_database: String,
    pub postgres_ca: PathBuf,
    pub postgres_superuser_url: String,
    pub postgres_app_url: String,
    pub postgres_owner_url: String,
    pub embeddings_url: String,
    pub function_logs: PathBuf,
    pub functions: BTreeMap<String, String>,
    pub buckets: BTreeMap<String, String>,
    pub queues: BTreeMap<String, String>,
}

/// The stack under test.
pub struct Stack {
    pub env: Env,
    pub http: reqwest::Client,
    sql: OnceCell<tokio_postgres::Client>,
}

impl Stack {
    /// Reads the file that `DYNRAG_STACK` names.
    #[allow(clippy::disallowed_methods, reason = "the one variable of the tests")]
    pub fn load() -> Arc<Self> {
        let path = std::env::var("DYNRAG_STACK")
            .expect("DYNRAG_STACK names the output of `stack.py env`; `make test` sets it");
        let text = std::fs::read_to_string(&path).expect(&path);
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .no_proxy()
            .build()
            .expect("an HTTP client");
        Arc::new(Self {
            env: serde_json::from_str(&text).expect("the form of `stack.py env`"),
            http,
            sql: OnceCell::new(),
        })
    }

    /// The database as its superuser, which sees all tenants.
    pub async fn sql(&self) -> &tokio_postgres::Client {
        self.sql.get_or_init(|| self.own_sql()).await
    }

    /// The same in a separate connection, for a transaction.
    pub async fn own_sql(&self) -> tokio_postgres::Client {
        self.connect(&self.env.postgres_superuser_url).await
    }

    /// The database as the functions see it.
    pub async fn app_sql(&self) -> tokio_postgres::Client {
        self.connect(&self.env.postgres_app_url).await
    }

    /// A database secret for the login of a URL.
    pub fn database_secret(&self, url: &str) -> Value {
        let url = Url::parse(url).expect("a URL");
        json!({
            "host": self.env.postgres_host,
            "port": url.port().expect("a port"),
            "dbname": self.env.postgres_database,
            "username": url.username(),
            "password": url.password().expect("a password"),
            "caPem": std::fs::read_to_string(&self.env.postgres_ca).expect("the CA"),
        })
    }

    async fn connect(&self, url: &str) -> tokio_postgres::Client {
        let secret = self.database_secret(url);
        let login = DatabaseLogin::from_secret(&SecretString::from(secret.to_string()));
        let (config, tls) = login.unwrap().connector().unwrap();
        let (client, connection) = config.connect(tls).await.expect("the database");
        tokio::spawn(connection);
        client
    }

    /// Signs a new customer up and lifts its request limits, which these tests would exceed.
    pub async fn signup(self: &Arc<Self>) -> Tenant {
        let tenant = self.signup_unverified().await;
        tenant.platform_key("now()").await;
        tenant
    }

    /// Signs up a customer whose email address is not verified.
    pub async fn signup_unverified(self: &Arc<Self>) -> Tenant {
        let email = format!("t-{}@example.com", Uuid::new_v4().simple());
        let password = format!("pw-{}", random(24));
        let body = json!({"email": email, "password": password, "companyName": "Test"});
        let request = self.http.post(self.url("/api/auth/signup")).json(&body);
        let made = Answer::of(request).await.ok(201);
        let text = |pointer: &str| made.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let tenant = Tenant {
            id: text("/customer/id").parse().unwrap(),
            user: text("/user/id").parse().unwrap(),
            access: text("/accessToken"),
            refresh: text("/refreshToken"),
            key: text("/apiKey"),
            email,
            password,
            stack: self.clone(),
        };
        tenant
            .config(
                "reads_per_minute = 1000000, requests_per_minute = 1000000, requests_per_day = 10000000",
            )
            .await;
        tenant
    }

    /// The full URL of a path of the API. Full URLs are returned unchanged.
    pub fn url(&self, path: &str) -> String {
        let path = path.strip_prefix(&self.env.api_url).unwrap_or(path);
        format!("{}{path}", self.env.api_url)
    }

    /// The full URL of a path that is streamed.
    pub fn streamed_url(&self, path: &str) -> String {
        let name = match path {
            path if path.starts_with("/api/chat/") => "chat-stream",
            path if path.starts_with("/v1") => "v1",
            _ => "documents-events",
        };
        format!("{}{path}", self.env.streams[name])
    }

    /// Runs `sweep` now, as its schedule would, and returns its counts.
    pub async fn sweep(&self) -> Value {
        self.invoke("Sweep", &json!({})).await
    }
}

/// Random letters and digits.
pub fn random(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// Returns a word that no other test uses, to tell a test's texts from those of others.
pub fn word() -> String {
    format!("zq{}", Uuid::new_v4().simple())
}

/// A new API key as text, with its public part and the hash of its secret.
pub fn new_key() -> (String, String, Vec<u8>) {
    let text = api_keys::compose(&random(api_keys::PUBLIC_ID), &random(api_keys::RANDOM));
    let key = api_keys::ApiKey::parse(&text).unwrap();
    let (public, hash) = (key.public_id.to_owned(), key.secret_hash().to_vec());
    (text, public, hash)
}

/// Repeats `look` until it returns something. Panics with `what` if it never does.
pub async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let patience = if soaking() { 6 * PATIENCE } else { PATIENCE };
    let deadline = Instant::now() + patience;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < deadline, "never happened: {what}");
        tokio::time::sleep(TICK).await;
    }
}

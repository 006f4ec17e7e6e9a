//! The application layer: use cases shared by HTTP handlers, queue workers and `sweep`. It depends neither on HTTP and
//! AWS events nor on LanceDB.

pub mod accounts;
pub mod administration;
mod attempts;
pub mod chat_models;
pub mod collections;
pub mod customers;
mod dispatch;
pub mod documents;
pub mod emails;
pub mod embeddings;
pub mod erasure;
pub mod exports;
pub mod jobs;
pub mod keys;
pub mod oauth;
pub mod part_uploads;
pub mod passwords;
pub mod realtime;
pub mod reranking;
mod sealing;
pub mod sessions;
pub mod tokens;
pub mod uploads;
pub mod users;
mod web_policy;
pub mod webhooks;

use std::time::Duration;

use dynrag_cloud::{Cloud, Connections, Mailer, Objects, QueueClient, Vault};
use dynrag_config::{
    ConfigError, ConnectionsConfig, DatabaseConfig, DocumentsConfig, MailConfig, TokenConfig,
    VaultConfig,
};
use dynrag_domain::{Error, Result, oauth::Client, queues::Queue};
use dynrag_llm::rerank::RerankClient;
use dynrag_store::Store;
use moka::future::Cache;
use tokio::sync::OnceCell;

use crate::{chat_models::ChatModels, embeddings::Embeddings, tokens::Tokens};

pub use dispatch::Sent;
pub use web_policy::web_policy;

/// All clients of a function's process, each created at first use, so that a cold start does no work before the first
/// event.
pub struct App {
    pool_size: usize,
    cloud: OnceCell<Cloud>,
    store: OnceCell<Store>,
    vault: OnceCell<Vault>,
    tokens: OnceCell<Tokens>,
    documents: OnceCell<(Objects, DocumentsConfig)>,
    embeddings: OnceCell<Embeddings>,
    rerank_client: OnceCell<RerankClient>,
    client_documents: OnceCell<dynrag_web::Client>,
    clients: Cache<String, Client>,
    chat_models: OnceCell<ChatModels>,
    queues: [OnceCell<QueueClient>; Queue::ALL.len()],
    connections: OnceCell<Connections>,
    mailer: OnceCell<Option<(Mailer, String)>>,
}

impl Default for App {
    /// Uses one connection to Postgres: an instance serves one request at a time.
    fn default() -> Self {
        Self::new(1)
    }
}

/// OAuth clients that are remembered, and how long: a user who consents asks for one twice.
const KNOWN_CLIENTS: u64 = 1_000;
const CLIENT_TIME: Duration = Duration::from_secs(300);

/// Returns the error for a deployment without a setting.
fn not_configured(error: ConfigError) -> Error {
    Error::internal_fault(error)
}

impl App {
    /// Creates an app with a number of connections to Postgres.
    pub fn new(pool_size: usize) -> Self {
        Self {
            pool_size,
            cloud: OnceCell::new(),
            store: OnceCell::new(),
            vault: OnceCell::new(),
            tokens: OnceCell::new(),
            documents: OnceCell::new(),
            embeddings: OnceCell::new(),
            rerank_client: OnceCell::new(),
            client_documents: OnceCell::new(),
            clients: Cache::builder()
                .max_capacity(KNOWN_CLIENTS)
                .time_to_live(CLIENT_TIME)
                .build(),
            chat_models: OnceCell::new(),
            queues: Default::default(),
            connections: OnceCell::new(),
            mailer: OnceCell::new(),
        }
    }

    /// The AWS clients.
    pub async fn cloud(&self) -> &Cloud {
        self.cloud.get_or_init(Cloud::load).await
    }

    /// Postgres without a caller's bounds: for workers, for requests before admission, and for the outbox. Handlers
    /// with a caller use [`Admission::store`](dynrag_store::admission::Admission::store).
    ///
    /// # Errors
    /// `unavailable` or `internal_error` if the login cannot be read.
    pub async fn unbounded_store(&self) -> Result<&Store> {
        self.store
            .get_or_try_init(async || {
                let database = DatabaseConfig::from_env().map_err(not_configured)?;
                let secrets = self.cloud().await.secrets();
                Store::from_secret(&secrets.read(&database.secret_arn).await?, self.pool_size)
            })
            .await
    }

    /// The vault.
    ///
    /// # Errors
    /// `internal_error` if it is not configured.
    pub async fn vault(&self) -> Result<&Vault> {
        self.vault
            .get_or_try_init(async || {
                let config = VaultConfig::from_env().map_err(not_configured)?;
                Ok(self.cloud().await.vault(&config.kms_key_arn))
            })
            .await
    }

    /// Issues and verifies tokens.
    ///
    /// # Errors
    /// `internal_error` if the issuer is not configured.
    pub async fn tokens(&self) -> Result<&Tokens> {
        self.tokens
            .get_or_try_init(async || {
                let tokens = TokenConfig::from_env().map_err(not_configured)?;
                Ok(Tokens::new(tokens.issuer))
            })
            .await
    }

    /// The documents bucket.
    ///
    /// # Errors
    /// `internal_error` if it is not configured.
    pub async fn documents(&self) -> Result<&(Objects, DocumentsConfig)> {
        self.documents
            .get_or_try_init(async || {
                let documents = DocumentsConfig::from_env().map_err(not_configured)?;
                Ok((self.cloud().await.objects(&documents.bucket), documents))
            })
            .await
    }

    /// The embedding provider.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` if it is not configured.
    pub async fn embeddings(&self) -> Result<&Embeddings> {
        self.embeddings
            .get_or_try_init(async || {
                let vault = self.vault().await?.clone();
                Embeddings::load(self.cloud().await, vault).await
            })
            .await
    }

    /// OAuth clients whose metadata documents were read lately, by their URLs.
    pub(crate) fn clients(&self) -> &Cache<String, Client> {
        &self.clients
    }

    /// The client that reads the metadata documents of OAuth clients.
    ///
    /// # Errors
    /// `internal_error` if a setting is not valid.
    pub(crate) async fn client_documents(&self) -> Result<&dynrag_web::Client> {
        self.client_documents
            .get_or_try_init(async || {
                dynrag_web::Client::new(oauth::client_settings()?).map_err(Error::internal_fault)
            })
            .await
    }

    /// The client of customers' rerankers.
    ///
    /// # Errors
    /// `internal_error` if a setting is not valid.
    pub async fn rerank_client(&self) -> Result<&RerankClient> {
        self.rerank_client
            .get_or_try_init(async || reranking::client())
            .await
    }

    /// The chat models of this deployment.
    ///
    /// # Errors
    /// `internal_error` if a setting is not valid.
    pub async fn chat_models(&self) -> Result<&ChatModels> {
        self.chat_models
            .get_or_try_init(async || ChatModels::load())
            .await
    }

    /// The client of a queue.
    ///
    /// # Errors
    /// `internal_error` if it is not configured.
    pub async fn queue(&self, queue: Queue) -> Result<&QueueClient> {
        self.queues[queue as usize]
            .get_or_try_init(async || {
                let url = dynrag_config::queue_url(queue).map_err(not_configured)?;
                Ok(self.cloud().await.queue(&url))
            })
            .await
    }

    /// The connections of the WebSocket API.
    ///
    /// # Errors
    /// `internal_error` if it is not configured.
    pub async fn connections(&self) -> Result<&Connections> {
        self.connections
            .get_or_try_init(async || {
                let config = ConnectionsConfig::from_env().map_err(not_configured)?;
                Ok(self.cloud().await.connections(&config.endpoint))
            })
            .await
    }

    /// SES, and the base URL of links in emails. `None` if this deployment sends no emails.
    ///
    /// # Errors
    /// `internal_error` if it is configured without `APP_URL`.
    pub(crate) async fn mailer(&self) -> Result<Option<&(Mailer, String)>> {
        let mailer = self.mailer.get_or_try_init(async || {
            let config = MailConfig::from_env();
            match (config.from, config.app_url) {
                (Some(from), Some(app_url)) => {
                    Ok(Some((self.cloud().await.mailer(&from), app_url)))
                }
                (Some(_), None) => Err(Error::internal_fault("APP_URL is not set")),
                (None, _) => Ok(None),
            }
        });
        Ok(mailer.await?.as_ref())
    }
}

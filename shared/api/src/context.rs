//! What a function makes once per cold start, each piece at its first use: until then a function
//! that is started has nothing to do but to poll.

use std::sync::Arc;

use dynrag_cloud::{Cloud, Objects, Queue, Vault};
use dynrag_config::{
    BulkConfig, DatabaseConfig, DeliverConfig, DocumentsConfig, FetchConfig, MailConfig,
    QueueConfig, TasksConfig, ThrottleConfig, TokenConfig, VaultConfig,
};
use dynrag_domain::{
    CustomerId, Error, Kind, Result,
    fetches::Fetch,
    jobs::{Job, Lane, Message},
    tasks::Task,
    webhooks::Delivery,
};
use dynrag_store::{
    Store,
    outbox::{Outgoing, Pending},
};
use futures::{StreamExt, stream};
use tokio::sync::OnceCell;

use crate::{address::SourceAddress, tokens::Tokens};

/// Requests to the queue at once, where many jobs are sent.
const SENDERS: usize = 5;
/// Deletions that a request sends itself.
const MOST_AT_ONCE: usize = 500;

/// Clients and caches of a function instance.
#[derive(Default)]
pub struct Context {
    cloud: OnceCell<Cloud>,
    store: OnceCell<Store>,
    vault: OnceCell<Vault>,
    documents: OnceCell<(Objects, DocumentsConfig)>,
    queue: OnceCell<Queue>,
    bulk: OnceCell<Queue>,
    fetches: OnceCell<Queue>,
    deliveries: OnceCell<Queue>,
    tasks: OnceCell<Queue>,
    tokens: OnceCell<Tokens>,
}

fn config(error: dynrag_config::ConfigError) -> Error {
    Error::internal_fault(error)
}

impl Context {
    /// An empty context to share.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// AWS.
    pub async fn cloud(&self) -> &Cloud {
        self.cloud.get_or_init(Cloud::load).await
    }

    /// Postgres without a caller's bounds: for what happens before anybody is admitted, and for the outbox. A handler
    /// that has a caller asks [`Admission::store`](dynrag_store::admission::Admission::store).
    ///
    /// # Errors
    /// `unavailable` or `internal_error` when the login cannot be read.
    pub async fn unbounded_store(&self) -> Result<&Store> {
        self.store
            .get_or_try_init(async || {
                let database = DatabaseConfig::from_env().map_err(config)?;
                let secret = self
                    .cloud()
                    .await
                    .secrets()
                    .read(&database.secret_arn)
                    .await?;
                // An instance serves one request at a time.
                Store::from_secret(&secret, 1)
            })
            .await
    }

    /// The vault.
    ///
    /// # Errors
    /// `internal_error` when it is not configured.
    pub async fn vault(&self) -> Result<&Vault> {
        self.vault
            .get_or_try_init(async || {
                Ok(self
                    .cloud()
                    .await
                    .vault(&VaultConfig::from_env().map_err(config)?.kms_key_arn))
            })
            .await
    }

    /// The documents bucket.
    ///
    /// # Errors
    /// `internal_error` when it is not configured.
    pub async fn documents(&self) -> Result<&(Objects, DocumentsConfig)> {
        self.documents
            .get_or_try_init(async || {
                let documents = DocumentsConfig::from_env().map_err(config)?;
                Ok((self.cloud().await.objects(&documents.bucket), documents))
            })
            .await
    }

    /// The ingest queue.
    ///
    /// # Errors
    /// `internal_error` when it is not configured.
    pub async fn queue(&self) -> Result<&Queue> {
        self.queue
            .get_or_try_init(async || {
                Ok(self
                    .cloud()
                    .await
                    .queue(&QueueConfig::from_env().map_err(config)?.ingest_url))
            })
            .await
    }

    /// The queue of what comes in bulk.
    ///
    /// # Errors
    /// `internal_error` when it is not configured.
    pub async fn bulk(&self) -> Result<&Queue> {
        self.bulk
            .get_or_try_init(async || {
                Ok(self
                    .cloud()
                    .await
                    .queue(&BulkConfig::from_env().map_err(config)?.url))
            })
            .await
    }

    /// The fetch queue.
    ///
    /// # Errors
    /// `internal_error` when it is not configured.
    pub async fn fetches(&self) -> Result<&Queue> {
        self.fetches
            .get_or_try_init(async || {
                Ok(self
                    .cloud()
                    .await
                    .queue(&FetchConfig::from_env().map_err(config)?.url))
            })
            .await
    }

    /// Issues and verifies tokens.
    ///
    /// # Errors
    /// `internal_error` when the issuer is not configured.
    pub async fn tokens(&self) -> Result<&Tokens> {
        self.tokens
            .get_or_try_init(async || {
                Ok(Tokens::new(TokenConfig::from_env().map_err(config)?.issuer))
            })
            .await
    }

    /// The tasks queue.
    ///
    /// # Errors
    /// `internal_error` when it is not configured.
    pub async fn tasks(&self) -> Result<&Queue> {
        self.tasks
            .get_or_try_init(async || {
                Ok(self
                    .cloud()
                    .await
                    .queue(&TasksConfig::from_env().map_err(config)?.url))
            })
            .await
    }

    /// The deliver queue.
    ///
    /// # Errors
    /// `internal_error` when it is not configured.
    pub async fn deliveries(&self) -> Result<&Queue> {
        self.deliveries
            .get_or_try_init(async || {
                Ok(self
                    .cloud()
                    .await
                    .queue(&DeliverConfig::from_env().map_err(config)?.url))
            })
            .await
    }

    /// Takes an attempt of a caller who has not said who it is.
    ///
    /// # Errors
    /// `too_many_attempts` (rate limited).
    pub async fn attempt(&self, route: &str, address: &SourceAddress) -> Result<()> {
        let quota = attempts_per_address()?;
        self.unbounded_store()
            .await?
            .attempt(route, address.bytes(), quota)
            .await
    }

    /// Sends a job that was written to the outbox. Never fails the request: what is not sent now is
    /// sent by `sweep`.
    pub async fn dispatch(&self, pending: &Pending) {
        self.sent(pending, self.queue().await).await;
    }

    /// As [`dispatch`](Self::dispatch), for a task.
    pub async fn dispatch_task(&self, pending: &Pending<Task>) {
        self.sent(pending, self.tasks().await).await;
    }

    /// As [`dispatch`](Self::dispatch), for something to fetch.
    pub async fn dispatch_fetch(&self, pending: &Pending<Fetch>) {
        self.sent(pending, self.fetches().await).await;
    }

    /// As [`dispatch`](Self::dispatch), for whatever it is.
    pub async fn dispatch_any(&self, pending: &Pending<Outgoing>) {
        let queue = match &pending.job {
            Outgoing::Job(job) if job.lane() == Lane::Bulk => self.bulk().await,
            Outgoing::Job(_) => self.queue().await,
            Outgoing::Fetch(_) => self.fetches().await,
            Outgoing::Task(_) => self.tasks().await,
        };
        self.sent(pending, queue).await;
    }

    /// As [`dispatch`](Self::dispatch), for a notice to a webhook, whose row is its own outbox.
    pub async fn dispatch_delivery(&self, delivery: &Delivery) {
        let sent = async { self.deliveries().await?.send(delivery).await };
        if let Err(error) = sent.await {
            let (code, cause) = (error.code(), error.internal());
            tracing::warn!(code, cause, "a notice is left to the sweep");
        }
    }

    /// As [`dispatch`](Self::dispatch), for a task that a row other than the outbox's says to be due.
    pub async fn send_task(&self, task: &Task) {
        let sent = async { self.tasks().await?.send(task).await };
        if let Err(error) = sent.await {
            let (code, cause) = (error.code(), error.internal());
            tracing::warn!(code, cause, "a task is left to the sweep");
        }
    }

    /// As [`dispatch`](Self::dispatch), for many jobs of one customer that came in bulk.
    pub async fn dispatch_bulk(&self, customer: CustomerId, pending: &[Pending]) {
        self.sent_many(customer, pending, self.bulk().await).await;
    }

    /// As [`dispatch`](Self::dispatch), for deletions of many documents of one customer. The first of them:
    /// sweep sends the rest, so that no caller waits for them.
    pub async fn dispatch_deletions(&self, customer: CustomerId, pending: &[Pending]) {
        let first = &pending[..pending.len().min(MOST_AT_ONCE)];
        if !first.is_empty() {
            self.sent_many(customer, first, self.queue().await).await;
        }
    }

    async fn sent_many(&self, customer: CustomerId, pending: &[Pending], queue: Result<&Queue>) {
        let sent = async {
            let queue = queue?;
            let batches: Vec<_> = pending
                .chunks(Queue::MOST)
                .map(|batch| send_many(queue, batch))
                .collect();
            let taken: Vec<Vec<i64>> = stream::iter(batches)
                .buffer_unordered(SENDERS)
                .collect()
                .await;
            self.unbounded_store()
                .await?
                .outbox_all_sent(customer, &taken.concat())
                .await
        };
        if let Err(error) = sent.await {
            let (code, cause) = (error.code(), error.internal());
            tracing::warn!(code, cause, jobs = pending.len(), "left to the sweep");
        }
    }

    async fn sent<M: Message>(&self, pending: &Pending<M>, queue: Result<&Queue>) {
        let sent = async {
            queue?.send(&pending.job).await?;
            self.unbounded_store().await?.outbox_sent(pending).await
        };
        if let Err(error) = sent.await {
            tracing::warn!(
                code = error.code(),
                cause = error.internal(),
                outbox_id = pending.id,
                "left to the sweep"
            );
        }
    }
}

/// Sends jobs in one request; the rows of those the queue has taken.
async fn send_many(queue: &Queue, batch: &[Pending]) -> Vec<i64> {
    let jobs: Vec<Job> = batch.iter().map(|pending| pending.job).collect();
    match queue.send_many(&jobs).await {
        Ok(taken) => batch
            .iter()
            .filter(|pending| taken.contains(&&pending.job))
            .map(|pending| pending.id)
            .collect(),
        Err(error) => {
            let cause = error.internal();
            tracing::warn!(cause, jobs = batch.len(), "left to the sweep");
            Vec::new()
        }
    }
}

/// Attempts a minute of an address of the network.
///
/// # Errors
/// `internal_error` when it is configured to no number.
pub fn attempts_per_address() -> Result<i32> {
    Ok(ThrottleConfig::from_env()
        .map_err(config)?
        .attempts_per_address)
}

/// Whether this deployment sends mail.
pub fn sends_mail() -> bool {
    MailConfig::from_env().from.is_some()
}

/// Makes sure that this deployment sends mail.
///
/// # Errors
/// `mail_disabled` (unavailable).
pub fn require_mail() -> Result<()> {
    if sends_mail() {
        return Ok(());
    }
    Err(Error::new(
        Kind::Unavailable,
        "mail_disabled",
        "This deployment sends no mail. Ask whoever runs it to set MailFrom.",
    ))
}

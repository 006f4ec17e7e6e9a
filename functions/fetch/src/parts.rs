//! What the function makes once per cold start, and its turns at hosts.

use std::time::Duration;

use dynrag_cloud::{Cloud, Objects, Queue};
use dynrag_config::{BulkConfig, DocumentsConfig, FetchConfig, QueueConfig, WebConfig};
use dynrag_domain::{
    Error, Result,
    jobs::{Job, Lane},
};
use dynrag_store::{Store, outbox::Pending};
use dynrag_web::{Client, Policy, Settings};
use dynrag_worker::notices::Notices;
use sha2::{Digest, Sha256};
use url::Url;

/// Clients.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) queue: Queue,
    single: Queue,
    bulk: Queue,
    pub(crate) notices: Notices,
    pub(crate) web: Client,
}

impl Parts {
    /// Reads configuration and secrets.
    pub(crate) async fn load() -> Result<Self> {
        let cloud = Cloud::load().await;
        let documents = DocumentsConfig::from_env().map_err(Error::internal_fault)?;
        let single = QueueConfig::from_env().map_err(Error::internal_fault)?;
        let bulk = BulkConfig::from_env().map_err(Error::internal_fault)?;
        let fetches = FetchConfig::from_env().map_err(Error::internal_fault)?;
        let mut policy = Policy::default();
        for pair in WebConfig::from_env().allow {
            policy = policy.with_allowed(&pair).map_err(Error::internal_fault)?;
        }
        let settings = Settings {
            policy,
            ..Settings::default()
        };
        Ok(Self {
            store: dynrag_worker::open_store(&cloud, 1).await?,
            objects: cloud.objects(&documents.bucket),
            queue: cloud.queue(&fetches.url),
            single: cloud.queue(&single.ingest_url),
            bulk: cloud.queue(&bulk.url),
            notices: Notices::load(&cloud)?,
            web: Client::new(settings)?,
        })
    }

    /// Sends a job that is in the outbox; what is not sent now is sent by `sweep`.
    pub(crate) async fn dispatch(&self, pending: &Pending) {
        let queue = match pending.job.lane() {
            Lane::Single => &self.single,
            Lane::Bulk => &self.bulk,
        };
        let sent = async {
            queue.send::<Job>(&pending.job).await?;
            self.store.outbox_sent(pending).await
        };
        if let Err(error) = sent.await {
            let (code, cause) = (error.code(), error.internal());
            tracing::warn!(code, cause, "left to the sweep");
        }
    }

    /// Takes a turn at a URL's host: how long to wait for it; none where that is too long.
    pub(crate) async fn turn(&self, url: &Url, delay: Duration) -> Result<Option<Duration>> {
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or(0);
        let host: [u8; 32] = Sha256::digest(format!("{host}:{port}")).into();
        self.store.host_turn(&host, delay).await
    }
}

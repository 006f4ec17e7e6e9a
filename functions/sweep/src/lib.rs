//! Mends what was dropped: jobs that did not reach the queue, documents whose work was lost, uploads
//! that did not come. Whatever it does it may do twice, and two sweeps at once share the rows.

use std::time::{Duration, Instant};

use dynrag_cloud::{Cloud, Objects, Queue};
use dynrag_config::{DocumentsConfig, QueueConfig};
use dynrag_domain::{Error, Result, documents::FailureCode};
use dynrag_store::Store;
use dynrag_worker::uploads;
use serde::Serialize;
use tokio::sync::OnceCell;

/// Rows taken at once.
const BATCH: i32 = 100;
/// Kept back from the function's timeout.
const RESERVE: Duration = Duration::from_secs(5);

/// What the function makes once per cold start.
#[derive(Default)]
pub struct Sweep {
    parts: OnceCell<Parts>,
}

struct Parts {
    store: Store,
    objects: Objects,
    queue: Queue,
}

/// What a sweep did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// Jobs of the outbox sent.
    pub outbox: u32,
    /// Documents whose work was lost or put off, sent again.
    pub documents: u32,
    /// Uploads that had arrived without notice.
    pub uploads_found: u32,
    /// Uploads given up.
    pub uploads_expired: u32,
    /// Staged vectors dropped.
    pub staged: i64,
}

impl Sweep {
    async fn parts(&self) -> Result<&Parts> {
        self.parts
            .get_or_try_init(async || {
                let cloud = Cloud::load().await;
                let documents = DocumentsConfig::from_env().map_err(Error::internal_fault)?;
                let queue = QueueConfig::from_env().map_err(Error::internal_fault)?;
                Ok(Parts {
                    store: dynrag_worker::open_store(&cloud, 1).await?,
                    objects: cloud.objects(&documents.bucket),
                    queue: cloud.queue(&queue.ingest_url),
                })
            })
            .await
    }

    /// Sweeps until nothing is due or the time is up.
    ///
    /// # Errors
    /// `unavailable`; what was not done is due again at the next run.
    pub async fn run(&self, deadline: Instant) -> Result<Swept> {
        let parts = self.parts().await?;
        let mut swept = Swept::default();
        let in_time = || Instant::now() + RESERVE < deadline;
        while in_time() && parts.outbox(&mut swept).await? {}
        while in_time() && parts.documents(&mut swept).await? {}
        while in_time() && parts.uploads(&mut swept).await? {}
        swept.staged = parts.store.sweep_staged().await?;
        if swept != Swept::default() {
            tracing::info!(
                outbox = swept.outbox,
                documents = swept.documents,
                uploads_found = swept.uploads_found,
                uploads_expired = swept.uploads_expired,
                staged = swept.staged,
                "swept"
            );
        }
        Ok(swept)
    }
}

/// Each returns whether there may be more.
impl Parts {
    async fn outbox(&self, swept: &mut Swept) -> Result<bool> {
        let due = self.store.sweep_outbox(BATCH).await?;
        for pending in &due {
            self.queue.send(&pending.job).await?;
            self.store.outbox_sent(pending).await?;
            swept.outbox += 1;
        }
        Ok(due.len() == BATCH as usize)
    }

    async fn documents(&self, swept: &mut Swept) -> Result<bool> {
        let due = self.store.sweep_documents(BATCH).await?;
        for job in &due {
            self.queue.send(job).await?;
            swept.documents += 1;
        }
        Ok(due.len() == BATCH as usize)
    }

    async fn uploads(&self, swept: &mut Swept) -> Result<bool> {
        let due = self.store.sweep_uploads(BATCH).await?;
        for (customer, document) in &due {
            // It may be there, and its notification lost.
            if uploads::take_in(
                &self.store,
                &self.objects,
                &self.queue,
                *customer,
                *document,
            )
            .await?
            {
                swept.uploads_found += 1;
            } else {
                self.store
                    .upload_failed(*customer, *document, FailureCode::UploadExpired)
                    .await?;
                swept.uploads_expired += 1;
            }
        }
        Ok(due.len() == BATCH as usize)
    }
}

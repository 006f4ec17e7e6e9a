//! Takes presigned uploads in: moves the object to its document's place and queues the document.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the copy | the upload, awaited | S3 notifies twice more; then `sweep` looks for it |
//! | after the copy | the same, and a copy | the copy is made again over itself |
//! | after the copy of an upload for which there is no room, before its document has failed | the same | the same |
//! | after the commit | an upload nobody awaits, a job in the outbox | the next notification, or the bucket's lifecycle; `sweep` |

use dynrag_cloud::{Cloud, Objects, Queue};
use dynrag_config::{DocumentsConfig, QueueConfig};
use dynrag_domain::{CustomerId, DocumentId, Error, Result, documents::FailureCode, storage};
use dynrag_store::Store;

use crate::{notices::Notices, open_store};

/// What it takes to take uploads in. Built once per cold start.
pub struct Uploads {
    /// Postgres.
    pub store: Store,
    /// The ingest queue.
    pub queue: Queue,
    /// Tells of uploads that ended badly.
    pub notices: Notices,
    objects: Objects,
}

impl Uploads {
    /// Reads configuration and secrets.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` when something is not configured.
    pub async fn load() -> Result<Self> {
        let cloud = Cloud::load().await;
        let documents = DocumentsConfig::from_env().map_err(Error::internal_fault)?;
        let queue = QueueConfig::from_env().map_err(Error::internal_fault)?;
        Ok(Self {
            store: open_store(&cloud, 1).await?,
            queue: cloud.queue(&queue.ingest_url),
            notices: Notices::load(&cloud)?,
            objects: cloud.objects(&documents.bucket),
        })
    }

    /// Takes an upload in, if it is awaited; false when it is not there. Harmless to repeat.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn take_in(&self, customer: CustomerId, document: DocumentId) -> Result<bool> {
        let Self {
            store,
            queue,
            notices,
            objects,
        } = self;
        let upload = storage::upload_key(customer, document);
        let Some((version, object)) = store.awaited_upload(customer, document).await? else {
            tracing::info!(customer_id = %customer, document_id = %document, "upload is not awaited (any more)");
            objects.delete(&upload).await?;
            return Ok(true);
        };
        let Some(bytes) = objects.size(&upload).await? else {
            return Ok(false);
        };
        if bytes == 0 {
            let code = FailureCode::EmptyDocument;
            store.upload_failed(customer, document, code).await?;
            notices.send(store).await;
            objects.delete(&upload).await?;
            return Ok(true);
        }
        let original = storage::original_key(customer, document, version, object);
        if !objects.copy(&upload, &original).await? {
            return Ok(false);
        }
        let arrived = match store.upload_arrived(customer, document, bytes).await {
            Err(error) if error.code() == FailureCode::StorageLimit.as_str() => {
                let code = FailureCode::StorageLimit;
                objects.delete(&original).await?;
                store.upload_failed(customer, document, code).await?;
                objects.delete(&upload).await?;
                return Ok(true);
            }
            arrived => arrived?,
        };
        if let Some(pending) = arrived {
            queue.send(&pending.job).await?;
            store.outbox_sent(&pending).await?;
            tracing::info!(customer_id = %customer, document_id = %document, bytes, "upload queued");
        }
        objects.delete(&upload).await?;
        Ok(true)
    }
}

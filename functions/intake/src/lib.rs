//! Takes presigned uploads in: moves the object to its document's place and queues the document.

use aws_lambda_events::s3::{S3Event, S3EventRecord};
use dynrag_cloud::{Cloud, Objects, Queue};
use dynrag_config::{DocumentsConfig, QueueConfig};
use dynrag_domain::{Error, Result, storage};
use dynrag_store::Store;
use dynrag_worker::uploads;
use serde_json::Value;
use tokio::sync::OnceCell;

/// What the function makes once per cold start.
#[derive(Default)]
pub struct Intake {
    parts: OnceCell<Parts>,
}

struct Parts {
    store: Store,
    objects: Objects,
    queue: Queue,
}

impl Intake {
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

    /// Handles a notification. S3 sends an `s3:TestEvent`, which has no records, when the
    /// notification is set up.
    ///
    /// # Errors
    /// The first record that could not be taken in; S3 then notifies again.
    pub async fn notified(&self, event: Value) -> Result<()> {
        if event.get("Records").is_none() {
            tracing::info!("notification without records");
            return Ok(());
        }
        let event: S3Event = serde_json::from_value(event).map_err(Error::internal_fault)?;
        let parts = self.parts().await?;
        let mut first_error = None;
        for record in &event.records {
            if let Err(error) = parts.uploaded(record).await {
                tracing::warn!(
                    code = error.code(),
                    cause = error.internal(),
                    "upload was not taken in"
                );
                first_error = first_error.or(Some(error));
            }
        }
        first_error.map_or(Ok(()), Err)
    }
}

impl Parts {
    async fn uploaded(&self, record: &S3EventRecord) -> Result<()> {
        let key = record.s3.object.key.as_deref().unwrap_or_default();
        let Ok((customer, document)) = storage::parse_upload_key(key) else {
            tracing::warn!("object under uploads/ that no form of ours was made for");
            return Ok(());
        };
        uploads::take_in(&self.store, &self.objects, &self.queue, customer, document)
            .await
            .map(drop)
    }
}

//! What the function makes once per cold start.

use dynrag_cloud::{Cloud, Objects, Queue, Vault};
use dynrag_config::{
    ConfigError, DocumentsConfig, ExtractConfig, IngestionConfig, QueueConfig, SlowLaneConfig,
    VaultConfig, VectorsConfig,
};
use dynrag_domain::{Error, Result};
use dynrag_embeddings::Embeddings;
use dynrag_extract::Extractor;
use dynrag_store::Store;
use dynrag_vectors::{Location, Vectors};
use dynrag_worker::notices::Notices;

use crate::lane::SlowLane;

/// One for each document in work, which also renews its lease, and one for each of two store steps.
const CONNECTIONS: usize = 5;

/// Clients and settings.
pub(crate) struct Parts {
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) queue: Queue,
    pub(crate) notices: Notices,
    pub(crate) vectors: Vectors,
    pub(crate) extractor: Extractor,
    pub(crate) slow_lane: SlowLane,
    pub(crate) config: IngestionConfig,
    pub(crate) embeddings: Embeddings,
    pub(crate) vault: Vault,
}

impl Parts {
    /// Reads configuration and secrets.
    pub(crate) async fn load() -> Result<Self> {
        let fault = |e: ConfigError| Error::internal_fault(e);
        let cloud = Cloud::load().await;
        let documents = DocumentsConfig::from_env().map_err(fault)?;
        let queue = QueueConfig::from_env().map_err(fault)?;
        let vectors = VectorsConfig::from_env().map_err(fault)?;
        let vault = VaultConfig::from_env().map_err(fault)?;
        let vault = cloud.vault(&vault.kms_key_arn);
        let slow_lane = SlowLaneConfig::from_env().map_err(fault)?;
        let slow_lane = SlowLane::new(cloud.queue(&slow_lane.url), slow_lane, &queue);
        let extractor = Extractor::this_binary(ExtractConfig::from_env().pdfium_library);
        let location = Location::S3 {
            bucket: vectors.bucket,
            endpoint: vectors.endpoint,
            region: vectors.region,
        };
        Ok(Self {
            store: dynrag_worker::open_store(&cloud, CONNECTIONS).await?,
            objects: cloud.objects(&documents.bucket),
            queue: cloud.queue(&queue.ingest_url),
            notices: Notices::load(&cloud)?,
            // Writing keeps nothing in memory but metadata: the rest belongs to the documents.
            vectors: Vectors::new(
                location,
                usize::try_from(vectors.memory_bytes / 16).unwrap_or(usize::MAX),
            ),
            extractor: extractor.with_limits(slow_lane.limits()),
            slow_lane,
            config: IngestionConfig::from_env().map_err(fault)?,
            embeddings: Embeddings::load(&cloud, vault.clone()).await?,
            vault,
        })
    }
}

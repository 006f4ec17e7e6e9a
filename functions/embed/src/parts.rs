//! Clients created once per cold start.

use dynrag_app::App;
use dynrag_cloud::{Objects, Vault};
use dynrag_config::{ConfigError, ExtractConfig, IngestionConfig, VectorsConfig};
use dynrag_domain::{Error, Result};
use dynrag_extract::Extractor;
use dynrag_store::Store;
use dynrag_vectors::{Location, Vectors};

use crate::lane::SlowLane;

/// One for each document in progress, which also renews its lease, and one for each of two store
/// steps.
const CONNECTIONS: usize = 5;

/// Clients and settings.
pub(crate) struct Parts {
    pub(crate) app: App,
    pub(crate) store: Store,
    pub(crate) objects: Objects,
    pub(crate) vectors: Vectors,
    pub(crate) extractor: Extractor,
    pub(crate) slow_lane: SlowLane,
    pub(crate) config: IngestionConfig,
    pub(crate) vault: Vault,
    /// Of the function.
    pub(crate) memory_bytes: u64,
}

impl Parts {
    /// Reads configuration and secrets.
    pub(crate) async fn load() -> Result<Self> {
        let fault = |e: ConfigError| Error::internal_fault(e);
        let app = App::new(CONNECTIONS);
        let vectors = VectorsConfig::from_env().map_err(fault)?;
        let slow_lane = SlowLane::load().map_err(fault)?;
        let extractor = Extractor::this_binary(ExtractConfig::from_env().pdfium_library);
        let location = Location::S3 {
            bucket: vectors.bucket,
            endpoint: vectors.endpoint,
            region: vectors.region,
        };
        Ok(Self {
            store: app.unbounded_store().await?.clone(),
            objects: app.documents().await?.0.clone(),
            // Writing only caches metadata: the rest of the memory is for the documents.
            vectors: Vectors::new(
                location,
                usize::try_from(vectors.memory_bytes / 16).unwrap_or(usize::MAX),
            ),
            extractor: extractor.with_limits(slow_lane.limits()),
            slow_lane,
            config: IngestionConfig::from_env().map_err(fault)?,
            vault: app.vault().await?.clone(),
            memory_bytes: vectors.memory_bytes,
            app,
        })
    }
}

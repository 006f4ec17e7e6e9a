//! The additional checks of `GET /health?deep=true`. They need no credentials and make
//! requests to other services, so results are cached for some seconds, and only one check
//! runs at a time.

use std::time::Duration;

use dynrag_app::App;
use dynrag_cloud::{Cloud, Objects};
use dynrag_config::{DocumentsConfig, EmbeddingModelConfig, VectorsConfig};
use dynrag_domain::{Error, Result, queues::Queue};
use dynrag_llm::{Client, EmbedError, InputType, Provider};
use futures::future::{join3, try_join_all};
use tokio::{
    sync::{Mutex, OnceCell},
    time::Instant,
};

use crate::check::{Outcome, cause, check};

/// A distant provider may take a second or two.
const LIMIT: Duration = Duration::from_secs(5);
/// How long a result is cached.
const KEPT: Duration = Duration::from_secs(15);
/// The text to embed: a token or two.
const TEXT: &str = "health";

/// Results of the checks.
#[derive(Clone, Copy)]
pub(crate) struct DeepResults {
    pub(crate) provider: Outcome,
    pub(crate) queues: Outcome,
    pub(crate) buckets: Outcome,
}

/// Clients, and their last results.
#[derive(Default)]
pub struct DeepChecks {
    embedding: OnceCell<(Client, Provider)>,
    kept: Mutex<Option<(Instant, DeepResults)>>,
}

impl DeepChecks {
    /// Runs the checks, or returns the cached results.
    pub(crate) async fn found(&self, app: &App) -> DeepResults {
        let cloud = app.cloud().await;
        let mut kept = self.kept.lock().await;
        if let Some((at, found)) = *kept
            && at.elapsed() < KEPT
        {
            return found;
        }
        let until = Instant::now() + LIMIT;
        let (provider, queues, buckets) = join3(
            check("provider", until, self.embed(cloud, until)),
            check("queues", until, queues(app)),
            check("buckets", until, buckets(cloud)),
        )
        .await;
        let found = DeepResults {
            provider,
            queues,
            buckets,
        };
        *kept = Some((Instant::now(), found));
        found
    }

    /// Embeds a word with the platform's key.
    async fn embed(&self, cloud: &Cloud, until: Instant) -> Result<(), String> {
        let (client, provider) = self
            .embedding
            .get_or_try_init(|| embedding(cloud))
            .await
            .map_err(|e| cause(&e))?;
        // The client's own deadline would report a timeout as a failure.
        let embedded = client
            .embed(provider, InputType::Query, &[TEXT], until + LIMIT)
            .await;
        match embedded {
            Ok(_) => Ok(()),
            // Every customer has its own key: only check that the provider
            // responds.
            Err(EmbedError::InvalidKey) if !provider.has_key() => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}

async fn embedding(cloud: &Cloud) -> Result<(Client, Provider)> {
    let model = EmbeddingModelConfig::from_env().map_err(Error::internal_fault)?;
    let provider = dynrag_app::embeddings::platform(cloud).await?;
    let dimensions = provider.dimensions();
    let provider = provider.with_model(model.default_model, dimensions);
    Ok((Client::new()?, provider))
}

async fn queues(app: &App) -> Result<(), String> {
    let pings = Queue::ALL
        .iter()
        .map(async |queue| app.queue(*queue).await?.ping().await);
    let asked = try_join_all(pings).await;
    asked.map(drop).map_err(|e| cause(&e))
}

async fn buckets(cloud: &Cloud) -> Result<(), String> {
    let documents = DocumentsConfig::from_env().map_err(|e| e.to_string())?;
    let vectors = VectorsConfig::from_env().map_err(|e| e.to_string())?;
    let buckets = [documents.bucket, vectors.bucket].map(|name| cloud.objects(&name));
    let asked = try_join_all(buckets.iter().map(Objects::ping)).await;
    asked.map(drop).map_err(|e| cause(&e))
}

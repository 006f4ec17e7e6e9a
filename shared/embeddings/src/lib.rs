//! The embedding provider as each customer asks it: the deployment's address, and the customer's own
//! key where it has one, otherwise the platform's. Ingestion and search must agree on it.

mod ledger;

use std::time::Duration;

use dynrag_cloud::{Cloud, Vault, vault::Purpose};
use dynrag_config::EmbeddingsConfig;
use dynrag_domain::{CustomerId, Error, Result};
use dynrag_llm::{Client, EmbeddingSettings, Provider};
use dynrag_store::Store;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

pub use crate::ledger::ledger;

/// Longest wait for one answer of the model.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Makes a [`Provider`] per customer. Built once per process.
pub struct Embeddings {
    /// Asks the providers.
    pub client: Client,
    provider: Provider,
    vault: Vault,
}

/// The secret with the platform's key.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlatformKey {
    #[serde(default)]
    api_key: SecretString,
}

/// The deployment's address with the platform's key, where there is one, and no customer's model yet.
///
/// # Errors
/// `unavailable`; `internal_error` when something is not configured.
pub async fn platform(cloud: &Cloud) -> Result<Provider> {
    let config = EmbeddingsConfig::from_env().map_err(Error::internal_fault)?;
    let json = cloud.secrets().read(&config.key_secret_arn).await?;
    let key: PlatformKey = serde_json::from_str(json.expose_secret())
        .map_err(|e| Error::internal_fault(format!("embeddings key secret: {:?}", e.classify())))?;
    let settings = EmbeddingSettings {
        base_url: config.base_url,
        api_key: Some(key.api_key).filter(|key| !key.expose_secret().is_empty()),
        // Each customer has its own.
        model: "unset".to_owned(),
        dimensions: config.dimensions,
        timeout: TIMEOUT,
    };
    Provider::new(&settings)
}

impl Embeddings {
    /// Reads address and platform key.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` when something is not configured.
    pub async fn load(cloud: &Cloud, vault: Vault) -> Result<Self> {
        Ok(Self {
            client: Client::new()?,
            provider: platform(cloud).await?,
            vault,
        })
    }

    /// The provider for a customer and a model.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` when the customer's key does not open.
    pub async fn provider(
        &self,
        store: &Store,
        customer: CustomerId,
        model: &str,
    ) -> Result<Provider> {
        let provider = self
            .provider
            .clone()
            .with_model(model, self.provider.dimensions());
        let purpose = Purpose::OpenAiKey;
        let Some(sealed) = store.read_secrets(customer, purpose.as_str()).await? else {
            return Ok(provider);
        };
        let Some(newest) = sealed.secrets.first() else {
            return Ok(provider);
        };
        let data_key = self
            .vault
            .unwrap_key(customer, &sealed.wrapped_data_key)
            .await?;
        let key = data_key.open(purpose, newest.version, &newest.nonce, &newest.ciphertext)?;
        let key = std::str::from_utf8(&key).map_err(Error::internal_fault)?;
        Ok(provider.with_key(SecretString::from(key.to_owned())))
    }
}

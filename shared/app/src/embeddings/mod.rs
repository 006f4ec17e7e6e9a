//! Access of each customer to the embedding provider: the deployment's URL, with the customer's own key
//! if it has one, otherwise the platform's. Ingestion and search must use the same.

mod ledger;
mod texts;

use std::time::Duration;

use dynrag_cloud::{Cloud, Vault, vault::Purpose};
use dynrag_config::{EmbeddingsConfig, PlatformModelsConfig};
use dynrag_domain::{
    CustomerId, Error, Kind, Result, documents::FailureCode, money::Usd, spending::Payer,
};
use dynrag_llm::{Client, EmbeddingSettings, PlatformModels, Price, Provider};
use dynrag_store::Store;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

pub use ledger::ledger;
pub use texts::{embed, is_without_vectors};

/// Longest wait for one response of the model.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Creates a [`Provider`] per customer. Built once per process.
pub struct Embeddings {
    /// The client of the providers.
    pub client: Client,
    provider: Provider,
    vault: Vault,
    models: PlatformModels,
}

/// A customer's access to a model, and who pays.
pub struct Access {
    /// The provider with the right key.
    pub provider: Provider,
    /// Whose key it is.
    pub paid_by: Payer,
    /// The price. `None`: the platform does not pay for this model.
    price: Option<Price>,
}

impl Access {
    /// Returns the price of the model.
    ///
    /// # Errors
    /// [`FailureCode::ModelNotAllowed`]: the platform does not pay for it.
    pub fn price(&self) -> std::result::Result<Price, FailureCode> {
        self.price.ok_or(FailureCode::ModelNotAllowed)
    }

    /// Returns the cost of a number of tokens.
    ///
    /// # Errors
    /// As [`price`](Self::price).
    pub fn cost(&self, tokens: u64) -> std::result::Result<Usd, FailureCode> {
        Ok(self.price()?.cost(tokens))
    }
}

/// Returns the models that the platform's key of this deployment may be used for.
///
/// # Errors
/// `internal_error` if the list cannot be parsed.
pub fn platform_models() -> Result<PlatformModels> {
    let config = PlatformModelsConfig::from_env().map_err(Error::internal_fault)?;
    PlatformModels::parse(&config.models).map_err(Error::internal_fault)
}

/// Returns the error for a model that the platform does not pay for.
pub fn model_not_allowed(model: &str, models: &PlatformModels) -> Error {
    let names: Vec<&str> = models.names().collect();
    let allowed = match names.as_slice() {
        [] => "for no model".to_owned(),
        names => format!("for {} only", names.join(", ")),
    };
    Error::new(
        Kind::Conflict,
        FailureCode::ModelNotAllowed.as_str(),
        format!(
            "The platform's key is used for you, and it pays {allowed}, not for {model}. Set your own key at \
             /api/customers/openai-key to use another model."
        ),
    )
}

/// The secret with the platform's key.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PlatformKey {
    #[serde(default)]
    api_key: SecretString,
}

/// Returns the deployment's provider with the platform's key, if there is one, and without a model.
///
/// # Errors
/// `unavailable`; `internal_error` if a setting is missing.
pub async fn platform(cloud: &Cloud) -> Result<Provider> {
    let config = EmbeddingsConfig::from_env().map_err(Error::internal_fault)?;
    let api_key = platform_key(cloud, &config).await?;
    let settings = EmbeddingSettings {
        base_url: config.base_url,
        api_key,
        // Each customer has its own.
        model: "unset".to_owned(),
        dimensions: config.dimensions,
        timeout: TIMEOUT,
    };
    Provider::new(&settings)
}

/// Returns the base URL of the deployment's provider and the platform's key, if there is one.
///
/// # Errors
/// `unavailable`; `internal_error` if a setting is missing.
pub(crate) async fn platform_endpoint(cloud: &Cloud) -> Result<(String, Option<SecretString>)> {
    let config = EmbeddingsConfig::from_env().map_err(Error::internal_fault)?;
    let key = platform_key(cloud, &config).await?;
    Ok((config.base_url, key))
}

async fn platform_key(cloud: &Cloud, config: &EmbeddingsConfig) -> Result<Option<SecretString>> {
    let json = cloud.secrets().read(&config.key_secret_arn).await?;
    let key: PlatformKey = serde_json::from_str(json.expose_secret())
        .map_err(|e| Error::internal_fault(format!("embeddings key secret: {:?}", e.classify())))?;
    Ok(Some(key.api_key).filter(|key| !key.expose_secret().is_empty()))
}

impl Embeddings {
    /// Reads the provider's URL and the platform's key.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` if a setting is missing.
    pub async fn load(cloud: &Cloud, vault: Vault) -> Result<Self> {
        Ok(Self {
            client: Client::new()?,
            provider: platform(cloud).await?,
            vault,
            models: platform_models()?,
        })
    }

    /// Returns a customer's access to a model.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` if the customer's key cannot be decrypted.
    pub async fn access(&self, store: &Store, customer: CustomerId, model: &str) -> Result<Access> {
        let provider = self
            .provider
            .clone()
            .with_model(model, self.provider.dimensions());
        let purpose = Purpose::OpenAiKey;
        let sealed = store.read_secrets(customer, purpose.as_str()).await?;
        let newest = sealed
            .as_ref()
            .and_then(|sealed| Some((sealed, sealed.secrets.first()?)));
        let Some((sealed, newest)) = newest else {
            return Ok(Access {
                provider,
                paid_by: Payer::Platform,
                price: self.models.price(model),
            });
        };
        let data_key = self
            .vault
            .unwrap_key(customer, &sealed.wrapped_data_key)
            .await?;
        let key = data_key.open(purpose, newest.version, &newest.nonce, &newest.ciphertext)?;
        let key = std::str::from_utf8(&key).map_err(Error::internal_fault)?;
        Ok(Access {
            provider: provider.with_key(SecretString::from(key.to_owned())),
            paid_by: Payer::Customer,
            price: Some(Price::listed(model)),
        })
    }

    /// Returns the length of all vectors, if the deployment fixes it.
    pub fn dimensions(&self) -> Option<u32> {
        self.provider.dimensions()
    }

    /// Returns the models that the platform's key may be used for.
    pub const fn models(&self) -> &PlatformModels {
        &self.models
    }
}

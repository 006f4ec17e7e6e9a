//! The provider of embeddings, and what the platform pays for.

use dynrag_domain::money::Usd;

use crate::{ConfigError, optional, parsed, required};

/// The OpenAI-compatible provider of embeddings.
#[derive(Clone, Debug)]
pub struct EmbeddingsConfig {
    /// `EMBEDDINGS_BASE_URL`, without a slash at the end.
    pub base_url: String,
    /// `EMBEDDING_DIMENSIONS`: asked of models that can shorten their vectors.
    pub dimensions: Option<u32>,
    /// `EMBEDDINGS_KEY_SECRET_ARN`: the platform's key, for customers without their own.
    pub key_secret_arn: String,
    /// Models that the key may be used for.
    pub models: PlatformModelsConfig,
}

impl EmbeddingsConfig {
    /// Reads the variables.
    ///
    /// # Errors
    /// A variable is missing or cannot be read.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            base_url: required("EMBEDDINGS_BASE_URL")?
                .trim_end_matches('/')
                .to_owned(),
            dimensions: match parsed("EMBEDDING_DIMENSIONS", 0)? {
                0 => None,
                n => Some(n),
            },
            key_secret_arn: required("EMBEDDINGS_KEY_SECRET_ARN")?,
            models: PlatformModelsConfig::from_env()?,
        })
    }
}

/// Embedding models that the platform's key may be asked for.
#[derive(Clone, Debug)]
pub struct PlatformModelsConfig {
    /// `PLATFORM_MODELS`, or `EMBEDDING_MODEL` where that is empty: names separated by commas, each with `=` and its
    /// price in dollars a million tokens where the price list does not have it.
    pub models: String,
}

impl PlatformModelsConfig {
    /// Reads `PLATFORM_MODELS` or `EMBEDDING_MODEL`.
    ///
    /// # Errors
    /// Both are missing.
    pub fn from_env() -> Result<Self, ConfigError> {
        let models = match optional("PLATFORM_MODELS") {
            Some(models) => models,
            None => required("EMBEDDING_MODEL")?,
        };
        Ok(Self { models })
    }
}

/// The embedding model a new customer starts with.
#[derive(Clone, Debug)]
pub struct EmbeddingModelConfig {
    /// `EMBEDDING_MODEL`.
    pub default_model: String,
    /// `PLATFORM_BUDGET_USD`: what the platform's key may cost for a new customer in a month; five dollars by default.
    pub platform_budget: Usd,
}

impl EmbeddingModelConfig {
    /// Reads `EMBEDDING_MODEL` and `PLATFORM_BUDGET_USD`.
    ///
    /// # Errors
    /// The first is missing, or the second is no amount.
    pub fn from_env() -> Result<Self, ConfigError> {
        Ok(Self {
            default_model: required("EMBEDDING_MODEL")?,
            platform_budget: parsed("PLATFORM_BUDGET_USD", Usd::from_nanos(5_000_000_000))?,
        })
    }
}

//! Provider settings: address, key and model.

use std::{fmt, time::Duration};

use dynrag_domain::{Error, Result};
use reqwest::{
    Url,
    header::{HeaderValue, InvalidHeaderValue},
};
use secrecy::{ExposeSecret, SecretString};

/// Settings as given by a deployment or a customer, not yet checked.
#[derive(Clone, Debug)]
pub struct EmbeddingSettings {
    /// Address up to and including the version, `https://api.openai.com/v1`.
    pub base_url: String,
    /// Bearer key; `None` for servers that need none.
    pub api_key: Option<SecretString>,
    /// Model name as the provider spells it.
    pub model: String,
    /// Length of the vectors. It is sent with every request and checked in every answer; `None`
    /// sends nothing (models before text-embedding-3 reject it) and accepts any.
    pub dimensions: Option<u32>,
    /// Timeout of one answer.
    pub timeout: Duration,
}

/// Checked settings. Cheap to create, so there can be one per tenant and call.
#[derive(Clone)]
pub struct Provider {
    pub(crate) endpoint: Url,
    pub(crate) api_key: Option<SecretString>,
    pub(crate) model: String,
    pub(crate) dimensions: Option<u32>,
    pub(crate) timeout: Duration,
}

impl Provider {
    /// Checks settings.
    ///
    /// # Errors
    /// An internal error if the address is not an http(s) URL or contains credentials, a query or a
    /// fragment, or if the model or the dimensions are empty: the settings must be fixed.
    pub fn new(settings: &EmbeddingSettings) -> Result<Self> {
        let mut endpoint = Url::parse(&settings.base_url)
            .map_err(|error| Error::internal_fault(format!("embedding base URL: {error}")))?;
        let plain = matches!(endpoint.scheme(), "http" | "https")
            && endpoint.has_host()
            && endpoint.username().is_empty()
            && endpoint.password().is_none()
            && endpoint.query().is_none()
            && endpoint.fragment().is_none();
        if !plain {
            return Err(Error::internal_fault(
                "the embedding base URL must be http(s)://host/path and nothing more",
            ));
        }
        if settings.model.is_empty() || settings.dimensions == Some(0) {
            return Err(Error::internal_fault("no embedding model or no dimensions"));
        }
        let path = format!("{}/embeddings", endpoint.path().trim_end_matches('/'));
        endpoint.set_path(&path);
        Ok(Self {
            endpoint,
            api_key: settings.api_key.clone(),
            model: settings.model.clone(),
            dimensions: settings.dimensions,
            timeout: settings.timeout,
        })
    }

    /// The same provider with a tenant's own key.
    #[must_use]
    pub fn with_key(mut self, api_key: SecretString) -> Self {
        self.api_key = Some(api_key);
        self
    }

    /// The same provider with another model.
    #[must_use]
    pub fn with_model(mut self, model: impl Into<String>, dimensions: Option<u32>) -> Self {
        self.model = model.into();
        self.dimensions = dimensions;
        self
    }

    /// Whether requests carry a key.
    pub fn has_key(&self) -> bool {
        self.api_key.is_some()
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Length of the vectors, if it is fixed.
    pub fn dimensions(&self) -> Option<u32> {
        self.dimensions
    }

    /// The `Authorization` header.
    pub(crate) fn authorization(&self) -> Result<Option<HeaderValue>, InvalidHeaderValue> {
        self.api_key
            .as_ref()
            .map(|key| {
                let mut value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()))?;
                value.set_sensitive(true);
                Ok(value)
            })
            .transpose()
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("endpoint", &self.endpoint.as_str())
            .field("model", &self.model)
            .field("dimensions", &self.dimensions)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(base_url: &str) -> EmbeddingSettings {
        EmbeddingSettings {
            base_url: base_url.into(),
            api_key: Some("sk-canary".into()),
            model: "m".into(),
            dimensions: Some(384),
            timeout: Duration::from_secs(30),
        }
    }

    #[test]
    fn the_address_is_completed_or_refused() {
        for base in ["https://a.example/v1", "https://a.example/v1/"] {
            let provider = Provider::new(&settings(base)).unwrap();
            assert_eq!(
                provider.endpoint.as_str(),
                "https://a.example/v1/embeddings"
            );
        }
        for bad in [
            "",
            "a.example/v1",
            "ftp://a.example",
            "file:///etc/passwd",
            "https://user:pass@a.example",
            "https://a.example/v1?x=1",
            "https://a.example/#",
        ] {
            assert!(Provider::new(&settings(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_debug_output_shows_the_key() {
        let settings = settings("https://a.example/v1");
        let provider = Provider::new(&settings).unwrap();
        let shown = format!("{settings:?} {provider:?} {:?}", provider.authorization());
        assert!(!shown.contains("canary"), "{shown}");
    }
}

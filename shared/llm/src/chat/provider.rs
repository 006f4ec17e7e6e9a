//! A chat model of a provider: address, key and name.

use std::fmt;

use async_openai::types::chat::CreateChatCompletionRequest;
use reqwest::{Url, header::HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::ChatError;

/// A model, and how it is asked.
#[derive(Clone)]
pub struct ChatProvider {
    pub(super) endpoint: Url,
    pub(super) api_key: Option<SecretString>,
    pub(super) model: String,
}

impl ChatProvider {
    /// A model behind a base URL, with a key if the server wants one.
    pub(super) fn new(base: &Url, api_key: Option<SecretString>, model: &str) -> Self {
        let mut endpoint = base.clone();
        let path = format!("{}/chat/completions", endpoint.path().trim_end_matches('/'));
        endpoint.set_path(&path);
        Self {
            endpoint,
            api_key,
            model: model.to_owned(),
        }
    }

    /// Sets the most tokens of an answer. OpenAI's models of today refuse `max_tokens`, of which the newer name is not
    /// known to all compatible servers.
    #[expect(deprecated, reason = "compatible servers know the old name only")]
    pub(super) fn limit(&self, body: &mut CreateChatCompletionRequest, tokens: u32) {
        match self.endpoint.host_str() {
            Some("api.openai.com") => body.max_completion_tokens = Some(tokens),
            _ => body.max_tokens = Some(tokens),
        }
    }

    pub(super) fn authorization(&self) -> Result<Option<HeaderValue>, ChatError> {
        let Some(key) = &self.api_key else {
            return Ok(None);
        };
        let value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()));
        let mut value = value.map_err(|_| ChatError::InvalidKey)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

impl fmt::Debug for ChatProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatProvider")
            .field("host", &self.endpoint.host_str())
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

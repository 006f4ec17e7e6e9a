//! Chat models.

use crate::optional;

/// The providers of chat models that this deployment allows, and the models that its own key pays for.
#[derive(Clone, Debug)]
pub struct ChatConfig {
    /// `CHAT_PROVIDERS`: names separated by commas, each with `=` and its base URL where it is not one of the known ones.
    pub providers: String,
    /// `PLATFORM_CHAT_MODELS`: the models that the platform's key may be used for, separated by commas, as
    /// `model=input/cached/output`, in dollars per million tokens.
    pub platform_models: String,
}

impl ChatConfig {
    /// Reads the variables; both may be empty.
    pub fn from_env() -> Self {
        Self {
            providers: optional("CHAT_PROVIDERS").unwrap_or_default(),
            platform_models: optional("PLATFORM_CHAT_MODELS").unwrap_or_default(),
        }
    }
}

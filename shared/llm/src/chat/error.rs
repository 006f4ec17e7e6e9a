//! Why a chat model gave no answer.

use std::time::Duration;

use dynrag_domain::{Error, Kind};
use reqwest::StatusCode;

use crate::{error::EmbedError, wire::Refusal};

/// Why a provider gave no answer, or only a part. The texts are for the log; none contains a key or a message.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChatError {
    /// 429: too many requests or tokens for now.
    #[error("the provider limits the rate")]
    RateLimited {
        /// The wait that the provider asked for.
        retry_after: Option<Duration>,
    },
    /// The account has no credit.
    #[error("the provider's account has no quota left")]
    InsufficientQuota,
    /// The key was rejected, or has an impossible format.
    #[error("the provider refused the key")]
    InvalidKey,
    /// The conversation is longer than the model's context.
    #[error("the request is longer than the model's context")]
    ContextTooLong,
    /// The provider rejects this request: the model or the address is at fault.
    #[error("the provider refused the request: {status} {detail}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// The provider's message, truncated and cleaned.
        detail: String,
    },
    /// No answer, or one that reports a fault of the provider.
    #[error("the provider did not answer: {0}")]
    Unavailable(String),
    /// Nothing arrived for too long.
    #[error("the provider was silent for too long")]
    Silent,
    /// The answer ended in its middle.
    #[error("the provider's answer broke off")]
    Broken,
    /// A success that cannot be used.
    #[error("the provider's answer cannot be used: {0}")]
    Malformed(&'static str),
    /// The answer is longer than any that could be used.
    #[error("the provider's answer does not end")]
    TooLong,
    /// Nobody listens to the answer any more.
    #[error("the caller is gone")]
    Cancelled,
}

impl ChatError {
    /// Its stable name, for the ledger.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate_limited",
            Self::InsufficientQuota => "insufficient_quota",
            Self::InvalidKey => "invalid_key",
            Self::ContextTooLong => "context_too_long",
            Self::Rejected { .. } => "rejected",
            Self::Unavailable(_) => "unavailable",
            Self::Silent => "silent",
            Self::Broken => "broken",
            Self::Malformed(_) => "malformed",
            Self::TooLong => "too_long",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether the provider may have charged for the request all the same.
    pub const fn may_be_charged(&self) -> bool {
        matches!(
            self,
            Self::Silent | Self::Broken | Self::Malformed(_) | Self::TooLong | Self::Cancelled
        )
    }

    /// Why there is no answer of the model, as a sentence for the caller.
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "The rate limit of the model's provider was reached.",
            Self::InsufficientQuota => "The account at the model's provider has no quota left.",
            Self::InvalidKey => "The model's provider refused the key.",
            Self::ContextTooLong => {
                "The question with its passages is longer than the model's context."
            }
            Self::Rejected { .. } => "The model's provider refused the request.",
            Self::Unavailable(_) => "The model's provider did not respond.",
            Self::Silent => "The model's provider took too long.",
            Self::Broken => "The model's answer broke off.",
            Self::Malformed(_) | Self::TooLong => "The model's answer could not be read.",
            Self::Cancelled => "The caller closed the connection.",
        }
    }

    pub(super) fn transport(error: &reqwest::Error) -> Self {
        // The address is omitted: it may hold a name of the deployment's network.
        match () {
            () if error.is_timeout() => Self::Silent,
            () if error.is_connect() => Self::Unavailable("no connection".to_owned()),
            () => Self::Unavailable("the connection broke".to_owned()),
        }
    }

    /// Maps a status other than success to an error.
    pub(super) fn refused(
        status: StatusCode,
        retry_after: Option<Duration>,
        refusal: Refusal,
        texts: &[&str],
        secret: Option<&str>,
    ) -> Self {
        match status.as_u16() {
            402 => Self::InsufficientQuota,
            429 if refusal.is_about_quota() => Self::InsufficientQuota,
            429 => Self::RateLimited { retry_after },
            401 | 403 => Self::InvalidKey,
            413 => Self::ContextTooLong,
            400 | 422 if refusal.is_about_context() => Self::ContextTooLong,
            status @ (408 | 409 | 500..) => {
                Self::Unavailable(format!("{status} {}", refusal.detail(texts, secret)))
            }
            status => Self::Rejected {
                status,
                detail: refusal.detail(texts, secret),
            },
        }
    }
}

/// Reading a body fails alike for every kind of answer.
impl From<EmbedError> for ChatError {
    fn from(error: EmbedError) -> Self {
        match error {
            EmbedError::Malformed(_) => Self::TooLong,
            _ => Self::Broken,
        }
    }
}

/// For callers that cannot answer without the model.
impl From<ChatError> for Error {
    fn from(error: ChatError) -> Self {
        let (kind, code, wait) = match &error {
            ChatError::InsufficientQuota => (Kind::PaymentRequired, "insufficient_quota", None),
            ChatError::InvalidKey => (Kind::Conflict, "chat_key_invalid", None),
            ChatError::ContextTooLong => (Kind::Invalid, "context_too_long", None),
            ChatError::Rejected { .. } => (Kind::Conflict, "chat_rejected", None),
            ChatError::RateLimited { retry_after } => {
                let wait = retry_after.unwrap_or(Duration::from_secs(5));
                (Kind::Unavailable, "chat_rate_limited", Some(wait))
            }
            _ => (Kind::Unavailable, "chat_unavailable", None),
        };
        let public = Self::new(kind, code, error.sentence()).because(error.to_string());
        match wait {
            Some(wait) => public.after(wait),
            None => public,
        }
    }
}

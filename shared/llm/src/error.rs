//! Why there are no vectors, and the consequences.

use std::time::Duration;

use dynrag_domain::{Error, Kind, documents::FailureCode};

/// Why a provider returned no vectors. The texts are for the log; none contains a key or a
/// document's text.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EmbedError {
    /// 429: too many requests or tokens for now.
    #[error("the provider limits the rate")]
    RateLimited {
        /// The wait that the provider asked for.
        retry_after: Option<Duration>,
    },
    /// The account has no credit. Waiting does not help.
    #[error("the provider's account has no quota left")]
    InsufficientQuota,
    /// The key was rejected, or has an impossible format.
    #[error("the provider refused the key")]
    InvalidKey,
    /// The provider rejects this request: the model, the address or the texts are at fault.
    #[error("the provider refused the request: {status} {detail}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// The provider's message, truncated and cleaned.
        detail: String,
    },
    /// A text is longer than the provider accepts. Nothing was sent.
    #[error("text {index} has {tokens} tokens, more than an input may have")]
    TextTooLong {
        /// Index of the text.
        index: usize,
        /// Its length.
        tokens: u64,
    },
    /// The vectors do not have the requested length.
    #[error("the provider gave vectors of length {got}, expected {expected}")]
    WrongDimensions {
        /// The requested length.
        expected: usize,
        /// The actual length.
        got: usize,
    },
    /// No answer, or one that reports a fault of the provider.
    #[error("the provider did not answer: {detail}")]
    Unavailable {
        /// What happened.
        detail: String,
        /// The wait that the provider asked for.
        retry_after: Option<Duration>,
    },
    /// A success that cannot be used: not JSON, a missing vector, an invalid number.
    #[error("the provider's answer cannot be used: {0}")]
    Malformed(String),
}

impl EmbedError {
    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::Unavailable {
            detail: detail.into(),
            retry_after: None,
        }
    }

    /// The code with which a document ends, if retrying is useless. `None` means
    /// [`EmbedError::retryable`].
    pub fn failure_code(&self) -> Option<FailureCode> {
        match self {
            Self::InsufficientQuota => Some(FailureCode::InsufficientQuota),
            Self::InvalidKey => Some(FailureCode::EmbeddingKeyInvalid),
            Self::Rejected { .. } | Self::TextTooLong { .. } | Self::WrongDimensions { .. } => {
                Some(FailureCode::EmbeddingRejected)
            }
            Self::RateLimited { .. } | Self::Unavailable { .. } | Self::Malformed(_) => None,
        }
    }

    /// Its stable name, for the ledger.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate_limited",
            Self::InsufficientQuota => "insufficient_quota",
            Self::InvalidKey => "invalid_key",
            Self::Rejected { .. } => "rejected",
            Self::TextTooLong { .. } => "text_too_long",
            Self::WrongDimensions { .. } => "wrong_dimensions",
            Self::Unavailable { .. } => "unavailable",
            Self::Malformed(_) => "malformed",
        }
    }

    /// Whether the same work may succeed later.
    pub fn retryable(&self) -> bool {
        self.failure_code().is_none()
    }

    /// The wait that the provider asked for before the next call with this key.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }
}

/// For callers that wait for an answer, such as a search: a fault of the account is a conflict with
/// the document's own code and sentence, anything else is unavailable for now.
impl From<EmbedError> for Error {
    fn from(error: EmbedError) -> Self {
        if let Some(code) = error.failure_code() {
            return Error::new(Kind::Conflict, code.as_str(), code.sentence())
                .because(error.to_string());
        }
        let unavailable = Error::new(
            Kind::Unavailable,
            "embedding_unavailable",
            "The embedding provider did not respond. Try again shortly.",
        )
        .because(error.to_string());
        match error.retry_after() {
            Some(wait) => unavailable.after(wait),
            None => unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permanent_errors_have_a_code_and_the_others_come_back() {
        let wait = Some(Duration::from_secs(7));
        let limited: Error = EmbedError::RateLimited { retry_after: wait }.into();
        assert!(limited.retryable());
        assert_eq!(limited.retry_after(), wait);
        for (error, code) in [
            (EmbedError::InsufficientQuota, "insufficient_quota"),
            (EmbedError::InvalidKey, "embedding_key_invalid"),
            (
                EmbedError::WrongDimensions {
                    expected: 2,
                    got: 1,
                },
                "embedding_rejected",
            ),
        ] {
            assert!(!error.retryable());
            let error: Error = error.into();
            assert_eq!(error.code(), code);
            assert!(!error.retryable());
        }
    }
}

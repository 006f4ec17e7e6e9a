//! Why there is no order.

use std::time::Duration;

use dynrag_web::WebError;

/// Why a reranker gave no order. `Display` is a sentence for the customer, whose reranker it is; it contains no key, no
/// text, and nothing that the server said.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RerankError {
    /// 429: too many requests for now.
    #[error("The reranker limits the rate.")]
    RateLimited {
        /// The wait that it asked for.
        retry_after: Option<Duration>,
    },
    /// 402: the account has no credit.
    #[error("The reranker's account has no quota left.")]
    InsufficientQuota,
    /// 401 or 403, or a key of an impossible form.
    #[error("The reranker refused the key.")]
    InvalidKey,
    /// The request is refused: the address or the model is at fault. Redirects are not followed.
    #[error("The reranker refused the request with status {status}.")]
    Rejected {
        /// HTTP status.
        status: u16,
    },
    /// The server reports a fault of its own.
    #[error("The reranker failed with status {status}.")]
    Unavailable {
        /// HTTP status.
        status: u16,
        /// The wait that it asked for, with 503.
        retry_after: Option<Duration>,
    },
    /// No answer before the deadline.
    #[error("The reranker did not answer in time.")]
    Timeout,
    /// No connection, no HTTP, or an address that the guard refuses.
    #[error("The reranker could not be asked. {0}")]
    Web(WebError),
    /// A success that cannot be used.
    #[error("The reranker's answer cannot be used: {0}.")]
    Malformed(&'static str),
}

impl RerankError {
    /// Its stable name, for the ledger.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::RateLimited { .. } => "rate_limited",
            Self::InsufficientQuota => "insufficient_quota",
            Self::InvalidKey => "invalid_key",
            Self::Rejected { .. } => "rejected",
            Self::Unavailable { .. } => "unavailable",
            Self::Timeout => "timeout",
            Self::Web(error) => error.code(),
            Self::Malformed(_) => "malformed",
        }
    }

    /// The wait that the reranker asked for.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after } | Self::Unavailable { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }

    /// More for the log; never for the customer.
    pub(super) fn detail(&self) -> String {
        match self {
            Self::Web(error) => error.detail(),
            other => other.to_string(),
        }
    }
}

impl From<WebError> for RerankError {
    fn from(error: WebError) -> Self {
        match error {
            WebError::Timeout => Self::Timeout,
            WebError::BodyTooLarge { .. } => Self::Malformed("it is too large"),
            error => Self::Web(error),
        }
    }
}

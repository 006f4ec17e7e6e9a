//! Why a request to a customer's address did not give an answer.

use std::time::Duration;

use dynrag_domain::{Error, Kind};

/// Why a request failed. `Display` is the sentence for the customer; [`WebError::detail`] is only
/// for the log.
///
/// A name that does not exist and a name with non-public addresses are indistinguishable to the
/// customer, in message, code and retries: otherwise anyone could use the platform to probe internal
/// DNS.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WebError {
    /// Not a URL, or longer than [`crate::MAX_URL`].
    #[error("This is not a valid web address.")]
    Invalid,
    /// The URL itself is not allowed.
    #[error("{0}")]
    Blocked(Reason),
    /// The host has no address to connect to.
    #[error("The host name has no public address. Check the spelling.")]
    Dns(DnsFailure),
    /// No connection; the detail is for the log.
    #[error("The server could not be reached.")]
    Connect(String),
    /// The TLS handshake failed; the detail is for the log.
    #[error("The server's certificate or its TLS settings are not valid for this address.")]
    Tls(String),
    /// A time limit passed.
    #[error("The server took too long to answer.")]
    Timeout,
    /// The connection ended early, or what was sent is not HTTP; the detail is for the log.
    #[error("The server's answer was cut off or is not valid HTTP.")]
    Broken(String),
    /// The headers are larger than [`crate::Limits::headers`].
    #[error("The server's answer has too many or too large headers.")]
    HeadersTooLarge,
    /// The body, decompressed, is larger than the limit in bytes.
    #[error("The page is larger than the limit of {limit} bytes.")]
    BodyTooLarge {
        /// The limit, bytes.
        limit: usize,
    },
    /// A content encoding that was not requested, or one that is damaged.
    #[error("The page is compressed in a way that cannot be read.")]
    Encoding,
    /// More redirects than the limit.
    #[error("The address redirects more than {limit} times.")]
    TooManyRedirects {
        /// The limit.
        limit: usize,
    },
    /// A redirect without a target, or with an invalid one.
    #[error("The server redirects to something that is not a web address.")]
    BadRedirect,
    /// A status other than success, where the caller wanted success.
    #[error("The server answered with status {status}.")]
    Status {
        /// The HTTP status.
        status: u16,
        /// The wait in `Retry-After`.
        retry_after: Option<Duration>,
    },
}

/// Why a URL is rejected. The reasons reveal only what is visible in the URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// Neither http nor https.
    #[error("Only http and https addresses are allowed.")]
    Scheme,
    /// Http where https is required.
    #[error("Only https addresses are allowed. The operator can allow another with WebAllow.")]
    Plain,
    /// A user name or password in the URL.
    #[error("An address must not contain a user name or password.")]
    Credentials,
    /// A port that is not open to requests.
    #[error(
        "This port is not allowed; use 80 or 443. The operator can allow another with WebAllow."
    )]
    Port,
    /// A name that is never public.
    #[error("Only public web addresses are allowed. The operator can allow another with WebAllow.")]
    Name,
    /// A literal address that is not public.
    #[error("Only public web addresses are allowed. The operator can allow another with WebAllow.")]
    Address,
}

/// Why a name gave no address; for the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DnsFailure {
    /// The resolver failed, or there is no such name.
    Failed(String),
    /// At least one of the addresses is not public.
    Blocked,
}

impl WebError {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Invalid => "url_invalid",
            Self::Blocked(_) => "url_blocked",
            Self::Dns(_) => "dns_failed",
            Self::Connect(_) => "connect_failed",
            Self::Tls(_) => "tls_failed",
            Self::Timeout => "fetch_timeout",
            Self::Broken(_) => "answer_broken",
            Self::HeadersTooLarge => "headers_too_large",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::Encoding => "encoding_unreadable",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::BadRedirect => "bad_redirect",
            Self::Status { .. } => "http_status",
        }
    }

    /// Whether the same request may succeed later.
    pub const fn retryable(&self) -> bool {
        match self {
            // Blocked answers too: see the type's documentation.
            Self::Dns(_) | Self::Connect(_) | Self::Timeout | Self::Broken(_) => true,
            Self::Status { status, .. } => matches!(*status, 408 | 425 | 429 | 500..),
            Self::Invalid
            | Self::Blocked(_)
            | Self::Tls(_)
            | Self::HeadersTooLarge
            | Self::BodyTooLarge { .. }
            | Self::Encoding
            | Self::TooManyRedirects { .. }
            | Self::BadRedirect => false,
        }
    }

    /// The wait in `Retry-After`.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether our own guard rejected it, and nothing was sent.
    pub const fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Invalid | Self::Blocked(_) | Self::Dns(DnsFailure::Blocked)
        )
    }

    /// More for the log; never for the customer.
    pub fn detail(&self) -> String {
        match self {
            Self::Blocked(reason) => format!("{reason:?}"),
            Self::Dns(DnsFailure::Blocked) => "an answer is not public".to_owned(),
            Self::Dns(DnsFailure::Failed(detail))
            | Self::Connect(detail)
            | Self::Tls(detail)
            | Self::Broken(detail) => detail.clone(),
            other => other.to_string(),
        }
    }
}

/// As the answer to a request that named the URL, such as the creation of a webhook.
impl From<WebError> for Error {
    fn from(error: WebError) -> Self {
        let kind = match error {
            WebError::BodyTooLarge { .. } => Kind::TooLarge,
            WebError::Connect(_)
            | WebError::Timeout
            | WebError::Broken(_)
            | WebError::Status { .. }
                if error.retryable() =>
            {
                Kind::Unavailable
            }
            _ => Kind::Invalid,
        };
        let mut answer = Self::new(kind, error.code(), error.to_string()).because(error.detail());
        if let Some(wait) = error.retry_after() {
            answer = answer.after(wait);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn internal_dns_cannot_be_asked_through_us() {
        let unknown = WebError::Dns(DnsFailure::Failed("no such name".to_owned()));
        let internal = WebError::Dns(DnsFailure::Blocked);
        assert_eq!(unknown.to_string(), internal.to_string());
        assert_eq!(unknown.code(), internal.code());
        assert_eq!(unknown.retryable(), internal.retryable());
        let answers = [Error::from(unknown), Error::from(internal)];
        assert_eq!(answers[0].kind(), answers[1].kind());
        assert_eq!(answers[0].public(), answers[1].public());
    }

    #[test]
    fn details_are_not_public() {
        let error = WebError::Connect("10.0.0.7 refused".to_owned());
        assert!(!error.to_string().contains("10.0.0.7"));
        let answer = Error::from(error);
        assert!(!answer.public().contains("10.0.0.7"));
        assert_eq!(answer.internal(), Some("10.0.0.7 refused"));
    }

    #[test]
    fn statuses_that_pass_are_tried_again() {
        let status = |status| WebError::Status {
            status,
            retry_after: None,
        };
        for passing in [408, 425, 429, 500, 503, 599] {
            assert!(status(passing).retryable(), "{passing}");
        }
        for lasting in [304, 400, 401, 404, 410] {
            assert!(!status(lasting).retryable(), "{lasting}");
        }
    }
}

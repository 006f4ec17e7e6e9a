//! Classifies answers from the web, and their failures.

use std::time::Duration;

use dynrag_domain::documents::{FailureCode, Format};
use dynrag_extract::detect;
use dynrag_web::{Answer, WebError};
use url::Url;

/// Attempts for a URL that may work later.
pub(crate) const TRIES: i32 = 4;
/// Longest wait granted to a server: a document does not wait longer without an attempt or a reason.
const MAX_WAIT: Duration = Duration::from_secs(14 * 60);

/// Maximum size of an answer, whatever a customer's limit is: two of them fit into the function's
/// memory.
const MOST_BYTES: usize = 100 * 1024 * 1024;

/// Maximum size of an answer, given the customer's maximum file size.
pub(crate) fn most_bytes(limit: i64) -> usize {
    usize::try_from(limit).unwrap_or(0).min(MOST_BYTES)
}

/// Why there is no content.
pub(crate) struct Refusal {
    code: FailureCode,
    /// For the log.
    detail: String,
    /// The server's status, if it answered with an error.
    http_status: Option<u16>,
    /// Transient: it may work later.
    passing: bool,
    /// The wait that the server asked for.
    wanted: Option<Duration>,
}

impl From<WebError> for Refusal {
    fn from(error: WebError) -> Self {
        let code = match &error {
            WebError::Invalid | WebError::Blocked(_) => FailureCode::UrlBlocked,
            WebError::Dns(_) => FailureCode::DnsFailed,
            WebError::Connect(_) => FailureCode::ConnectFailed,
            WebError::Tls(_) => FailureCode::TlsFailed,
            WebError::Timeout => FailureCode::FetchTimeout,
            WebError::BodyTooLarge { .. } => FailureCode::FileTooLarge,
            WebError::TooManyRedirects { .. } => FailureCode::TooManyRedirects,
            WebError::Status { .. } => FailureCode::HttpStatus,
            WebError::Broken(_)
            | WebError::HeadersTooLarge
            | WebError::Encoding
            | WebError::BadRedirect => FailureCode::AnswerBroken,
        };
        let http_status = match error {
            WebError::Status { status, .. } => Some(status),
            _ => None,
        };
        Self {
            code,
            detail: format!("{error} {}", error.detail()),
            http_status,
            passing: error.retryable(),
            wanted: error.retry_after(),
        }
    }
}

impl Refusal {
    /// Permanent.
    fn of_content(code: FailureCode, detail: &str) -> Self {
        Self {
            code,
            detail: detail.to_owned(),
            http_status: None,
            passing: false,
            wanted: None,
        }
    }

    /// The wait before the next attempt; `None` to give up.
    pub(crate) fn wait(&self, attempts: i32) -> Option<Duration> {
        if !self.passing || attempts >= TRIES {
            return None;
        }
        let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or(0);
        let backoff = Duration::from_secs(10 << doublings);
        Some(self.wanted.unwrap_or(backoff).clamp(backoff, MAX_WAIT))
    }

    pub(crate) fn code(&self) -> FailureCode {
        self.code
    }

    pub(crate) fn http_status(&self) -> Option<u16> {
        self.http_status
    }

    /// For the log.
    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }
}

/// The format of a page, primarily by its content; rejected if it is unsupported or the customer does
/// not allow it.
pub(crate) fn format(answer: &Answer, allowed: &[String]) -> Result<Format, Refusal> {
    let refuse = Refusal::of_content;
    if answer.body.iter().all(u8::is_ascii_whitespace) {
        return Err(refuse(
            FailureCode::EmptyDocument,
            "nothing but white space",
        ));
    }
    let declared = Format::from_media_type(answer.header("content-type"));
    let format = detect(&answer.body, declared, file_name(&answer.url).as_deref())
        .ok_or_else(|| refuse(FailureCode::UnsupportedType, "unsupported file type"))?;
    if !allowed.iter().any(|name| name == format.as_str()) {
        return Err(refuse(FailureCode::UnsupportedType, format.as_str()));
    }
    Ok(format)
}

/// The last path segment of a URL, if it looks like a file name.
pub(crate) fn file_name(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    let name: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    (name.contains('.') && !name.ends_with('.')).then_some(name)
}

/// A header to keep, unless it is implausibly long.
pub(crate) fn kept<'a>(answer: &'a Answer, name: &str, most: usize) -> Option<&'a str> {
    let value = answer.header(name);
    (!value.is_empty() && value.len() <= most).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_a_few_times_and_later_each_time() {
        let status = |status| {
            Refusal::from(WebError::Status {
                status,
                retry_after: None,
            })
        };
        let waits: Vec<_> = (1..=4).map(|n| status(503).wait(n)).collect();
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(waits, [seconds(10), seconds(20), seconds(40), None]);
        assert_eq!(status(404).wait(1), None);
        let told = Refusal::from(WebError::Status {
            status: 429,
            retry_after: Some(Duration::from_secs(86_400)),
        });
        assert_eq!(told.wait(1), Some(MAX_WAIT));
    }

    #[test]
    fn a_file_is_named_by_its_address() {
        let name = |url: &str| file_name(&Url::parse(url).unwrap());
        assert_eq!(
            name("https://a.example/x/y.pdf?z").as_deref(),
            Some("y.pdf")
        );
        assert_eq!(name("https://a.example/x/"), None);
        assert_eq!(name("https://a.example/page"), None);
    }
}

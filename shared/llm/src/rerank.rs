//! Orders texts by a reranker: `POST <url>` in the shape that Cohere, Jina, llama.cpp and others share.
//!
//! The request is `{model, query, documents}`, which is what all of them require and nothing that one of them refuses:
//! Voyage answers 400 to Cohere's `top_n`, Cohere 422 to fields that it does not know, which `return_documents` is in v2.
//! Without a limit all score all texts. The answer has a list, `results` (Voyage calls it
//! `data`), of `{index, relevance_score}` (or `score`), in any order, and says what was charged in
//! `meta.billed_units.search_units` (Cohere) or `usage.total_tokens` (Jina, Voyage, llama.cpp).
//!
//! Sources: Cohere's reference of v1 and v2 (<https://docs.cohere.com/reference/rerank>), Jina's
//! (<https://jina.ai/reranker>), Voyage's (<https://docs.voyageai.com/reference/reranker-api>), llama.cpp's server
//! (`tools/server/README.md`, `POST /reranking`); for what is refused, HKUDS/LightRAG#1813.
//!
//! The URL is a customer's: requests go through the guard of [`dynrag_web`], https only, without redirects.

mod answer;
mod error;

use std::{fmt, time::Duration};

use chrono::Utc;
use dynrag_domain::Result;
use dynrag_web::{Answer, Limits, Settings, WebError};
use reqwest::{
    Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::retry;

pub use answer::Reranked;
pub use error::RerankError;

/// Characters of a text that are sent, about 2,000 tokens: more than most rerankers read.
pub const MAX_TEXT: usize = 8_000;
/// Bytes of an answer: a hundred results take 10 kB, and the rest is for servers that return the texts, unasked.
const MAX_ANSWER: usize = 8 * 1024 * 1024;
/// Requests for an order, the first included.
const TRIES: u32 = 2;
/// Least time a request is worth.
const LEAST: Duration = Duration::from_millis(100);
/// Longest exchange, whatever deadline is given.
const LONGEST: Duration = Duration::from_secs(30);

/// A reranker: where it is, its model, and the key.
#[derive(Clone)]
pub struct Reranker {
    /// Where to post.
    pub url: Url,
    /// The model's name.
    pub model: String,
    /// Bearer key; `None` for servers that need none.
    pub api_key: Option<SecretString>,
}

impl fmt::Debug for Reranker {
    /// Without the key, and without the URL's query, which may hold another.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reranker")
            .field("host", &self.url.host_str())
            .field("model", &self.model)
            .finish_non_exhaustive()
    }
}

/// A request that was sent to a reranker, whatever its outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RerankCall {
    /// Attempt number, starting at 1.
    pub attempt: u32,
    /// Number of texts.
    pub texts: usize,
    /// `ok`, or the name of the failure.
    pub outcome: &'static str,
    /// Searches that the reranker charges; 0 if it gave no answer.
    pub units: u32,
    /// Tokens that it reports; 0 if it does not.
    pub tokens: u64,
}

/// Asks rerankers. Build one per process; clones share connections.
#[derive(Clone)]
pub struct RerankClient {
    web: dynrag_web::Client,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    query: &'a str,
    documents: &'a [&'a str],
}

impl RerankClient {
    /// Builds the client. The policy is made https only, and the limits are this client's own.
    ///
    /// # Errors
    /// An internal error if the system has no TLS roots.
    pub fn new(settings: Settings) -> Result<Self> {
        let web = dynrag_web::Client::new(Settings {
            policy: settings.policy.https_only(),
            limits: Limits {
                first_byte: LONGEST,
                whole: LONGEST,
                body: MAX_ANSWER,
                ..Limits::default()
            },
            ..settings
        })?;
        Ok(Self { web })
    }

    /// Scores texts for a query, before a deadline, and records each request. Texts are cut after [`MAX_TEXT`]
    /// characters.
    ///
    /// Asks once, and a second time only after a 429 or 503 whose `Retry-After` fits before the deadline.
    ///
    /// # Errors
    /// See [`RerankError`]. An answer that does not score each text exactly once is none.
    pub async fn rerank(
        &self,
        reranker: &Reranker,
        query: &str,
        texts: &[&str],
        deadline: Instant,
        calls: &mut Vec<RerankCall>,
    ) -> Result<Reranked, RerankError> {
        let documents: Vec<&str> = texts.iter().map(|text| cut(text)).collect();
        let request = Request {
            model: &reranker.model,
            query,
            documents: &documents,
        };
        let body = serde_json::to_vec(&request)
            .map_err(|_| RerankError::Malformed("the request cannot be written"))?;
        let headers = headers(reranker)?;
        for attempt in 1.. {
            let sent = self.web.call(&reranker.url, headers.clone(), body.clone());
            let answer = timeout_at(deadline, sent).await;
            let result = answer
                .unwrap_or(Err(WebError::Timeout))
                .map_err(RerankError::from)
                .and_then(|answer| read(&answer, documents.len()));
            let (outcome, units, tokens) = match &result {
                Ok(reranked) => ("ok", reranked.units, reranked.tokens),
                Err(error) => (error.code(), 0, 0),
            };
            calls.push(RerankCall {
                attempt,
                texts: documents.len(),
                outcome,
                units,
                tokens,
            });
            let error = match result {
                Ok(reranked) => return Ok(reranked),
                Err(error) => error,
            };
            tracing::warn!(code = error.code(), attempt, texts = documents.len(), detail = %error.detail(), "rerank request failed");
            let again = error.retry_after().map(|wait| Instant::now() + wait);
            match again.filter(|again| attempt < TRIES && *again + LEAST <= deadline) {
                Some(again) => sleep_until(again).await,
                None => return Err(error),
            }
        }
        Err(RerankError::Timeout)
    }
}

fn headers(reranker: &Reranker) -> Result<HeaderMap, RerankError> {
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, json.clone()), (ACCEPT, json)]);
    if let Some(key) = &reranker.api_key {
        let value = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret()));
        let mut value = value.map_err(|_| RerankError::InvalidKey)?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    Ok(headers)
}

/// Reads an answer of any status for a number of texts.
fn read(answer: &Answer, texts: usize) -> Result<Reranked, RerankError> {
    if answer.status.is_success() {
        return answer::parse(&answer.body, texts);
    }
    let retry_after = retry::retry_after(&answer.headers, Utc::now());
    Err(match answer.status.as_u16() {
        401 | 403 => RerankError::InvalidKey,
        402 => RerankError::InsufficientQuota,
        429 => RerankError::RateLimited { retry_after },
        status @ (408 | 500..) => RerankError::Unavailable {
            status,
            retry_after: retry_after.filter(|_| status == 503),
        },
        // Redirects too: they are not followed.
        status => RerankError::Rejected { status },
    })
}

/// The first characters of a text.
fn cut(text: &str) -> &str {
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_debug_output_shows_a_key() {
        let reranker = Reranker {
            url: Url::parse("https://a.example/v1/rerank?key=canary-url").unwrap(),
            model: "m".to_owned(),
            api_key: Some("canary-key".into()),
        };
        let shown = format!("{reranker:?} {:?}", headers(&reranker));
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("a.example"), "{shown}");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let long = "é".repeat(MAX_TEXT + 1);
        assert_eq!(cut(&long).chars().count(), MAX_TEXT);
        assert_eq!(cut("short"), "short");
    }
}

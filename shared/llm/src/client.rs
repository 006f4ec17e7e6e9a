//! The client: one request, with a few retries if the provider falters.

use std::{sync::Arc, time::Duration};

use async_openai::types::embeddings::{CreateEmbeddingRequest, EmbeddingInput, EncodingFormat};
use chrono::Utc;
use dynrag_domain::{Error, Result};
use reqwest::{StatusCode, header::AUTHORIZATION, redirect};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep_until};

use crate::{
    error::EmbedError,
    gate::Gate,
    inputs::InputType,
    provider::Provider,
    retry::{self, TRIES},
    wire::{Embedded, Refusal, max_answer, parse_answer, read_body, transport},
};

/// Least time a request is worth: with less left, no answer would arrive.
const LEAST: Duration = Duration::from_millis(200);

/// A request that was sent to a provider, whatever its outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    /// Attempt number for these texts, starting at 1.
    pub attempt: u32,
    /// Number of texts in it.
    pub inputs: usize,
    /// `ok`, or the name of the failure.
    pub outcome: &'static str,
    /// Tokens the provider charges; 0 if it gave no answer.
    pub prompt_tokens: u64,
}

/// Requests embeddings from providers. Build one per process; clones share connections.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    gate: Arc<Gate>,
}

/// The HTTP client for providers.
pub(crate) fn http() -> Result<reqwest::Client> {
    // No redirects: they would send texts to an address that was never configured. No proxy from the environment, for the
    // same reason.
    reqwest::Client::builder()
        .user_agent(concat!("dynamic-rag/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(60))
        .build()
        .map_err(|error| Error::internal_fault(format!("HTTP client: {error}")))
}

impl Client {
    /// Builds the client.
    ///
    /// # Errors
    /// An internal error if the system has no TLS roots.
    pub fn new() -> Result<Self> {
        Ok(Self {
            http: http()?,
            gate: Arc::default(),
        })
    }

    /// Embeds 1 to 2,048 texts, none of them empty, in one request. A model that wants to know their type
    /// is sent them with its [prefix](InputType::prefix).
    ///
    /// Makes up to three attempts, never before a `Retry-After` has passed (of any call of this
    /// process for the same key and model), and not after the deadline. A wait that does not fit
    /// before the deadline is not started: the error contains its length, and the caller retries
    /// later.
    ///
    /// # Errors
    /// See [`EmbedError`].
    pub async fn embed<S: AsRef<str>>(
        &self,
        provider: &Provider,
        input: InputType,
        texts: &[S],
        deadline: Instant,
    ) -> Result<Embedded, EmbedError> {
        self.embed_noting(provider, input, texts, deadline, &mut Vec::new())
            .await
    }

    /// Like [`embed`](Self::embed), and records each request.
    ///
    /// # Errors
    /// See [`EmbedError`].
    pub async fn embed_noting<S: AsRef<str>>(
        &self,
        provider: &Provider,
        input: InputType,
        texts: &[S],
        deadline: Instant,
        calls: &mut Vec<Call>,
    ) -> Result<Embedded, EmbedError> {
        let before = calls.len();
        let mut failures = 0;
        loop {
            self.wait_for_gate(provider, deadline).await?;
            let mut note = |outcome, prompt_tokens| {
                calls.push(Call {
                    attempt: u32::try_from(calls.len() - before).unwrap_or(u32::MAX - 1) + 1,
                    inputs: texts.len(),
                    outcome,
                    prompt_tokens,
                });
            };
            let error = match self.ask(provider, input, texts, deadline, &mut note).await {
                Ok(embedded) => return Ok(embedded),
                Err(error) => error,
            };
            failures += 1;
            let wait = error.retry_after();
            let again = Instant::now() + wait.unwrap_or_else(|| retry::backoff(failures));
            if wait.is_some() {
                self.gate.close(provider, again);
            }
            tracing::warn!(
                %error,
                failures,
                texts = texts.len(),
                retry_after_ms = wait.map(|wait| wait.as_millis() as u64),
                "embedding request failed"
            );
            if !error.retryable() || failures == TRIES || again + LEAST > deadline {
                return Err(error);
            }
            sleep_until(again).await;
        }
    }

    /// Waits while the account is closed; gives up at once if that exceeds the deadline.
    async fn wait_for_gate(
        &self,
        provider: &Provider,
        deadline: Instant,
    ) -> Result<(), EmbedError> {
        // A loop: while this call slept, another may have been told to wait longer.
        while let Some(until) = self.gate.closed_until(provider) {
            if until + LEAST > deadline {
                let wait = until.saturating_duration_since(Instant::now());
                return Err(EmbedError::RateLimited {
                    retry_after: Some(wait),
                });
            }
            sleep_until(until).await;
        }
        Ok(())
    }

    /// One request, and a second for servers that do not support base64.
    async fn ask<S: AsRef<str>>(
        &self,
        provider: &Provider,
        input: InputType,
        texts: &[S],
        deadline: Instant,
        note: &mut impl FnMut(&'static str, u64),
    ) -> Result<Embedded, EmbedError> {
        let prefix = input.prefix(&provider.model);
        let mut request = CreateEmbeddingRequest {
            model: provider.model.clone(),
            input: EmbeddingInput::StringArray(
                texts
                    .iter()
                    .map(|text| [prefix, text.as_ref()].concat())
                    .collect(),
            ),
            // Half the bytes of decimal numbers, and exact.
            encoding_format: Some(EncodingFormat::Base64),
            user: None,
            dimensions: provider.dimensions,
        };
        loop {
            let post = self.request(provider, &request, deadline)?;
            let response = match post.send().await {
                Ok(response) => response,
                Err(error) => {
                    let error = transport(error);
                    note(error.code(), 0);
                    return Err(error);
                }
            };
            let status = response.status();
            if status.is_success() {
                let answer = read_body(response, max_answer(texts.len()))
                    .await
                    .and_then(|body| parse_answer(&body, texts.len(), provider.dimensions));
                match &answer {
                    Ok(embedded) => note("ok", embedded.prompt_tokens),
                    Err(error) => note(error.code(), 0),
                }
                return answer;
            }
            let retry_after = retry::retry_after(response.headers(), Utc::now());
            let refusal = Refusal::read(response).await;
            let refused_base64 = matches!(status.as_u16(), 400 | 422)
                && refusal.is_about_encoding()
                && request.encoding_format.take().is_some();
            if refused_base64 {
                note("encoding_refused", 0);
            } else {
                let secret = provider.api_key.as_ref().map(ExposeSecret::expose_secret);
                let error = refused(status, retry_after, refusal, texts, secret);
                note(error.code(), 0);
                return Err(error);
            }
        }
    }

    fn request(
        &self,
        provider: &Provider,
        request: &CreateEmbeddingRequest,
        deadline: Instant,
    ) -> Result<reqwest::RequestBuilder, EmbedError> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left < LEAST {
            return Err(EmbedError::unavailable("no time left"));
        }
        let mut post = self
            .http
            .post(provider.endpoint.clone())
            .timeout(provider.timeout.min(left))
            .json(request);
        if let Some(value) = provider
            .authorization()
            .map_err(|_| EmbedError::InvalidKey)?
        {
            post = post.header(AUTHORIZATION, value);
        }
        Ok(post)
    }
}

/// Maps a status other than success to an error.
fn refused<S: AsRef<str>>(
    status: StatusCode,
    retry_after: Option<Duration>,
    refusal: Refusal,
    texts: &[S],
    secret: Option<&str>,
) -> EmbedError {
    match status.as_u16() {
        402 => EmbedError::InsufficientQuota,
        429 if refusal.is_about_quota() => EmbedError::InsufficientQuota,
        429 => EmbedError::RateLimited { retry_after },
        401 | 403 => EmbedError::InvalidKey,
        408 | 409 | 500.. => EmbedError::Unavailable {
            detail: format!("{} {}", status.as_u16(), refusal.detail(texts, secret)),
            retry_after,
        },
        // Redirects too: they are not followed, so the address is wrong.
        status => EmbedError::Rejected {
            status,
            detail: refusal.detail(texts, secret),
        },
    }
}

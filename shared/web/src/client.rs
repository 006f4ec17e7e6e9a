//! The client: pages are fetched hop by hop, webhooks and calls of services follow nothing.

use std::{error::Error as StdError, io, sync::Arc, time::Duration};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use dynrag_domain::{Error, Result};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, ACCEPT_ENCODING, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, RETRY_AFTER},
};
use reqwest::{Certificate, RequestBuilder, Response, redirect, retry};
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

use crate::{
    body::{self, Overflow, Packing},
    error::WebError,
    guard::{Policy, Route},
    lookup::{Checked, Lookup, LookupError, SystemLookup, Unchecked},
};

/// Bytes kept of a body that is not the page asked for: an error's, or a webhook receiver's answer.
const SIDE_BODY: usize = 16 * 1024;

/// Time and size limits of an exchange.
#[derive(Clone, Debug)]
pub struct Limits {
    /// To resolve the name, connect and agree on TLS.
    pub connect: Duration,
    /// From the start of a hop to the headers of its answer; includes `connect`.
    pub first_byte: Duration,
    /// For everything, redirects and body included.
    pub whole: Duration,
    /// Bytes of a page, decompressed.
    pub body: usize,
    /// Bytes of the names and values of an answer's headers.
    pub headers: usize,
    /// Maximum redirects of one fetch.
    pub redirects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(15),
            whole: Duration::from_secs(30),
            body: 20 * 1024 * 1024,
            headers: 64 * 1024,
            redirects: 5,
        }
    }
}

/// Options of a [`Client`].
#[derive(Clone)]
pub struct Settings {
    /// Allowed addresses.
    pub policy: Policy,
    /// Time and size limits.
    pub limits: Limits,
    /// `DynamicRAG/1.2 (+https://…)`.
    pub user_agent: String,
    /// Resolves names.
    pub lookup: Arc<dyn Lookup>,
    /// Additional certificate authorities, PEM.
    pub roots: Vec<Vec<u8>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            limits: Limits::default(),
            user_agent: concat!("DynamicRAG/", env!("CARGO_PKG_VERSION")).to_owned(),
            lookup: Arc::new(SystemLookup),
            roots: Vec::new(),
        }
    }
}

/// Options of a request.
#[derive(Clone, Default, Debug)]
pub struct Get<'a> {
    /// `Accept`; anything where empty.
    pub accept: Option<&'a str>,
    /// The `ETag` of the copy at hand, as the server gave it.
    pub etag: Option<&'a str>,
    /// The `Last-Modified` of the copy at hand, as the server gave it.
    pub last_modified: Option<&'a str>,
    /// Bytes of the body, where other than [`Limits::body`].
    pub max_body: Option<usize>,
    /// What to do with a larger body.
    pub overflow: Overflow,
}

/// A server's answer, with any status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The URL after redirects.
    pub url: Url,
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, decompressed. At most 16 KiB of it where the status is no success.
    pub body: Vec<u8>,
    /// Whether the body is truncated.
    pub cut: bool,
}

impl Answer {
    /// A header as text; empty where it is missing or not text.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// The wait in `Retry-After`.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(RETRY_AFTER.as_str()).trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let at = DateTime::parse_from_rfc2822(text).ok()?;
        (at.with_timezone(&Utc) - Utc::now()).to_std().ok()
    }

    /// Returns the answer if its status is a success.
    ///
    /// # Errors
    /// [`WebError::Status`].
    pub fn success(self) -> Result<Self, WebError> {
        match self.status.is_success() {
            true => Ok(self),
            false => Err(WebError::Status {
                status: self.status.as_u16(),
                retry_after: self.retry_after(),
            }),
        }
    }
}

/// Sends requests to customer-supplied URLs. Build one per process; clones share connections.
///
/// It sends no cookies, no `Referer` and no credentials, uses no proxy, and connects only to
/// addresses that [`Policy`] allows. A kept-alive connection is only reused for the same scheme, host
/// and port, and its address was checked when it was made.
#[derive(Clone)]
pub struct Client {
    policy: Policy,
    limits: Limits,
    public: reqwest::Client,
    /// For hosts that the deployment allows, if there are any. A separate client, because a resolver
    /// does not see the port and so cannot distinguish `host:8080`, which is allowed, from `host:80`,
    /// which is not.
    vouched: Option<reqwest::Client>,
}

impl Client {
    /// Builds the client.
    ///
    /// # Errors
    /// An internal fault where the system has no TLS roots or a setting is not valid.
    pub fn new(settings: Settings) -> Result<Self> {
        let public = build(&settings, Checked(Arc::clone(&settings.lookup)))?;
        let vouched = match settings.policy.has_allowed() {
            true => Some(build(&settings, Unchecked(Arc::clone(&settings.lookup)))?),
            false => None,
        };
        Ok(Self {
            policy: settings.policy,
            limits: settings.limits,
            public,
            vouched,
        })
    }

    /// Allowed addresses.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Fetches a page, through at most [`Limits::redirects`] redirects, each of which is checked like
    /// the first address. A redirect from https to http is followed: nothing secret is sent.
    ///
    /// # Errors
    /// See [`WebError`]; a status other than success is an [`Answer`], see [`Answer::success`].
    pub async fn get(&self, url: &Url, ask: &Get<'_>) -> Result<Answer, WebError> {
        let deadline = Instant::now() + self.limits.whole;
        let fetched = timeout_at(deadline, self.follow(url.clone(), ask)).await;
        fetched.unwrap_or(Err(WebError::Timeout))
    }

    /// Sends a body, follows no redirect and keeps the first 16 KiB of the answer. Once a status has
    /// arrived the answer is complete: what goes wrong with its body only cuts it.
    ///
    /// # Errors
    /// See [`WebError`]; a status other than success is an [`Answer`].
    pub async fn post(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Answer, WebError> {
        let deadline = Instant::now() + self.limits.whole;
        let request = self.http(url)?.post(url.clone());
        let sent = self.send(request.headers(headers).body(body.into()));
        let response = timeout_at(deadline, sent).await;
        let response = response.unwrap_or(Err(WebError::Timeout))?;
        let mut answer = empty(url.clone(), &response);
        let read = body::read(response, Packing::Plain, SIDE_BODY, Overflow::Cut, classify);
        (answer.body, answer.cut) = match timeout_at(deadline, read).await {
            Ok(Ok(read)) => read,
            Ok(Err(_)) | Err(_) => (Vec::new(), true),
        };
        Ok(answer)
    }

    /// Sends a body to a service and reads the whole answer, up to [`Limits::body`]. Follows no redirect.
    ///
    /// # Errors
    /// See [`WebError`]; a status other than success is an [`Answer`].
    pub async fn call(
        &self,
        url: &Url,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Answer, WebError> {
        let deadline = Instant::now() + self.limits.whole;
        let request = self.http(url)?.post(url.clone());
        let request = request.headers(headers).body(body.into());
        let answered = timeout_at(deadline, async {
            let response = self.send(request).await?;
            self.read(url.clone(), response, &Get::default()).await
        });
        answered.await.unwrap_or(Err(WebError::Timeout))
    }

    async fn follow(&self, mut url: Url, ask: &Get<'_>) -> Result<Answer, WebError> {
        for _ in 0..=self.limits.redirects {
            url.set_fragment(None);
            let request = self.http(&url)?.get(url.clone());
            let response = self.send(with_headers(request, ask)?).await?;
            if matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                url = target(&url, response.headers())?;
                continue;
            }
            return self.read(url, response, ask).await;
        }
        Err(WebError::TooManyRedirects {
            limit: self.limits.redirects,
        })
    }

    async fn read(&self, url: Url, response: Response, ask: &Get<'_>) -> Result<Answer, WebError> {
        let mut answer = empty(url, &response);
        if !answer.status.is_success() {
            // The status is what matters; a body that cannot be read takes nothing from it.
            let side = body::read(response, Packing::Plain, SIDE_BODY, Overflow::Cut, classify);
            (answer.body, answer.cut) = side.await.unwrap_or((Vec::new(), true));
            return Ok(answer);
        }
        let packing = Packing::of(&answer.headers)?;
        let limit = ask.max_body.unwrap_or(self.limits.body);
        (answer.body, answer.cut) =
            body::read(response, packing, limit, ask.overflow, classify).await?;
        Ok(answer)
    }

    /// The client for a URL, after every check that needs no DNS.
    fn http(&self, url: &Url) -> Result<&reqwest::Client, WebError> {
        match self.policy.route(url)? {
            Route::Public => Ok(&self.public),
            Route::Vouched => Ok(self.vouched.as_ref().unwrap_or(&self.public)),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, WebError> {
        let sent = timeout(self.limits.first_byte, request.send()).await;
        let response = sent.map_err(|_| WebError::Timeout)?.map_err(classify)?;
        let size: usize = response
            .headers()
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if size > self.limits.headers {
            return Err(WebError::HeadersTooLarge);
        }
        Ok(response)
    }
}

fn build(
    settings: &Settings,
    resolver: impl reqwest::dns::Resolve + 'static,
) -> Result<reqwest::Client> {
    let fault =
        |error: &dyn std::fmt::Display| Error::internal_fault(format!("HTTP client: {error}"));
    let mut roots = Vec::new();
    for pem in &settings.roots {
        roots.push(Certificate::from_pem(pem).map_err(|error| fault(&error))?);
    }
    let user_agent = HeaderValue::from_str(&settings.user_agent).map_err(|error| fault(&error))?;
    let headers = u32::try_from(settings.limits.headers).unwrap_or(u32::MAX);
    reqwest::Client::builder()
        .user_agent(user_agent)
        .redirect(redirect::Policy::none())
        // A proxy would resolve names by itself; a webhook must not be sent twice behind our back.
        .no_proxy()
        .retry(retry::never())
        .referer(false)
        .dns_resolver(resolver)
        .tls_certs_merge(roots)
        .http2_max_header_list_size(headers)
        .connect_timeout(settings.limits.connect)
        .pool_idle_timeout(Duration::from_secs(30))
        .pool_max_idle_per_host(4)
        .build()
        .map_err(|error| fault(&error))
}

fn with_headers(mut request: RequestBuilder, ask: &Get<'_>) -> Result<RequestBuilder, WebError> {
    let headers = [
        (ACCEPT, Some(ask.accept.unwrap_or("*/*"))),
        (ACCEPT_ENCODING, Some("gzip")),
        (IF_NONE_MATCH, ask.etag),
        (IF_MODIFIED_SINCE, ask.last_modified),
    ];
    for (name, value) in headers {
        // A validator that is no header is left out: the page comes in full.
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
            request = request.header(name, value);
        }
    }
    Ok(request)
}

/// Target of a redirect; not yet checked.
fn target(from: &Url, headers: &HeaderMap) -> Result<Url, WebError> {
    let location = headers.get(LOCATION).ok_or(WebError::BadRedirect)?;
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| WebError::BadRedirect)?;
    from.join(location).map_err(|_| WebError::BadRedirect)
}

fn empty(url: Url, response: &Response) -> Answer {
    Answer {
        url,
        status: response.status(),
        headers: response.headers().clone(),
        body: Vec::new(),
        cut: false,
    }
}

/// Names what went wrong below HTTP.
fn classify(error: reqwest::Error) -> WebError {
    // Without the URL: its query may hold a customer's secret.
    let error = error.without_url();
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&error);
    let mut last = error.to_string();
    while let Some(current) = cause {
        if let Some(LookupError(failure)) = current.downcast_ref() {
            return WebError::Dns(failure.clone());
        }
        if let Some(tls) = tls_error(current) {
            return WebError::Tls(tls.to_string());
        }
        last = current.to_string();
        cause = current.source();
    }
    match () {
        () if error.is_timeout() => WebError::Timeout,
        () if error.is_connect() => WebError::Connect(last),
        () if error.is_builder() => WebError::Invalid,
        () => WebError::Broken(last),
    }
}

/// The TLS error within an error. An `io::Error` is not the source of what it wraps, and wraps others
/// of its kind.
fn tls_error<'a>(mut error: &'a (dyn StdError + 'static)) -> Option<&'a rustls::Error> {
    while let Some(inner) = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        error = inner;
    }
    error.downcast_ref()
}

//! `Idempotency-Key`: a repeated POST gets the first response, and nothing is done twice.
//!
//! The request is read and hashed before the caller is known. [`Caller`](crate::Caller) calls
//! [`Attempt::begin`], and `guard` stores the response. Only successful responses are stored: after an error
//! the same key may be sent with a corrected request.
//!
//! A signed webhook has its own key, the `webhook-id` that its signature covers: the handler that verified it
//! calls [`Attempt::begin_as`].

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use dynrag_domain::{Error, Kind, Result};
use dynrag_store::{
    Store,
    admission::Admission,
    idempotency::{Found, Repeatable},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use memchr::memmem;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{body_bytes, problem::Failure, route_name::RouteName};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// A request with this header may use it as its key.
const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const MAX_KEY: usize = 255;
/// Longest JSON that is searched for a password.
const MAX_WITH_PASSWORD: usize = 128 * 1024;

/// Marks a response that is never stored.
#[derive(Clone, Copy)]
pub(crate) struct NotStored;

/// Marks a request of a client that reconnects to a stream.
#[derive(Clone, Copy)]
pub(crate) struct Reconnects;

/// A request that may be a repeat, on its way to the handler.
#[derive(Clone)]
pub struct Attempt {
    /// `Idempotency-Key`.
    key: Option<String>,
    hash: [u8; 32],
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
enum State {
    /// No caller has been admitted yet.
    #[default]
    Unknown,
    First(Store, Repeatable),
    Answered(u16, Vec<u8>),
}

impl Attempt {
    fn new(key: Option<String>, hash: [u8; 32]) -> Self {
        Self {
            key,
            hash,
            state: Arc::default(),
        }
    }

    fn set(&self, state: State) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    fn take(&self) -> State {
        std::mem::take(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins the request once the caller is known. An error ends the request: it is a repeat.
    ///
    /// # Errors
    /// As [`begin_as`](Self::begin_as).
    pub async fn begin(&self, store: &Store, caller: &Admission, route: RouteName) -> Result<()> {
        match &self.key {
            Some(key) => self.begin_as(store, caller, route, key).await,
            None => Ok(()),
        }
    }

    /// As [`begin`](Self::begin), with a key other than the header's.
    ///
    /// # Errors
    /// `idempotency_key_reused` (invalid), `request_under_way` and `answer_not_kept` (conflict);
    /// for a repeat with a stored response, an error that the guard replaces with that response.
    pub async fn begin_as(
        &self,
        store: &Store,
        caller: &Admission,
        route: RouteName,
        key: &str,
    ) -> Result<()> {
        let request = Repeatable {
            tenant: caller.tenant(),
            principal: caller.principal,
            route: route.0,
            key: key.to_owned(),
            request_hash: self.hash,
        };
        match store.begin_request(&request).await? {
            Found::First => {
                self.set(State::First(store.clone(), request));
                Ok(())
            }
            Found::Answered {
                status,
                body: Some(body),
            } => {
                self.set(State::Answered(status, body));
                Err(Error::internal_fault("a repeat is answered by the guard"))
            }
            Found::Answered { body: None, .. } => Err(Error::new(
                Kind::Conflict,
                "answer_not_kept",
                "This request was already completed. Its response contained a secret or text of documents, which is sent once and not stored.",
            )),
            Found::UnderWay(wait) => Err(Error::new(
                Kind::Conflict,
                "request_under_way",
                "The first request with this Idempotency-Key is still in progress. Try again shortly.",
            )
            .after(wait)),
            Found::Other => Err(Error::new(
                Kind::Invalid,
                "idempotency_key_reused",
                "This Idempotency-Key was used for a different request. Use a new key for a new request.",
            )),
        }
    }

    /// Keeps the request for longer than other routes take.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn extend(&self, lease: Duration) -> Result<()> {
        let state = self.take();
        let extended = match &state {
            State::First(store, request) => store.extend_request(request, lease).await,
            _ => Ok(()),
        };
        self.set(state);
        extended
    }

    /// Takes the request's end out of the guard's hands, for work that ends after its response has begun: [`Deferred::end`] says
    /// what came of it. None for a request without a key.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn defer(&self, lease: Duration) -> Result<Option<Deferred>> {
        match self.take() {
            State::First(store, request) => match store.extend_request(&request, lease).await {
                Ok(()) => Ok(Some(Deferred { store, request })),
                Err(error) => {
                    self.set(State::First(store, request));
                    Err(error)
                }
            },
            other => {
                self.set(other);
                Ok(None)
            }
        }
    }

    async fn end(&self, response: Response) -> Response {
        match self.take() {
            State::Unknown => response,
            State::Answered(status, body) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
                let json = HeaderValue::from_static("application/json");
                let told = [
                    (header::CONTENT_TYPE, json),
                    (REPLAYED, HeaderValue::from_static("true")),
                ];
                (status, told, body).into_response()
            }
            State::First(store, request) if !response.status().is_success() => {
                logged("forget", store.forget_request(&request).await);
                response
            }
            State::First(store, request) if response.extensions().get::<NotStored>().is_some() => {
                let status = response.status().as_u16();
                logged("keep", store.keep_answer(&request, status, None).await);
                response
            }
            State::First(store, request) => {
                let (parts, body) = response.into_parts();
                // Our own body, already in memory.
                let body = match body.collect().await {
                    Ok(body) => body.to_bytes(),
                    Err(e) => return Failure(Error::internal_fault(e)).into_response(),
                };
                let status = parts.status.as_u16();
                logged(
                    "keep",
                    store.keep_answer(&request, status, Some(&body)).await,
                );
                Response::from_parts(parts, Body::from(body))
            }
        }
    }
}

/// A request with a key whose work has not ended.
pub struct Deferred {
    store: Store,
    request: Repeatable,
}

impl Deferred {
    /// Marks the request as completed, without a response that could be repeated; one that failed may be sent again.
    pub async fn end(self, succeeded: bool) {
        let ended = match succeeded {
            true => self.store.keep_answer(&self.request, 200, None).await,
            false => self.store.forget_request(&self.request).await,
        };
        logged("end", ended);
    }
}

/// Logs a failure to store a response. The request has succeeded and must not fail because of it.
fn logged(what: &'static str, outcome: Result<()>) {
    if let Err(error) = outcome {
        let cause = error.internal();
        tracing::warn!(what, cause, "response of an idempotency key was not stored");
    }
}

/// Middleware around every POST.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    // The client asks for the rest of what it began: nothing is done again.
    if request.extensions().get::<Reconnects>().is_some() {
        return next.run(request).await;
    }
    let key = match key(request.headers()) {
        Ok(None) if !request.headers().contains_key(WEBHOOK_ID) => {
            return next.run(request).await;
        }
        Ok(key) => key,
        Err(error) => return Failure(error).into_response(),
    };
    let (parts, body) = request.into_parts();
    let bytes = match body_bytes(Request::new(body)).await {
        Ok(bytes) => bytes,
        Err(error) => return Failure(error).into_response(),
    };
    let hash = hash(
        parts.uri.path_and_query().map_or("", |all| all.as_str()),
        &parts.headers,
        &bytes,
    );
    let attempt = Attempt::new(key, hash);
    let mut request = Request::from_parts(parts, Body::from(bytes));
    request.extensions_mut().insert(attempt.clone());
    let response = next.run(request).await;
    attempt.end(response).await
}

fn key(headers: &HeaderMap) -> Result<Option<String>> {
    let mut values = headers.get_all(&KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let text = value.to_str().map(str::trim).unwrap_or_default();
    if values.next().is_some() || text.is_empty() || text.len() > MAX_KEY {
        return Err(Error::new(
            Kind::Invalid,
            "invalid_idempotency_key",
            format!("Idempotency-Key must be one value of 1 to {MAX_KEY} ASCII characters."),
        ));
    }
    Ok(Some(text.to_owned()))
}

/// Hashes a request. The boundary of a multipart body is left out, as clients choose a new one for each attempt. So is
/// a password, which could be guessed from the stored hash.
fn hash(path: &str, headers: &HeaderMap, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(path.as_bytes());
    hash.update(b"\n");
    let Some(boundary) = boundary(headers) else {
        match without_password(body) {
            Some(rest) => hash.update(rest.to_string()),
            None => hash.update(body),
        }
        return hash.finalize().into();
    };
    let mut from = 0;
    let ends = memmem::find_iter(body, boundary.as_bytes()).chain([body.len()]);
    for at in ends {
        let part = &body[from..at];
        // The presence of a password is part of the hash.
        hash.update(if is_password(part) {
            &b"password"[..]
        } else {
            part
        });
        from = at + boundary.len();
    }
    hash.finalize().into()
}

/// Returns a JSON body with its password replaced by a marker. Bodies with a password are small.
fn without_password(body: &[u8]) -> Option<Value> {
    if body.len() > MAX_WITH_PASSWORD {
        return None;
    }
    let mut value: Value = serde_json::from_slice(body).ok()?;
    *value.get_mut("password")? = Value::Bool(true);
    Some(value)
}

/// Whether a part of a form is named `password`.
fn is_password(part: &[u8]) -> bool {
    let head = memmem::find(part, b"\r\n\r\n").map_or(part, |end| &part[..end]);
    [&b"name=\"password\""[..], b"name=password"]
        .iter()
        .any(|name| memmem::find(head, name).is_some())
}

fn boundary(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let (kind, rest) = value.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = rest.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim()
            .eq_ignore_ascii_case("boundary")
            .then(|| value.trim().trim_matches('"'))
    })?;
    (!boundary.is_empty()).then_some(boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_key_must_be_one_short_value() {
        assert_eq!(key(&HeaderMap::new()).unwrap(), None);
        let taken = key(&headers(KEY, " a-1 ")).unwrap();
        assert_eq!(taken.as_deref(), Some("a-1"));
        for bad in ["", " ", &"x".repeat(256)] {
            assert!(key(&headers(KEY, bad)).is_err(), "{bad}");
        }
        let mut two = headers(KEY, "a");
        two.append(KEY, HeaderValue::from_static("b"));
        assert!(key(&two).is_err());
    }

    #[test]
    fn the_hash_of_a_form_ignores_its_boundary() {
        let form = |boundary: &str, text: &str| {
            let content_type = format!("multipart/form-data; boundary={boundary}");
            let body = format!("--{boundary}\r\n\r\n{text}\r\n--{boundary}--\r\n");
            hash(
                "/p",
                &headers(header::CONTENT_TYPE, &content_type),
                body.as_bytes(),
            )
        };
        assert_eq!(form("aaa", "text"), form("bbbb", "text"));
        assert_ne!(form("aaa", "text"), form("aaa", "other"));
        let with = |password: &str| {
            let field = "Content-Disposition: form-data; name=\"password\"";
            form(
                "aaa",
                &format!("text\r\n--aaa\r\n{field}\r\n\r\n{password}"),
            )
        };
        assert_eq!(with("one"), with("another"));
        assert_ne!(with("one"), form("aaa", "text"));
        let json = headers(header::CONTENT_TYPE, "application/json");
        let retry = |body: &str| hash("/p", &json, body.as_bytes());
        assert_eq!(
            retry(r#"{"password": "one"}"#),
            retry(r#"{"p\u0061ssword":"two"}"#)
        );
        assert_ne!(retry(r#"{"password": "one"}"#), retry("{}"));
        assert_ne!(
            retry(r#"{"password": "one", "size": 1}"#),
            retry(r#"{"password": "one", "size": 2}"#)
        );
        assert_ne!(hash("/p", &json, b"{}"), hash("/p?x", &json, b"{}"));
        assert_ne!(hash("/p", &json, b"{}"), hash("/p", &json, b"{ }"));
    }
}

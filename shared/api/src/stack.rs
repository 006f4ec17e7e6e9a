//! The middleware around every handler, outermost first.

use std::{
    sync::{Arc, OnceLock},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use dynrag_domain::{CustomerId, Error, Kind};
use dynrag_store::rate_limits::RateLimit;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use lambda_http::RequestExt;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    extract::MAX_BODY,
    links, oauth_error, openai_error,
    problem::{self, Failure},
    route_name::RouteName,
};

/// Reserved from the function's timeout, so that the response can still be sent.
const RESERVE: Duration = Duration::from_millis(500);

/// What extractors note about a request, for its response and its log line.
#[derive(Clone, Default)]
pub struct RequestLog(Arc<OnceLock<(Option<CustomerId>, Vec<RateLimit>)>>);

impl RequestLog {
    /// Records the admitted customer, if any, and the limits that apply. The first record stays.
    pub fn note(&self, customer: Option<CustomerId>, limits: Vec<RateLimit>) {
        self.0.get_or_init(|| (customer, limits));
    }

    fn get(&self) -> Option<&(Option<CustomerId>, Vec<RateLimit>)> {
        self.0.get()
    }
}

/// Puts the stack around a router: request id, span and log line → problem documents and headers →
/// panic catcher → path → deadline → routes. Handlers decide about callers by their signatures.
pub fn wrap(router: Router) -> Router {
    surround(
        router
            .fallback(async |request: Request| match request.uri().path() {
                path if openai_error::is_at(path) => {
                    Failure(openai_error::unknown(request.method(), path))
                }
                _ => Failure(Error::not_found("route")),
            })
            .method_not_allowed_fallback(async || {
                Failure(Error::new(
                    Kind::NotFound,
                    "method_not_allowed",
                    "This path does not support this method. Check the method and the path.",
                ))
            }),
    )
}

/// Returns the router that rejects requests that are invalid in HTTP, with the same stack around it.
pub(crate) fn refusal() -> Router {
    surround(Router::new().fallback(async || {
        Failure(Error::new(
            Kind::Malformed,
            "malformed_request",
            "A header, the path or the query has characters that HTTP does not allow there, control characters for \
             example, or is too long. Send the request without them.",
        ))
    }))
}

fn surround(router: Router) -> Router {
    router
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(from_fn(deadline))
        .layer(from_fn(plain_path))
        .layer(CatchPanicLayer::custom(
            |_: Box<dyn std::any::Any + Send>| {
                // The panic hook has logged it.
                Failure(Error::internal_fault("handler panicked")).into_response()
            },
        ))
        .layer(from_fn(observe))
}

/// Rejects paths that a URL parser would change. The gateway decodes the path before it passes it on, and
/// `lambda_http` drops line breaks and resolves dot segments when it builds the URI.
async fn plain_path(request: Request, next: Next) -> Response {
    let path = request.raw_http_path();
    let path = if path.is_empty() {
        request.uri().path()
    } else {
        path
    };
    let dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    };
    let odd = |c: char| c.is_control() || matches!(c, '\\' | '?' | '#');
    if path.contains(odd) || path.trim() != path || path.split('/').any(dots) {
        return Failure(Error::not_found("route")).into_response();
    }
    next.run(request).await
}

async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = request
        .lambda_context_ref()
        .map(|context| context.request_id.clone())
        .filter(|id| !id.is_empty())
        .unwrap_or_else(|| Uuid::new_v4().to_string());
    let facts = RequestLog::default();
    request.extensions_mut().insert(facts.clone());
    let path = request.uri().path().to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!("request", request_id = %request_id);

    let has_token = request.headers().contains_key(header::AUTHORIZATION);
    let origin = links::origin(&request);
    let answer = next.run(request).instrument(span.clone());
    let mut response = links::scope(origin.clone(), answer).await;

    let _guard = span.enter();
    let route = response.extensions().get::<RouteName>().map(|name| name.0);
    let customer = facts
        .get()
        .and_then(|(customer, _)| customer.map(|id| id.to_string()));
    let failure = response.extensions_mut().remove::<Failure>();
    let status = response.status().as_u16();
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let code = failure.as_ref().map(|f| f.0.code());
    let cause = failure.as_ref().and_then(|f| f.0.internal());
    if status >= 500 {
        tracing::error!(%method, route, customer_id = customer, status, took_ms, code, cause, "request failed");
    } else {
        tracing::info!(%method, route, customer_id = customer, status, took_ms, code, cause, "request");
    }
    if let Some(Failure(error)) = &failure {
        response = document(error, &path, &request_id);
    } else if response.status().is_client_error() && !is_written(response.headers()) {
        // A rejection by the framework.
        response = document(&framework(response.status()), &path, &request_id);
    }
    if status == 401 && path == "/mcp" {
        challenge(response.headers_mut(), &origin, has_token);
    }
    let limits = facts.get().map_or(&[][..], |(_, limits)| limits);
    finish(response, &request_id, limits)
}

/// Tells an MCP client where it learns how to get a token (RFC 9728).
fn challenge(headers: &mut HeaderMap, origin: &str, has_token: bool) {
    // RFC 6750, section 3.1: whether it is worth to refresh.
    let error = match has_token {
        true => "error=\"invalid_token\", ",
        false => "",
    };
    let metadata = format!("{origin}/.well-known/oauth-protected-resource/mcp");
    let challenge = format!("Bearer {error}resource_metadata=\"{metadata}\"");
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        headers.insert(header::WWW_AUTHENTICATE, challenge);
    }
}

/// An error in the form that the clients of a path know.
fn document(error: &Error, path: &str, request_id: &str) -> Response {
    match path {
        path if openai_error::is_at(path) => openai_error::document(error),
        path if oauth_error::is_at(path) => oauth_error::document(error, path),
        _ => problem::document(error, path, request_id),
    }
}

/// Whether a handler has written the body: JSON, or a page.
fn is_written(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE);
    media_type.is_some_and(|value| {
        let value = value.as_bytes();
        value.starts_with(b"application/json") || value.starts_with(b"text/html")
    })
}

fn framework(status: StatusCode) -> Error {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => crate::extract::body_too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Error::new(
            Kind::UnsupportedType,
            "unsupported_media_type",
            "This content type is not supported here.",
        ),
        _ => Error::new(
            Kind::Malformed,
            "malformed_request",
            "The request is malformed.",
        ),
    }
}

async fn deadline(request: Request, next: Next) -> Response {
    let left = request.lambda_context_ref().and_then(|context| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Duration::from_millis(context.deadline)
            .checked_sub(now)?
            .checked_sub(RESERVE)
    });
    let route = next.run(request);
    let Some(left) = left else { return route.await };
    match tokio::time::timeout(left, route).await {
        Ok(response) => response,
        Err(_) => Failure(
            Error::new(
                Kind::Unavailable,
                "deadline_exceeded",
                "The request took too long. Try again.",
            )
            .because("function deadline"),
        )
        .into_response(),
    }
}

fn finish(mut response: Response<Body>, request_id: &str, limits: &[RateLimit]) -> Response {
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(HeaderName::from_static("x-request-id"), request_id);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "no-referrer");
    set(
        header::STRICT_TRANSPORT_SECURITY,
        "max-age=63072000; includeSubDomains",
    );
    set(header::CACHE_CONTROL, "no-store");
    if !limits.is_empty() {
        set(
            HeaderName::from_static("ratelimit-policy"),
            &list(limits, |limit| {
                format!("q={};w={}", limit.quota, limit.window)
            }),
        );
        set(
            HeaderName::from_static("ratelimit"),
            &list(limits, |limit| {
                format!("r={};t={}", limit.left, limit.reset)
            }),
        );
    }
    response
}

/// A structured field of draft-ietf-httpapi-ratelimit-headers: a list of policies by name, with parameters.
fn list(limits: &[RateLimit], parameters: impl Fn(&RateLimit) -> String) -> String {
    let items = limits
        .iter()
        .map(|limit| format!("\"{}\";{}", limit.policy, parameters(limit)));
    items.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use dynrag_store::rate_limits::Policy;

    use super::*;

    #[test]
    fn the_headers_list_every_limit() {
        let limit = |policy, quota, left, reset, window| RateLimit {
            policy,
            quota,
            left,
            reset,
            window,
        };
        let limits = [
            limit(Policy::Reads, 600, 598, 1, 60),
            limit(Policy::Day, 50_000, 49_990, 3_600, 86_400),
        ];
        let answer = finish(Response::default(), "r1", &limits);
        assert_eq!(
            answer.headers()["ratelimit-policy"],
            r#""reads";q=600;w=60, "day";q=50000;w=86400"#
        );
        assert_eq!(
            answer.headers()["ratelimit"],
            r#""reads";r=598;t=1, "day";r=49990;t=3600"#
        );
        let answer = finish(Response::default(), "r1", &[]);
        assert!(!answer.headers().contains_key("ratelimit"));
        assert_eq!(answer.headers()["x-request-id"], "r1");
    }
}

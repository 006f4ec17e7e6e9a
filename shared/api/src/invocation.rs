//! Events of the gateway as requests. An event that cannot become a request is rejected with 400.
//!
//! `lambda_http` fails the whole invocation for a header that `http` rejects and panics for an invalid URI. For the
//! caller, either is a 502 with Lambda's own text; for the operator, an error of the platform.

use std::task::{Context, Poll, ready};

use http::{HeaderValue, Method, Uri, header};
use lambda_http::{
    LambdaEvent, Service, aws_lambda_events::apigw::ApiGatewayV2httpRequest, request::LambdaRequest,
};
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny},
};
use serde_json::value::RawValue;
use url::Url;

/// Longest URI in bytes that `http` accepts.
const MAX_ADDRESS: usize = u16::MAX as usize - 1;

/// An event of API Gateway or of a function URL.
pub(crate) enum Event {
    /// A request for the routes.
    Readable(LambdaRequest),
    /// The method and path of a request that is invalid in HTTP.
    Refused(LambdaRequest),
}

/// The fields that every such event has.
#[derive(Deserialize)]
struct Shape {
    #[serde(rename = "rawPath")]
    _raw_path: IgnoredAny,
    #[serde(rename = "requestContext")]
    _request_context: ContextShape,
}

#[derive(Deserialize)]
struct ContextShape {
    #[serde(rename = "http")]
    _http: IgnoredAny,
}

/// The fields of a rejected request that the response and the log contain.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    raw_path: String,
    request_context: HeadContext,
}

#[derive(Deserialize)]
struct HeadContext {
    http: HeadHttp,
}

#[derive(Deserialize)]
struct HeadHttp {
    method: String,
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match serde_json::from_str::<ApiGatewayV2httpRequest>(raw.get()) {
            Ok(request) if is_plain(&request) => {
                Ok(Self::Readable(LambdaRequest::ApiGatewayV2(request)))
            }
            Ok(_) => Ok(Self::Refused(head(raw.get()))),
            // Other events are an error of the invoker.
            Err(_) if serde_json::from_str::<Shape>(raw.get()).is_ok() => {
                Ok(Self::Refused(head(raw.get())))
            }
            Err(error) => Err(D::Error::custom(error)),
        }
    }
}

fn head(raw: &str) -> LambdaRequest {
    let mut request = ApiGatewayV2httpRequest::default();
    request.raw_path = Some("/".to_owned());
    if let Ok(head) = serde_json::from_str::<Head>(raw) {
        let method = Method::from_bytes(head.request_context.http.method.as_bytes());
        request.request_context.http.method = method.unwrap_or_default();
        let mut with_path = request.clone();
        with_path.raw_path = Some(head.raw_path);
        if is_plain(&with_path) {
            request = with_path;
        }
    }
    LambdaRequest::ApiGatewayV2(request)
}

/// Whether `lambda_http` can build a request from it: it assembles the URI from these parts.
fn is_plain(request: &ApiGatewayV2httpRequest) -> bool {
    let text = |name| {
        request
            .headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let host = text(header::HOST)
        .or(request.request_context.domain_name.as_deref())
        .unwrap_or("localhost");
    let scheme = text(header::HeaderName::from_static("x-forwarded-proto")).unwrap_or("https");
    let path = request.raw_path.as_deref().unwrap_or_default();
    let query = request.raw_query_string.as_deref().unwrap_or_default();
    let Ok(url) = Url::parse(&format!("{scheme}://{host}{path}")) else {
        return false;
    };
    let address = format!("{url}?{query}");
    let cookies = request.cookies.as_deref().unwrap_or_default();
    (path.is_empty() || path.starts_with('/'))
        && address.len() <= MAX_ADDRESS
        && Uri::try_from(address).is_ok()
        && cookies
            .iter()
            .all(|cookie| HeaderValue::from_str(cookie).is_ok())
}

/// Sends requests to the routes and rejects the rest.
#[derive(Clone)]
pub(crate) struct Gate<S> {
    pub(crate) routes: S,
    pub(crate) refusal: S,
}

impl<S: Service<LambdaEvent<LambdaRequest>>> Service<LambdaEvent<Event>> for Gate<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        ready!(self.routes.poll_ready(cx))?;
        self.refusal.poll_ready(cx)
    }

    fn call(&mut self, event: LambdaEvent<Event>) -> S::Future {
        let (event, context) = event.into_parts();
        match event {
            Event::Readable(request) => self.routes.call(LambdaEvent::new(request, context)),
            Event::Refused(request) => self.refusal.call(LambdaEvent::new(request, context)),
        }
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::Request;
    use serde_json::{Value, json};

    use super::*;

    fn event(change: impl FnOnce(&mut Value)) -> String {
        let mut event: Value =
            serde_json::from_str(include_str!("../../../events/http/documents-list.json")).unwrap();
        change(&mut event);
        event.to_string()
    }

    /// Whether an event is for the routes. Neither rejected nor accepted events cause a panic.
    fn readable(event: &str) -> bool {
        match serde_json::from_str::<Event>(event).unwrap() {
            Event::Readable(request) => {
                let request: Request = request.into();
                !request.headers().is_empty()
            }
            Event::Refused(request) => {
                let request: Request = request.into();
                assert!(request.headers().is_empty());
                false
            }
        }
    }

    #[test]
    fn valid_requests_go_to_the_routes() {
        assert!(readable(&event(|_| {})));
        let queries = ["", "a=%00&b=ü", "q=a|b^c`d{e}\\", "a=1#x", "a=%zz"];
        for query in queries {
            assert!(
                readable(&event(|e| e["rawQueryString"] = json!(query))),
                "{query}"
            );
        }
        for path in [
            "/api/documents/../x",
            "/api/a b",
            "/api/ü",
            "/api//",
            "/a\u{0}b\\?#",
        ] {
            assert!(readable(&event(|e| e["rawPath"] = json!(path))), "{path}");
        }
        assert!(readable(&event(
            |e| e["headers"]["x-note"] = json!("Grüße, 你好")
        )));
    }

    #[test]
    fn requests_invalid_in_http_are_rejected() {
        let header = |name: &'static str, value: &'static str| {
            event(move |e| e["headers"][name] = json!(value))
        };
        for refused in [
            header("user-agent", "x\u{7f}y"),
            header("user-agent", "x\u{0}y"),
            header("x-note", "a\r\nb: c"),
            header("bad name", "x"),
            header("", "x"),
            header("host", "["),
            header("host", "a b"),
            header("x-forwarded-proto", "not a scheme"),
            event(|e| e["cookies"] = json!(["a=1", "b=\u{1}"])),
            event(|e| e["rawQueryString"] = json!("a=b c")),
            event(|e| e["rawQueryString"] = json!("a=<b>")),
            event(|e| e["rawQueryString"] = json!("a=\u{1}")),
            event(|e| e["rawQueryString"] = json!("a".repeat(70_000))),
            event(|e| e["rawPath"] = json!(format!("/{}", "a".repeat(70_000)))),
            event(|e| e["rawPath"] = json!("@evil.example:x/")),
            event(|e| e["requestContext"]["http"]["method"] = json!("G E T")),
            // A lone surrogate: JSON that is not a valid string.
            event(|_| {}).replace("/api/documents\"", "/api/\\udc80\""),
        ] {
            assert!(!readable(&refused), "{:.300}", refused);
        }
    }

    #[test]
    fn a_rejected_request_keeps_its_method_and_path() {
        let bad = event(|e| {
            e["headers"]["user-agent"] = json!("\u{7f}");
            e["requestContext"]["http"]["method"] = json!("DELETE");
        });
        let Ok(Event::Refused(request)) = serde_json::from_str(&bad) else {
            panic!("not refused")
        };
        let request: Request = request.into();
        assert_eq!(request.method(), Method::DELETE);
        assert_eq!(request.uri().path(), "/api/documents");
    }

    #[test]
    fn an_event_that_is_not_a_request_fails() {
        for other in ["null", "{}", r#"{"Records": []}"#, r#"{"rawPath": "/"}"#] {
            assert!(serde_json::from_str::<Event>(other).is_err(), "{other}");
        }
    }
}

//! A response of the API, and what every response must contain.

use reqwest::{RequestBuilder, header::HeaderMap};
use serde_json::Value;

/// A response with its body.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub path: String,
}

impl Answer {
    /// Sends a request to one of our functions and checks the headers that every response must have.
    #[track_caller]
    pub fn of(request: RequestBuilder) -> impl Future<Output = Self> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = Self::raw(request).await;
            let header = |name: &str| answer.headers.get(name).and_then(|v| v.to_str().ok());
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                (
                    "strict-transport-security",
                    "max-age=63072000; includeSubDomains",
                ),
                ("cache-control", "no-store"),
            ] {
                assert_eq!(header(name), Some(value), "{name} of {answer} at {caller}");
            }
            assert!(
                header("x-request-id").is_some_and(|id| !id.is_empty()),
                "{answer} at {caller}"
            );
            answer
        }
    }

    /// Sends a request without checking the response.
    pub async fn raw(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.expect("a request");
        let path = request.url().path().to_owned();
        let response = client.execute(request).await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.expect("a body").to_vec();
        Self {
            status,
            headers,
            body,
            path,
        }
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// The JSON of a response that must have this status.
    #[track_caller]
    pub fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(self.headers["content-type"], "application/json", "{self}");
        self.json()
    }

    /// A header of the response.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The problem document of a response, which must have this status and code, and be complete.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self}");
        assert_eq!(
            self.headers["content-type"], "application/problem+json",
            "{self}"
        );
        let body = self.json();
        assert_eq!(body["code"], code, "{self}");
        assert_eq!(
            body["type"],
            format!("urn:dynamic-rag:problem:{code}"),
            "{self}"
        );
        assert_eq!(body["status"], status, "{self}");
        assert!(
            body["title"]
                .as_str()
                .is_some_and(|title| !title.is_empty()),
            "{self}"
        );
        assert!(
            body["detail"]
                .as_str()
                .is_some_and(|detail| detail.len() > 10),
            "{self}"
        );
        assert_eq!(
            body["requestId"],
            self.headers["x-request-id"].to_str().unwrap(),
            "{self}"
        );
        let instance = body["instance"].as_str().unwrap_or_default();
        assert!(
            !instance.is_empty() && self.path.ends_with(instance),
            "{instance}: {self}"
        );
        body
    }

    /// Checks that the response is a 422 with exactly these fields.
    #[track_caller]
    pub fn bad_fields(&self, pointers: &[&str]) {
        let body = self.problem(422, "invalid_fields");
        let errors = body["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("{self}"));
        let found: Vec<_> = errors
            .iter()
            .map(|e| e["pointer"].as_str().unwrap())
            .collect();
        assert_eq!(found, pointers, "{self}");
        assert!(
            errors
                .iter()
                .all(|e| e["detail"].as_str().is_some_and(|d| !d.is_empty())),
            "{self}"
        );
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        write!(f, "{} answered {} {:.600}", self.path, self.status, body)
    }
}

/// A string in the JSON of a response.
#[track_caller]
pub fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

/// A problem without the parts that differ for every request.
pub fn form(answer: &Answer) -> Value {
    let mut body = answer.json();
    let fields = body.as_object_mut().expect("a problem");
    fields.remove("requestId");
    fields.remove("instance");
    body
}

//! Errors as RFC 9457 problem documents: the only place where a kind of error becomes a status.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use dynrag_domain::{Error, Kind};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

/// A problem document (RFC 9457).
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "written by `document`")]
pub(crate) struct Problem {
    /// `urn:dynamic-rag:problem:` followed by the code.
    r#type: String,
    title: String,
    status: u16,
    /// What happened and what to do next, for people.
    detail: String,
    /// The requested path.
    instance: String,
    /// Stable error code for programs.
    code: String,
    request_id: String,
    /// The invalid fields.
    errors: Option<Vec<ProblemField>>,
    /// The result of each check of `health-get`.
    checks: Option<BTreeMap<String, String>>,
}

/// An invalid field.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "written by `document`")]
pub(crate) struct ProblemField {
    /// The field in the body, as a JSON pointer (RFC 6901).
    pointer: String,
    detail: String,
}

/// A handler's error. It is carried in the response's extensions until the stack, which knows the request,
/// writes the document.
#[derive(Clone, Debug)]
pub struct Failure(pub Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<dynrag_config::ConfigError> for Failure {
    fn from(error: dynrag_config::ConfigError) -> Self {
        Self(Error::internal_fault(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status(self.0.kind()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Returns the HTTP status of a kind.
pub fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Malformed => StatusCode::BAD_REQUEST,
        Kind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::PaymentRequired => StatusCode::PAYMENT_REQUIRED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The members of the document that do not depend on the request.
pub fn members(error: &Error) -> Map<String, Value> {
    let status = status(error.kind());
    let mut body = Map::new();
    body.insert(
        "type".into(),
        format!("urn:dynamic-rag:problem:{}", error.code()).into(),
    );
    body.insert(
        "title".into(),
        status.canonical_reason().unwrap_or("Error").into(),
    );
    body.insert("status".into(), status.as_u16().into());
    body.insert("detail".into(), error.public().into());
    body.insert("code".into(), error.code().into());
    if !error.fields().is_empty() {
        let fields: Vec<Value> = error
            .fields()
            .iter()
            .map(|f| json!({"pointer": f.pointer, "detail": f.detail}))
            .collect();
        body.insert("errors".into(), fields.into());
    }
    for (name, value) in error.members() {
        body.insert(name.clone(), value.clone());
    }
    body
}

/// Writes the document.
pub(crate) fn document(error: &Error, instance: &str, request_id: &str) -> Response {
    let mut body = members(error);
    body.insert("instance".into(), instance.into());
    body.insert("requestId".into(), request_id.into());
    let body = Value::Object(body).to_string();
    let media_type = HeaderValue::from_static("application/problem+json");
    response(error, status(error.kind()), media_type, body)
}

/// An error with the headers that tell clients what to do.
pub(crate) fn response(
    error: &Error,
    status: StatusCode,
    media_type: HeaderValue,
    body: String,
) -> Response {
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, media_type);
    if error.kind() == Kind::Unauthenticated {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(wait) = error.retry_after() {
        headers.insert(
            header::RETRY_AFTER,
            HeaderValue::from(wait.as_secs().max(1)),
        );
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn members_of_an_error_are_in_the_problem_document() {
        let error = Error::unavailable("cause").with("checks", json!({"database": "failed"}));
        let body = document(&error, "/x", "r1").into_body();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["checks"], json!({"database": "failed"}));
        assert_eq!(body["code"], "unavailable");
    }

    #[test]
    fn an_internal_error_does_not_disclose_its_cause() {
        let response = document(&Error::internal_fault("secret path"), "/x", "r1");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
    }
}

//! Errors of the OpenAI-compatible routes, in the form that OpenAI's clients know.

use axum::response::Response;
use dynrag_domain::{Error, Kind};
use http::{HeaderValue, Method, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem;

/// Operations of OpenAI that have nothing to do with documents.
const ELSEWHERE: [&str; 18] = [
    "assistants",
    "audio",
    "batches",
    "chatkit",
    "completions",
    "containers",
    "conversations",
    "evals",
    "fine_tuning",
    "graders",
    "images",
    "moderations",
    "organization",
    "prompts",
    "realtime",
    "skills",
    "threads",
    "videos",
];

/// What to do with a file that a request cannot have.
const TOO_LARGE: &str = "A body may have at most 4500000 bytes. Send a larger file in parts of at most 4000000 bytes with POST \
/v1/uploads (part_size=4_000_000 in OpenAI's clients).";

/// An error as OpenAI has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OpenAiErrorBody {
    error: OpenAiError,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
struct OpenAiError {
    /// What happened and what to do next, for people.
    message: String,
    r#type: &'static str,
    /// The first invalid parameter.
    #[schema(required)]
    param: Option<String>,
    /// Stable error code for programs.
    #[schema(required)]
    code: Option<String>,
}

/// Whether a path is one of OpenAI's clients.
pub fn is_at(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}

/// The error for an operation that is not served.
pub(crate) fn unknown(method: &Method, path: &str) -> Error {
    let noun = path.trim_start_matches("/v1").split('/').nth(1);
    match noun.filter(|noun| ELSEWHERE.contains(noun)) {
        Some(noun) => Error::new(
            Kind::Malformed,
            "unsupported_operation",
            format!(
                "{method} {path} is not served here: there is nothing of OpenAI's {noun} API. Models, chat completions, responses, \
                 embeddings, files, uploads and vector stores are served."
            ),
        ),
        None => Error::new(
            Kind::NotFound,
            "unknown_url",
            format!("Unknown request URL: {method} {path}. Check the method and the path."),
        ),
    }
}

/// The status with which OpenAI answers a kind of error.
fn status(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        // Its clients know an exhausted budget by this status and `insufficient_quota`.
        Kind::PaymentRequired => StatusCode::TOO_MANY_REQUESTS,
        kind => problem::status(kind),
    }
}

/// An error as its clients know it.
pub fn body(error: &Error) -> OpenAiErrorBody {
    let r#type = match error.kind() {
        Kind::Unauthenticated => "authentication_error",
        Kind::Forbidden => "permission_error",
        Kind::PaymentRequired => "insufficient_quota",
        Kind::RateLimited => "rate_limit_error",
        Kind::Unavailable | Kind::Internal => "server_error",
        Kind::Malformed
        | Kind::Invalid
        | Kind::NotFound
        | Kind::Conflict
        | Kind::TooLarge
        | Kind::UnsupportedType => "invalid_request_error",
    };
    // The codes that clients act on; all others are ours.
    let code = match (error.kind(), error.code()) {
        (Kind::Unauthenticated, "unauthenticated") => "invalid_api_key",
        (Kind::PaymentRequired, _) => "insufficient_quota",
        (Kind::RateLimited, "rate_limited") => "rate_limit_exceeded",
        (_, code) => code,
    };
    let fields: Vec<(String, &str)> = error
        .fields()
        .iter()
        .map(|field| (parameter(&field.pointer), field.detail.as_str()))
        .collect();
    let mut message = match fields.is_empty() {
        true if error.code() == "body_too_large" => TOO_LARGE.to_owned(),
        true => error.public().to_owned(),
        false => "Some parameters are not valid.".to_owned(),
    };
    for (name, detail) in &fields {
        message.push_str(&match name.is_empty() {
            true => format!(" The body must be: {detail}."),
            false => format!(" '{name}': {detail}."),
        });
    }
    let first = fields.into_iter().map(|(name, _)| name).next();
    OpenAiErrorBody {
        error: OpenAiError {
            message,
            r#type,
            param: first.filter(|name| !name.is_empty()),
            code: Some(code.to_owned()),
        },
    }
}

/// `/input/0/role` → `input[0].role`.
fn parameter(pointer: &str) -> String {
    let mut name = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        match part.bytes().all(|byte| byte.is_ascii_digit()) && !part.is_empty() {
            true => name.push_str(&format!("[{part}]")),
            false if name.is_empty() => name.push_str(&part),
            false => name.push_str(&format!(".{part}")),
        }
    }
    name
}

/// The response to a request that failed.
pub(crate) fn document(error: &Error) -> Response {
    // An error whose text cannot be written as JSON is none of ours.
    let body = serde_json::to_string(&body(error)).unwrap_or_default();
    let json = HeaderValue::from_static("application/json");
    problem::response(error, status(error.kind()), json, body)
}

#[cfg(test)]
mod tests {
    use dynrag_domain::FieldError;
    use serde_json::{Value, json};

    use super::*;

    fn shown(error: &Error) -> Value {
        serde_json::to_value(body(error)).unwrap()["error"].clone()
    }

    #[test]
    fn the_first_bad_parameter_is_named_and_all_are_told() {
        let field = |pointer: &str, detail: &str| FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        };
        let fields = vec![
            field("/input/0/role", "user or system"),
            field("/top_k", "from 1"),
        ];
        let error = shown(&Error::fields_invalid(fields));
        assert_eq!(error["param"], "input[0].role");
        assert_eq!(error["type"], "invalid_request_error");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("'input[0].role': user or system.")
                && message.contains("'top_k': from 1.")
        );
        assert_eq!(
            shown(&Error::field("", "a JSON object"))["param"],
            Value::Null
        );
    }

    #[test]
    fn clients_find_the_statuses_and_codes_that_they_act_on() {
        for (error, status_of, code) in [
            (Error::unauthenticated("x"), 401, "invalid_api_key"),
            (
                Error::new(Kind::PaymentRequired, "budget_exceeded", "x"),
                429,
                "insufficient_quota",
            ),
            (Error::field("/n", "1"), 400, "invalid_fields"),
            (Error::not_found("file"), 404, "not_found"),
            (Error::internal_fault("secret"), 500, "internal_error"),
        ] {
            assert_eq!(
                (status(error.kind()).as_u16(), &shown(&error)["code"]),
                (status_of, &json!(code))
            );
        }
        assert!(
            !shown(&Error::internal_fault("secret"))
                .to_string()
                .contains("secret")
        );
    }

    #[test]
    fn what_is_not_served_is_refused_by_name() {
        for (path, code) in [
            ("/v1/images/generations", "unsupported_operation"),
            ("/v1/audio/speech", "unsupported_operation"),
            ("/v1/none", "unknown_url"),
            ("/v1", "unknown_url"),
            ("/v1/", "unknown_url"),
        ] {
            let error = unknown(&Method::POST, path);
            assert_eq!(error.code(), code, "{path}");
            assert!(error.public().contains(path));
        }
        assert!(is_at("/v1/models") && !is_at("/v10") && !is_at("/api/v1/models"));
    }
}

//! Errors of the OAuth endpoints that clients call, in the form of RFC 6749, section 5.2.

use axum::response::Response;
use dynrag_domain::{Error, Kind};
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem;

/// Codes of the RFCs that our errors have already.
const CODES: [&str; 8] = [
    "invalid_client",
    "invalid_client_metadata",
    "invalid_grant",
    "invalid_redirect_uri",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "unsupported_grant_type",
];

/// An error as OAuth has it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct OAuthErrorBody {
    /// A code of the RFCs.
    error: &'static str,
    /// What happened and what to do next, for people.
    error_description: String,
}

/// Whether a path is one of these endpoints.
pub fn is_at(path: &str) -> bool {
    matches!(path, "/oauth/token" | "/oauth/register" | "/oauth/revoke")
}

/// Writes an error.
pub(crate) fn document(error: &Error, path: &str) -> Response {
    let code = match error.kind() {
        Kind::Internal => "server_error",
        Kind::Unavailable | Kind::RateLimited => "temporarily_unavailable",
        _ => CODES
            .into_iter()
            .find(|code| *code == error.code())
            .unwrap_or(match path {
                "/oauth/register" => "invalid_client_metadata",
                _ => "invalid_request",
            }),
    };
    let mut description = error.public().to_owned();
    for field in error.fields() {
        description.push_str(&format!(" {}: {}.", field.pointer, field.detail));
    }
    let status = match error.kind() {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        kind => problem::status(kind),
    };
    let body = OAuthErrorBody {
        error: code,
        error_description: description,
    };
    let body = serde_json::to_string(&body).unwrap_or_default();
    let media_type = HeaderValue::from_static("application/json");
    problem::response(error, status, media_type, body)
}

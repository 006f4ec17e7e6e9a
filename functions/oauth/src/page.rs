//! Pages for people: without scripts, in no frame, and nothing from elsewhere.

use std::sync::LazyLock;

use axum::response::{Html, IntoResponse, Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use dynrag_api::{
    openapi::{Description, Success},
    problem,
};
use dynrag_domain::Error;
use http::{HeaderName, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

/// The style of all pages.
pub(crate) const STYLE: &str = include_str!("../templates/style.css");

static STYLE_HASH: LazyLock<String> =
    LazyLock::new(|| BASE64_STANDARD.encode(Sha256::digest(STYLE)));

/// A page.
pub(crate) struct Page {
    /// Why it is no success.
    pub(crate) error: Option<Error>,
    pub(crate) html: String,
    /// Where a form may lead besides this site, as a source of `form-action`.
    pub(crate) leads_to: String,
    /// A cookie to set.
    pub(crate) cookie: Option<String>,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let status = match &self.error {
            Some(error) => problem::status(error.kind()),
            None => StatusCode::OK,
        };
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; form-action 'self' {}; frame-ancestors 'none'; base-uri 'none'",
            *STYLE_HASH, self.leads_to
        );
        let mut response = (status, Html(self.html)).into_response();
        let headers = response.headers_mut();
        let frames = HeaderName::from_static("x-frame-options");
        headers.insert(frames, HeaderValue::from_static("DENY"));
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, Some(policy)),
            (header::SET_COOKIE, self.cookie),
        ] {
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

impl Success for Page {
    fn describe(description: &mut Description) {
        description.responds_with(200, "text/html", "OK: a page");
        for status in [400, 401, 403, 429, 500, 503] {
            description.responds_with(status, "text/html", "A page that says what to do");
        }
    }
}

/// 303 to another address.
pub(crate) struct SeeOther(pub(crate) String);

impl IntoResponse for SeeOther {
    fn into_response(self) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        if let Ok(location) = HeaderValue::from_str(&self.0) {
            response.headers_mut().insert(header::LOCATION, location);
        }
        response
    }
}

impl Success for SeeOther {
    fn describe(description: &mut Description) {
        description.answers_nothing(303, "Back to the client");
    }
}

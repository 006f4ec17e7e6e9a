//! The parameters of an authorization request, in a query or in the consent form.

use std::collections::BTreeMap;

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
};
use dynrag_api::{
    Failure, body_bytes, is_form,
    openapi::{Argument, Description},
};
use dynrag_app::oauth::Asked;
use dynrag_domain::{
    Error, Result,
    identity::Scope,
    oauth::{SCOPES, error},
};
use http::{HeaderMap, header};
use subtle::ConstantTimeEq;

/// The cookie that proves that a form was sent from our own page.
pub(crate) const COOKIE: &str = "__Host-dynrag-consent";
/// Characters of its value.
const SECRET: usize = 32;
/// What a scope's checkbox is called.
pub(crate) const ALLOW: &str = "allow.";

/// Parameters by name. None may come twice.
pub(crate) struct Parameters {
    by_name: BTreeMap<String, String>,
    is_repeated: bool,
}

impl Parameters {
    fn parse(text: &[u8]) -> Self {
        let (mut by_name, mut is_repeated) = (BTreeMap::new(), false);
        for (name, value) in form_urlencoded::parse(text) {
            is_repeated |= by_name
                .insert(name.into_owned(), value.into_owned())
                .is_some();
        }
        Self {
            by_name,
            is_repeated,
        }
    }

    /// A parameter; an empty one is as if it were left out.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let value = self.by_name.get(name).map(String::as_str);
        value.filter(|value| !value.is_empty())
    }

    /// The authorization request.
    ///
    /// # Errors
    /// `invalid_request`.
    pub(crate) fn asked(&self) -> Result<Asked<'_>> {
        let required = |name| {
            let missing = || error("invalid_request", format!("{name} is missing."));
            self.get(name).ok_or_else(missing)
        };
        if self.is_repeated {
            return Err(error("invalid_request", "A parameter was sent twice."));
        }
        Ok(Asked {
            response_type: self.get("response_type"),
            client_id: required("client_id")?,
            redirect_uri: required("redirect_uri")?,
            challenge: self.get("code_challenge"),
            challenge_method: self.get("code_challenge_method"),
            scope: self.get("scope"),
            state: self.get("state"),
            resource: self.get("resource"),
        })
    }

    /// The scopes whose boxes are checked.
    pub(crate) fn allowed(&self) -> Vec<Scope> {
        let is_checked = |scope: &Scope| self.by_name.contains_key(&format!("{ALLOW}{scope}"));
        SCOPES.into_iter().filter(is_checked).collect()
    }
}

/// The query of a request.
pub(crate) struct InQuery {
    pub(crate) parameters: Parameters,
    /// The secret of a page that is open already.
    pub(crate) csrf: Option<String>,
}

impl<S: Send + Sync> FromRequestParts<S> for InQuery {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Failure> {
        let query = parts.uri.query().unwrap_or_default();
        let is_ours = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let csrf = cookie(&parts.headers);
        Ok(Self {
            parameters: Parameters::parse(query.as_bytes()),
            csrf: csrf.filter(|csrf| csrf.len() == SECRET && csrf.chars().all(is_ours)),
        })
    }
}

impl Argument for InQuery {
    fn describe(description: &mut Description) {
        for (name, sentence) in [
            ("response_type", "`code`"),
            (
                "client_id",
                "The client: its registered id, or the URL of its metadata document.",
            ),
            ("redirect_uri", "Where the user is sent back to."),
            (
                "code_challenge",
                "PKCE: SHA-256 of the verifier, as base64url.",
            ),
            ("code_challenge_method", "`S256`"),
            ("scope", "What the client asks for, separated by spaces."),
            ("state", "Comes back as it is."),
            ("resource", "The URL of the MCP server."),
        ] {
            description.query_parameter(name, sentence);
        }
    }
}

/// The consent form; `None` if it was not sent from our own page.
pub(crate) struct InForm(Option<Parameters>);

impl<S: Send + Sync> FromRequest<S> for InForm {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        let headers = request.headers();
        let is_form = is_form(headers);
        let cookie = cookie(headers);
        let is_own_site = headers
            .get("sec-fetch-site")
            .is_none_or(|site| site == "same-origin");
        let parameters = Parameters::parse(&body_bytes(request).await?);
        let token = parameters.get("csrf").unwrap_or_default();
        let is_own = cookie.is_some_and(|cookie| {
            cookie.len() == SECRET && bool::from(cookie.as_bytes().ct_eq(token.as_bytes()))
        });
        Ok(Self(
            (is_form && is_own_site && is_own).then_some(parameters),
        ))
    }
}

impl InForm {
    /// The parameters; an error if the form was not sent from our page.
    pub(crate) fn own(self) -> Result<Parameters> {
        self.0.ok_or_else(not_own)
    }
}

impl Argument for InForm {
    fn describe(description: &mut Description) {
        description.any_body();
    }
}

fn not_own() -> Error {
    error(
        "invalid_request",
        "The form has expired, or was not sent from this page. Go back to your client and connect again. This page needs cookies.",
    )
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(header::COOKIE).iter();
    values.find_map(|value| {
        let mut pairs = value.to_str().ok()?.split(';');
        pairs.find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == COOKIE).then(|| value.to_owned())
        })
    })
}

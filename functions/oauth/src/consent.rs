//! The page that asks a user.

use askama::Template;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use dynrag_app::oauth::{Asked, ConsentRequest};
use dynrag_domain::{Error, Kind, Result, identity::Scope, oauth};
use url::Url;

use crate::{
    page::{Page, STYLE},
    parameters::{ALLOW, COOKIE},
};

/// Seconds that a user has for the form.
const PATIENCE: u32 = 900;

#[derive(Template)]
#[template(path = "consent.html")]
struct Consent<'a> {
    style: &'static str,
    /// The name that the client gave itself.
    name: &'a str,
    /// Where the user is sent back to.
    destination: &'a str,
    /// The host that vouches for the client, if it publishes a document.
    publisher: Option<&'a str>,
    scopes: Vec<Choice>,
    hidden: Vec<(&'static str, &'a str)>,
    csrf: &'a str,
    email: &'a str,
    message: Option<&'a str>,
}

struct Choice {
    field: String,
    sentence: &'static str,
    is_checked: bool,
}

#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    style: &'static str,
    detail: &'a str,
    /// Where the client is told.
    back: Option<&'a str>,
}

/// What a scope means to a person.
fn sentence(scope: Scope) -> &'static str {
    match scope {
        Scope::Search => "Search your documents and see passages of them",
        Scope::DocumentsRead => "Read your documents and collections",
        Scope::DocumentsWrite => "Add and delete documents",
        Scope::Chat => "Ask questions, which may cost what your chat model charges",
        Scope::Metrics => "See your usage and cost",
        Scope::Webhooks | Scope::AdminTenant => "Manage your account",
    }
}

/// The page for a request. `again` has why it is shown again, and what was typed.
pub(crate) fn page(
    asked: &Asked<'_>,
    request: &ConsentRequest,
    csrf: Option<String>,
    again: Option<(Error, &str, &[Scope])>,
) -> Result<Page> {
    // That of another page that is open, if there is one.
    let new = || BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 24]>());
    let csrf = csrf.unwrap_or_else(new);
    let url = Url::parse(asked.redirect_uri).map_err(Error::internal_fault)?;
    let publisher = Url::parse(asked.client_id).ok();
    let publisher = publisher.as_ref().and_then(Url::host_str);
    let app = format!("the app that opens {}: links", url.scheme());
    let destination = match url.scheme() {
        "http" | "https" => url.host_str().unwrap_or_default(),
        _ => &app,
    };
    let choice = |scope: Scope| Choice {
        field: format!("{ALLOW}{scope}"),
        sentence: sentence(scope),
        is_checked: again
            .as_ref()
            .is_none_or(|(_, _, allowed)| allowed.contains(&scope)),
    };
    let scope = oauth::scope_text(&request.scopes);
    let hidden = [
        ("response_type", asked.response_type),
        ("client_id", Some(asked.client_id)),
        ("redirect_uri", Some(asked.redirect_uri)),
        ("code_challenge", asked.challenge),
        ("code_challenge_method", asked.challenge_method),
        ("scope", Some(scope.as_str())),
        ("state", asked.state),
        ("resource", asked.resource),
    ];
    let html = Consent {
        style: STYLE,
        name: &request.client.name,
        destination,
        publisher,
        scopes: request.scopes.iter().copied().map(choice).collect(),
        hidden: hidden
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect(),
        csrf: &csrf,
        email: again.as_ref().map_or("", |(_, email, _)| email),
        message: again.as_ref().map(|(error, ..)| error.public()),
    };
    Ok(Page {
        html: html.render().map_err(Error::internal_fault)?,
        leads_to: leads_to(&url),
        cookie: Some(format!(
            "{COOKIE}={csrf}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={PATIENCE}"
        )),
        error: again.map(|(error, ..)| error),
    })
}

/// The source of a redirect URI for `form-action`, which browsers hold redirects to, also those of the client's own page.
fn leads_to(url: &Url) -> String {
    format!("{}:", url.scheme())
}

/// The page that says why a request leads nowhere.
pub(crate) fn refused(error: Error) -> Result<Page> {
    refusal(error, None)
}

/// The same, with the way back to the client.
pub(crate) fn refused_by(error: Error, back: &str) -> Result<Page> {
    refusal(error, Some(back))
}

fn refusal(error: Error, back: Option<&str>) -> Result<Page> {
    let detail = match error.kind() {
        Kind::Internal => "Something failed here. Try again later.",
        _ => error.public(),
    };
    let html = Refused {
        style: STYLE,
        detail,
        back,
    };
    Ok(Page {
        html: html.render().map_err(Error::internal_fault)?,
        leads_to: String::new(),
        cookie: None,
        error: Some(error),
    })
}

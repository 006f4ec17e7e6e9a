//! Clients: those that registered themselves, and those that publish what they are at the URL that is their id.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use dynrag_config::WebConfig;
use dynrag_domain::{
    Result,
    oauth::{Client, MAX_URI, error},
};
use dynrag_web::{Get, Limits, Overflow, Settings};
use serde::Deserialize;
use url::Url;

use crate::{App, web_policy};

/// Bytes of a metadata document. The draft recommends five kilobytes.
const MAX_DOCUMENT: usize = 16 * 1024;
/// For a metadata document: a user waits.
const PATIENCE: Duration = Duration::from_secs(3);
/// What the ids of registered clients begin with.
const PREFIX: &str = "drc_";
const UNKNOWN: &str = "This client is not registered, or its registration has expired.";

/// A metadata document.
#[derive(Deserialize)]
struct Document {
    client_id: String,
    #[serde(default)]
    client_name: Option<String>,
    redirect_uris: Vec<String>,
}

/// Registers a client, by its network address limited in number (RFC 7591).
///
/// # Errors
/// `invalid_redirect_uri`; `too_many_attempts` (rate limited); `unavailable`.
pub async fn register(
    app: &App,
    address: &[u8],
    name: Option<&str>,
    redirect_uris: Vec<String>,
) -> Result<Client> {
    let id = format!(
        "{PREFIX}{}",
        BASE64_URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
    );
    let client = Client::new(id, name, redirect_uris)?;
    app.attempt("oauth-register", address).await?;
    let store = app.unbounded_store().await?;
    store.register_client(&client).await?;
    Ok(client)
}

/// Returns a client by its id, for a network address that may have so many documents read.
///
/// # Errors
/// `invalid_client` if there is none; `too_many_attempts` (rate limited); `unavailable`.
pub(crate) async fn find(app: &App, address: &[u8], id: &str) -> Result<Client> {
    match id.contains("://") {
        true => {
            let known = app.clients().get(id).await;
            match known {
                Some(client) => Ok(client),
                None => {
                    app.attempt("oauth-client", address).await?;
                    let client = published(app, id).await?;
                    app.clients().insert(id.to_owned(), client.clone()).await;
                    Ok(client)
                }
            }
        }
        false if !is_registered(id) => Err(unknown(UNKNOWN)),
        false => {
            let store = app.unbounded_store().await?;
            let found = store.registered_client(id).await?;
            found.ok_or_else(|| unknown(UNKNOWN))
        }
    }
}

/// Whether an id has the form of those that we make.
pub(super) fn is_registered(id: &str) -> bool {
    id.strip_prefix(PREFIX).is_some_and(|rest| {
        let is_ours = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        rest.len() == 22 && rest.chars().all(is_ours)
    })
}

fn unknown(detail: &str) -> dynrag_domain::Error {
    error("invalid_client", detail)
}

/// Whether `WEB_ALLOW` has a host, of a client that is being developed.
fn is_allowed(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let place = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
    WebConfig::from_env().allow.contains(&place)
}

/// Reads the metadata document of a client. It must be at that very URL, and say so.
async fn published(app: &App, id: &str) -> Result<Client> {
    let refused = |why: &str| unknown(&format!("The client's metadata document {why}."));
    let url = dynrag_web::parse_url(id)
        .ok()
        .filter(|url| id.len() <= MAX_URI && url.as_str() == id)
        .filter(|url| url.path() != "/" && url.fragment().is_none())
        .filter(|url| url.scheme() == "https" || is_allowed(url))
        .ok_or_else(|| refused("is not at an https URL with a path"))?;
    let ask = Get {
        accept: Some("application/json"),
        max_body: Some(MAX_DOCUMENT),
        overflow: Overflow::Fail,
        ..Get::default()
    };
    let answer = app.client_documents().await?.get(&url, &ask).await;
    let answer = answer
        .and_then(dynrag_web::Answer::success)
        .map_err(|error| refused("cannot be read").because(error.detail()))?;
    let document: Document = serde_json::from_slice(&answer.body)
        .map_err(|_| refused("is not what a client publishes"))?;
    if document.client_id != id {
        return Err(refused("is another client's"));
    }
    Client::new(
        document.client_id,
        document.client_name.as_deref(),
        document.redirect_uris,
    )
    .map_err(|error| refused("has a redirect URI that is not allowed").because(error.public()))
}

/// The settings of the client that reads metadata documents: public hosts, no redirects.
pub(crate) fn settings() -> Result<Settings> {
    Ok(Settings {
        policy: web_policy()?,
        limits: Limits {
            whole: PATIENCE,
            redirects: 0,
            ..Limits::default()
        },
        ..Settings::default()
    })
}

//! A client asks a user for its consent, and gets an authorization code.

use dynrag_domain::{
    Error, Kind, Result,
    identity::Scope,
    oauth::{self, AuthorizationCode, Client, error},
};
use dynrag_store::oauth::{Consent, add_code};
use secrecy::SecretString;
use url::Url;

use super::clients;
use crate::{App, sessions::authenticate};

/// Longest `state`, in bytes.
const MAX_STATE: usize = 4_000;

/// The parameters of an authorization request, as a client sends them.
#[derive(Clone, Copy, Default, Debug)]
pub struct Asked<'a> {
    /// `response_type`
    pub response_type: Option<&'a str>,
    /// `client_id`
    pub client_id: &'a str,
    /// `redirect_uri`
    pub redirect_uri: &'a str,
    /// `code_challenge`
    pub challenge: Option<&'a str>,
    /// `code_challenge_method`
    pub challenge_method: Option<&'a str>,
    /// `scope`
    pub scope: Option<&'a str>,
    /// `state`
    pub state: Option<&'a str>,
    /// `resource`
    pub resource: Option<&'a str>,
}

/// A request that a user can be asked about.
#[derive(Clone, Debug)]
pub struct ConsentRequest {
    /// The client.
    pub client: Client,
    /// What it asks for.
    pub scopes: Vec<Scope>,
    challenge: String,
}

/// Why a user is not asked.
#[derive(Debug)]
pub enum Rejected {
    /// The client or its redirect URI is not known: the error is shown on our own page.
    Here(Error),
    /// The client is known: the error is for its redirect URI.
    Back(Error),
}

impl From<Error> for Rejected {
    fn from(error: Error) -> Self {
        Self::Here(error)
    }
}

/// Checks a request for tokens of this resource.
///
/// # Errors
/// See [`Rejected`].
pub async fn ask(
    app: &App,
    address: &[u8],
    asked: &Asked<'_>,
    resource: &str,
) -> Result<ConsentRequest, Rejected> {
    let client = clients::find(app, address, asked.client_id).await?;
    if !client.redirects_to(asked.redirect_uri) {
        let detail = "redirect_uri is not one of the client's.";
        return Err(Rejected::Here(error("invalid_request", detail)));
    }
    // From here on the client hears of errors.
    check(asked, resource).map_err(Rejected::Back)?;
    let challenge = oauth::check_challenge(asked.challenge, asked.challenge_method);
    Ok(ConsentRequest {
        client,
        scopes: oauth::requested_scopes(asked.scope),
        challenge: challenge.map_err(Rejected::Back)?,
    })
}

fn check(asked: &Asked<'_>, resource: &str) -> Result<()> {
    if asked.response_type != Some("code") {
        let detail = "response_type: code is the only one.";
        return Err(error("unsupported_response_type", detail));
    }
    if asked.state.is_some_and(|state| state.len() > MAX_STATE) {
        let detail = format!("state: at most {MAX_STATE} bytes.");
        return Err(error("invalid_request", detail));
    }
    check_resource(asked.resource, resource)
}

/// Checks for what tokens are: left out, it is the only resource that there is.
///
/// # Errors
/// `invalid_target`.
pub(super) fn check_resource(asked: Option<&str>, resource: &str) -> Result<()> {
    match asked {
        None => Ok(()),
        Some(asked) if asked == resource => Ok(()),
        Some(_) => Err(error(
            "invalid_target",
            format!("resource: {resource} is the only one."),
        )),
    }
}

/// Logs a user in, who consents to some of what a client asks for. Returns the URI that the user is sent to, with a code.
///
/// # Errors
/// `invalid_credentials` (unauthenticated); `too_many_attempts` (rate limited); `nothing_to_allow` (forbidden), if the user
/// may do none of it; `unavailable`.
pub async fn approve(
    app: &App,
    (asked, request): (&Asked<'_>, &ConsentRequest),
    (issuer, resource): (&str, &str),
    (address, email, password): (&[u8], &str, SecretString),
    allowed: &[Scope],
) -> Result<String> {
    let authenticated = authenticate(app, address, email, password).await?;
    let user = authenticated.user();
    let may = user.role.scopes();
    let scopes: Vec<Scope> = request
        .scopes
        .iter()
        .copied()
        .filter(|scope| allowed.contains(scope) && may.contains(scope))
        .collect();
    if scopes.is_empty() {
        return Err(Error::new(
            Kind::Forbidden,
            "nothing_to_allow",
            "Allow at least one thing that you may do yourself, or deny.",
        ));
    }
    let code = AuthorizationCode::generate(user.customer_id);
    let consent = Consent {
        user_id: user.id,
        client: &request.client,
        redirect_uri: asked.redirect_uri,
        challenge: &request.challenge,
        resource,
        scopes: &scopes,
    };
    let store = app.unbounded_store().await?;
    let tx = authenticated.tenant(store, address).await?;
    add_code(&tx, &code, &consent).await?;
    tx.commit().await?;
    if clients::is_registered(asked.client_id) {
        store.renew_client(asked.client_id).await?;
    }
    back(asked, issuer, &[("code", &code.text())])
}

/// Returns the URI that a user is sent to with an error.
///
/// # Errors
/// An internal fault if it is no URI.
pub fn back_with_error(asked: &Asked<'_>, issuer: &str, why: &Error) -> Result<String> {
    let told = [("error", why.code()), ("error_description", why.public())];
    back(asked, issuer, &told)
}

/// The redirect URI with parameters, `state` and the issuer: a client that talks to several servers sees which one answers (RFC
/// 9207).
fn back(asked: &Asked<'_>, issuer: &str, parameters: &[(&str, &str)]) -> Result<String> {
    let mut url = Url::parse(asked.redirect_uri).map_err(Error::internal_fault)?;
    {
        let mut query = url.query_pairs_mut();
        for (name, value) in parameters {
            query.append_pair(name, value);
        }
        if let Some(state) = asked.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", issuer);
    }
    Ok(url.into())
}

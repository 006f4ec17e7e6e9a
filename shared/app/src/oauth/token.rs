//! Tokens for a code, and for a refresh token.

use dynrag_domain::{
    Error, Kind, Result, SessionId,
    identity::Scope,
    oauth::{self, AuthorizationCode, error, known_scopes},
};
use dynrag_store::oauth::Presented;
use secrecy::{ExposeSecret, SecretString};

use super::{authorize::check_resource, clients};
use crate::{
    App,
    sessions::{self, RefreshToken, SessionTokens, SigningSecrets},
    tokens::{Audience, Subject},
};

/// The tokens of a client. They are secret, hence no Debug.
pub struct ClientTokens {
    /// Access and refresh token.
    pub tokens: SessionTokens,
    /// What the client may do.
    pub scopes: Vec<Scope>,
}

fn invalid(why: &str) -> Error {
    let detail = "The code or token is invalid, expired, revoked, used, or another client's.";
    error("invalid_grant", detail).because(why)
}

/// Exchanges an authorization code.
///
/// # Errors
/// `invalid_grant`, the same for every cause; `invalid_target`; `unavailable`.
pub async fn exchange_code(
    app: &App,
    client_id: &str,
    (code, verifier, redirect_uri): (&SecretString, &SecretString, &str),
    (asked, resource): (Option<&str>, &str),
) -> Result<ClientTokens> {
    check_resource(asked, resource)?;
    let code = AuthorizationCode::parse(code.expose_secret());
    let code = code.ok_or_else(|| invalid("no code of ours"))?;
    let (customer_id, store) = (code.customer_id(), app.unbounded_store().await?);
    // A made-up code costs no secrets.
    if !store.has_code(&code).await? {
        return Err(invalid("unknown"));
    }
    // An instance has one connection, and from here on the code holds it.
    let signing = SigningSecrets::read(app, customer_id).await?;
    let presented = store.present_code(code).await?;
    let presented = presented.ok_or_else(|| invalid("unknown or used"))?;
    if let Some(why) = mismatch(&presented, client_id, verifier, redirect_uri, resource) {
        presented.leave().await?;
        return Err(invalid(why));
    }
    let (email, scopes) = (presented.email.clone(), presented.scopes.clone());
    let subject = Subject {
        audience: Audience::Resource(resource),
        customer_id,
        user_id: presented.user_id,
        session_id: SessionId::generate(),
        email: &email,
        role: presented.role,
    };
    let tokens = app.tokens().await?;
    let first = RefreshToken::new(tokens, &signing, subject)?;
    presented.exchange(&first.row(subject)).await?;
    Ok(ClientTokens {
        tokens: first.with_access(tokens, &signing, subject)?,
        scopes,
    })
}

fn mismatch(
    presented: &Presented,
    client_id: &str,
    verifier: &SecretString,
    redirect_uri: &str,
    resource: &str,
) -> Option<&'static str> {
    if !presented.is_valid {
        return Some("expired");
    }
    if presented.client_id != client_id {
        return Some("another client's");
    }
    if presented.redirect_uri != redirect_uri {
        return Some("for another redirect URI");
    }
    if presented.resource != resource {
        return Some("for another resource");
    }
    if !oauth::verifies(verifier.expose_secret(), &presented.challenge) {
        return Some("the verifier is not that of the challenge");
    }
    None
}

/// Exchanges a refresh token.
///
/// # Errors
/// `invalid_grant`, the same for every cause; `invalid_scope`, if more is asked for than was granted; `invalid_target`;
/// `unavailable`.
pub async fn refresh(
    app: &App,
    client_id: &str,
    token: &SecretString,
    scope: Option<&str>,
    (asked, resource): (Option<&str>, &str),
) -> Result<ClientTokens> {
    check_resource(asked, resource)?;
    let audience = Audience::Resource(resource);
    let token = token.expose_secret();
    let found = sessions::granted(app, client_id, token, resource).await;
    let (verified, granted) = found.map_err(unless_unavailable)?;
    let scopes = granted.scopes;
    let asked = known_scopes(scope.unwrap_or_default());
    if asked.iter().any(|scope| !scopes.contains(scope)) {
        let detail = "scope: more than the user allowed. Ask the user again.";
        return Err(error("invalid_scope", detail));
    }
    let tokens = sessions::exchange(app, token, &verified, audience).await;
    if clients::is_registered(client_id) {
        app.unbounded_store().await?.renew_client(client_id).await?;
    }
    Ok(ClientTokens {
        tokens: tokens.map_err(unless_unavailable)?,
        scopes,
    })
}

fn unless_unavailable(error: Error) -> Error {
    match error.kind() {
        Kind::Unauthenticated => invalid(error.internal().unwrap_or_default()),
        _ => error,
    }
}

//! Exchange of a refresh token for a new pair of tokens.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the commit | the old token, unused | the caller tries again |
//! | after it, before the response arrives | a successor that no caller has | the caller tries again within ten seconds and gets that successor |

use dynrag_domain::{
    Error, Kind, Result,
    sessions::{Decision, decide},
};
use dynrag_store::{TenantId, Verified, oauth::Granted, sessions::Rotation};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use super::{RefreshToken, SessionTokens, SigningSecrets};
use crate::{
    App,
    tokens::{Audience, Subject, TokenKind, Tokens},
};

/// Returns the error of a rejected token: one sentence for every cause.
fn refused(why: &str) -> Error {
    Error::new(
        Kind::Unauthenticated,
        "invalid_refresh_token",
        "The refresh token is invalid or has expired. Log in again.",
    )
    .because(why)
}

/// Exchanges a refresh token of a login for the next pair of tokens.
///
/// # Errors
/// `invalid_refresh_token` (unauthenticated); `unavailable`.
pub async fn refresh(app: &App, token: &SecretString) -> Result<SessionTokens> {
    let token = token.expose_secret();
    let verified = verified(app, token, Audience::Api).await?;
    exchange(app, token, &verified, Audience::Api).await
}

/// Verifies a refresh token of an OAuth client, which names itself. Returns what it was granted.
///
/// # Errors
/// `invalid_refresh_token` (unauthenticated); `unavailable`.
pub(crate) async fn granted(
    app: &App,
    client: &str,
    token: &str,
    resource: &str,
) -> Result<(Verified, Granted)> {
    let verified = verified(app, token, Audience::Resource(resource)).await?;
    let (tenant, claims) = (TenantId::of_token(&verified), verified.claims());
    let store = app.unbounded_store().await?;
    let granted = store.granted(tenant, claims.session).await?;
    let granted = granted
        .filter(|granted| granted.client_id == client && granted.resource == resource)
        .ok_or_else(|| refused("token is another client's"))?;
    Ok((verified, granted))
}

/// Exchanges a verified refresh token.
///
/// # Errors
/// `invalid_refresh_token` (unauthenticated); `unavailable`.
pub(crate) async fn exchange(
    app: &App,
    token: &str,
    verified: &Verified,
    audience: Audience<'_>,
) -> Result<SessionTokens> {
    let (tenant, claims) = (TenantId::of_token(verified), verified.claims());
    // An instance has one connection, and from here on the rotation holds it.
    let signing = SigningSecrets::read(app, claims.customer).await?;
    let rotation = app
        .unbounded_store()
        .await?
        .begin_rotation(tenant, claims.id)
        .await?
        .ok_or_else(|| refused("token is not stored"))?;
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    if rotation.token_hash != hash
        || rotation.session_id != claims.session
        || rotation.user_id != claims.user
    {
        rotation.leave().await?;
        return Err(refused("token does not match the stored one"));
    }
    let email = rotation.email.clone();
    let subject = Subject {
        audience,
        customer_id: claims.customer,
        user_id: claims.user,
        session_id: claims.session,
        email: &email,
        role: rotation.role,
    };
    let tokens = app.tokens().await?;
    let next = rotate(rotation, tokens, &signing, subject).await?;
    next.with_access(tokens, &signing, subject)
}

/// Verifies the signature and the times of a refresh token.
pub(crate) async fn verified(app: &App, token: &str, audience: Audience<'_>) -> Result<Verified> {
    let (store, vault) = (app.unbounded_store().await?, app.vault().await?);
    let verified = app
        .tokens()
        .await?
        .verify((TokenKind::Refresh, audience), token, store, vault)
        .await;
    match verified {
        Ok(verified) => Ok(verified),
        Err(error) if error.kind() == Kind::Unauthenticated => {
            Err(refused(error.internal().unwrap_or_default()))
        }
        Err(error) => Err(error),
    }
}

/// Decides on a presented token, and returns its successor.
async fn rotate(
    rotation: Rotation,
    tokens: &Tokens,
    signing: &SigningSecrets,
    subject: Subject<'_>,
) -> Result<RefreshToken> {
    match (decide(&rotation.presented), rotation.successor) {
        (Decision::Rotate, _) => {
            let next = RefreshToken::new(tokens, signing, subject)?;
            rotation.rotate(&next.row(subject)).await?;
            Ok(next)
        }
        (Decision::Repeat, Some(successor)) => {
            rotation.leave().await?;
            let (id, at) = (successor.id, successor.issued_at);
            let again = RefreshToken::reissue(tokens, signing, subject, id, at)?;
            if again.hash != successor.token_hash {
                return Err(refused("role, address or secret changed meanwhile"));
            }
            Ok(again)
        }
        (Decision::Reused, _) => {
            rotation.end_session().await?;
            tracing::warn!(
                customer_id = %subject.customer_id, user_id = %subject.user_id, session_id = %subject.session_id,
                "used refresh token was presented again; session ended"
            );
            Err(refused("token was already used"))
        }
        (Decision::Repeat | Decision::Refused, _) => {
            rotation.leave().await?;
            Err(refused("token or session has expired or ended"))
        }
    }
}

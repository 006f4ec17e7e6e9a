//! A client gives its tokens back (RFC 7009).

use dynrag_domain::{Kind, Result};
use dynrag_store::TenantId;
use secrecy::{ExposeSecret, SecretString};

use crate::{
    App,
    sessions::verified,
    tokens::{Audience, TokenKind},
};

/// Ends the grant that a token belongs to. A token that is not valid is revoked already.
///
/// # Errors
/// `unavailable`.
pub async fn revoke(app: &App, token: &SecretString, resource: &str) -> Result<()> {
    let (text, audience) = (token.expose_secret(), Audience::Resource(resource));
    let found = match verified(app, text, audience).await {
        Err(error) if error.kind() == Kind::Unauthenticated => {
            let (store, vault) = (app.unbounded_store().await?, app.vault().await?);
            let tokens = app.tokens().await?;
            tokens
                .verify((TokenKind::Access, audience), text, store, vault)
                .await
        }
        found => found,
    };
    let verified = match found {
        Ok(verified) => verified,
        Err(error) if error.kind() == Kind::Unauthenticated => return Ok(()),
        Err(error) => return Err(error),
    };
    let (tenant, claims) = (TenantId::of_token(&verified), verified.claims());
    let store = app.unbounded_store().await?;
    match store
        .revoke_grant(tenant, claims.user, claims.session)
        .await
    {
        Err(error) if error.kind() == Kind::NotFound => Ok(()),
        revoked => revoked,
    }
}

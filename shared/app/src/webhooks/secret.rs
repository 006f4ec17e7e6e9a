//! The credentials of a webhook: a signing secret, sealed in the vault, and for senders that cannot sign, a token that
//! is stored as its hash.

use dynrag_cloud::vault::Purpose;
use dynrag_domain::{
    Result,
    webhooks::{Trigger, generate_token, token_hash},
};
use dynrag_store::{Tenant, secrets};
use dynrag_web::webhook::Secret;
use secrecy::ExposeSecret;

use crate::sealing::Sealer;

/// The credentials in plain text, which are returned once.
#[derive(Default)]
pub struct RevealedSecret {
    /// The signing secret.
    pub secret: Option<String>,
    /// The token of a manual webhook.
    pub token: Option<String>,
}

/// The columns of a webhook's row for its credentials.
#[derive(Default)]
pub(super) struct StoredSecret {
    pub(super) version: Option<i32>,
    pub(super) token_hash: Option<[u8; 32]>,
}

/// Creates the credentials that a webhook of this kind needs, and writes the sealed secret.
///
/// # Errors
/// `unavailable` without a database or KMS.
pub(super) async fn make(
    tx: &Tenant,
    sealer: &Sealer<'_>,
    trigger: Trigger,
) -> Result<(RevealedSecret, StoredSecret)> {
    if trigger == Trigger::Scheduled {
        return Ok(Default::default());
    }
    let text = Secret::generate().to_text();
    let text = text.expose_secret();
    let sealed = sealer.seal_next(Purpose::Webhook, text.as_bytes()).await?;
    secrets::insert(tx, &sealed).await?;
    let token = (trigger == Trigger::Manual).then(generate_token);
    let stored = StoredSecret {
        version: Some(sealed.version),
        token_hash: token.as_deref().map(token_hash),
    };
    let revealed = RevealedSecret {
        secret: Some(text.to_owned()),
        token,
    };
    Ok((revealed, stored))
}

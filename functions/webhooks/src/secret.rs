//! What a webhook is proved by: a secret that signs, sealed in the vault, and for senders that cannot sign a
//! token, of which a hash is kept.

use dynrag_cloud::{Vault, vault::Purpose};
use dynrag_domain::{
    Result,
    webhooks::{Trigger, generate_token, token_hash},
};
use dynrag_store::{
    Tenant,
    secrets::{self, SealedSecret},
};
use dynrag_web::webhook::Secret;
use secrecy::ExposeSecret;

/// What is shown once.
#[derive(Default)]
pub(crate) struct Shown {
    pub(crate) secret: Option<String>,
    pub(crate) token: Option<String>,
}

/// What is kept of it.
#[derive(Default)]
pub(crate) struct Kept {
    pub(crate) version: Option<i32>,
    pub(crate) token_hash: Option<[u8; 32]>,
}

/// Makes what a webhook of this kind needs and writes its secret down. Under the lock of the customer's
/// secrets, which gave the wrapped data key.
///
/// # Errors
/// `unavailable` without a database or KMS.
pub(crate) async fn make(
    tx: &Tenant,
    vault: &Vault,
    wrapped: &[u8],
    trigger: Trigger,
) -> Result<(Shown, Kept)> {
    if trigger == Trigger::Scheduled {
        return Ok(Default::default());
    }
    let purpose = Purpose::Webhook;
    let version = secrets::newest(tx, purpose.as_str()).await? + 1;
    let text = Secret::generate().to_text();
    let data_key = vault.unwrap_key(tx.customer_id(), wrapped).await?;
    let sealed = data_key.seal(purpose, version, text.expose_secret().as_bytes())?;
    let secret = SealedSecret {
        purpose: purpose.as_str(),
        version,
        nonce: sealed.nonce.to_vec(),
        ciphertext: sealed.ciphertext,
    };
    secrets::insert(tx, &secret).await?;
    let token = (trigger == Trigger::Manual).then(generate_token);
    let kept = Kept {
        version: Some(version),
        token_hash: token.as_deref().map(token_hash),
    };
    let shown = Shown {
        secret: Some(text.expose_secret().to_owned()),
        token,
    };
    Ok((shown, kept))
}

//! A customer's token signing secrets.

use std::time::Duration;

use dynrag_domain::{Result, audit::Action};
use dynrag_store::{
    admission::Admission,
    audit, secrets,
    sessions::{self, EndReason},
};
use secrecy::ExposeSecret;
use serde_json::json;

use crate::{
    App,
    sealing::Sealer,
    tokens::{Audience, TokenKind, generate_secret},
};

/// Result of a rotation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rotation {
    /// Version of the new secrets.
    pub version: i32,
    /// Sessions that were ended.
    pub sessions_ended: usize,
}

/// Replaces the signing secrets.
///
/// The old secrets verify for as long as the tokens they signed are valid, so that sessions continue. With
/// `immediately`, for secrets that may have leaked, they stop verifying at once and all sessions end.
///
/// # Errors
/// `unavailable` without a database or KMS.
pub async fn rotate(app: &App, caller: &Admission, immediately: bool) -> Result<Rotation> {
    let customer = caller.tenant();
    let vault = app.vault().await?;
    let tx = caller.store().tenant(customer).await?;
    let sealer = Sealer::lock(&tx, vault).await?;
    let mut version = 0;
    for kind in [TokenKind::Access, TokenKind::Refresh] {
        let text = generate_secret();
        let text = text.expose_secret().as_bytes();
        let secret = sealer.seal_next(kind.purpose(), text).await?;
        let old_for = if immediately {
            Duration::ZERO
        } else {
            kind.time(Audience::Api)
        };
        secrets::replace(&tx, &secret, old_for).await?;
        version = version.max(secret.version);
    }
    let sessions_ended = if immediately {
        sessions::end_all(&tx, EndReason::SecretsRotated).await?
    } else {
        0
    };
    let (actor, target) = (caller.principal.into(), customer.as_uuid());
    let details = json!({"immediately": immediately, "sessionsEnded": sessions_ended});
    audit::record(&tx, actor, Action::SecretsRotated, target, &details).await?;
    tx.commit().await?;
    tracing::info!(customer_id = %customer, immediately, "secrets rotated");
    Ok(Rotation {
        version,
        sessions_ended,
    })
}

//! Sessions: their first tokens, and the tokens that follow.

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use dynrag_api::{
    Context,
    tokens::{ACCESS_TIME, REFRESH_TIME, Subject, TokenKind, Tokens},
};
use dynrag_domain::{CustomerId, Error, Result};
use dynrag_store::{
    Tenant,
    sessions::{self, NewRefreshToken},
};
use secrecy::SecretString;
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// Tokens of a session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    access_token: String,
    refresh_token: String,
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u64,
}

/// The secrets a customer's tokens are signed with.
pub(crate) struct Signing {
    pub(crate) access: SecretString,
    pub(crate) refresh: SecretString,
}

impl Signing {
    /// The newest of each kind.
    pub(crate) async fn of(context: &Context, customer: CustomerId) -> Result<Self> {
        let (tokens, store) = (context.tokens().await?, context.unbounded_store().await?);
        let vault = context.vault().await?;
        let newest = async |kind| tokens.signing(kind, customer, store, vault).await;
        Ok(Self {
            access: newest(TokenKind::Access).await?,
            refresh: newest(TokenKind::Refresh).await?,
        })
    }
}

/// A refresh token with its id and times.
pub(crate) struct Issued {
    pub(crate) id: Uuid,
    pub(crate) token: String,
    pub(crate) hash: [u8; 32],
    issued_at: DateTime<Utc>,
}

impl Issued {
    /// Issues a new one.
    pub(crate) fn new(tokens: &Tokens, signing: &Signing, subject: Subject<'_>) -> Result<Self> {
        // Tokens count whole seconds.
        let now = Utc::now()
            .duration_trunc(TimeDelta::seconds(1))
            .map_err(Error::internal_fault)?;
        Self::again(tokens, signing, subject, Uuid::now_v7(), now)
    }

    /// Issues one again, from what is remembered of it.
    pub(crate) fn again(
        tokens: &Tokens,
        signing: &Signing,
        subject: Subject<'_>,
        id: Uuid,
        issued_at: DateTime<Utc>,
    ) -> Result<Self> {
        let token = tokens.issue(TokenKind::Refresh, &signing.refresh, subject, id, issued_at)?;
        Ok(Self {
            id,
            hash: Sha256::digest(token.as_bytes()).into(),
            token,
            issued_at,
        })
    }

    /// What is remembered of it.
    pub(crate) fn row(&self, subject: Subject<'_>) -> NewRefreshToken<'_> {
        NewRefreshToken {
            id: self.id,
            session_id: subject.session_id,
            user_id: subject.user_id,
            token_hash: &self.hash,
            issued_at: self.issued_at,
            expires_at: self.issued_at + REFRESH_TIME,
        }
    }

    /// The answer, with a new access token.
    pub(crate) fn session(
        self,
        tokens: &Tokens,
        signing: &Signing,
        subject: Subject<'_>,
    ) -> Result<Session> {
        let (id, now) = (Uuid::now_v7(), Utc::now());
        Ok(Session {
            access_token: tokens.issue(TokenKind::Access, &signing.access, subject, id, now)?,
            refresh_token: self.token,
            token_type: "Bearer",
            expires_in: ACCESS_TIME.as_secs(),
        })
    }
}

/// Begins a session within a transaction.
pub(crate) async fn begin(
    tx: &Tenant,
    tokens: &Tokens,
    signing: &Signing,
    subject: Subject<'_>,
) -> Result<Session> {
    let first = Issued::new(tokens, signing, subject)?;
    sessions::begin(tx, &first.row(subject)).await?;
    first.session(tokens, signing, subject)
}

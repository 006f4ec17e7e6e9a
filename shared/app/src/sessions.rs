//! Sessions: login, refresh of tokens, and logout.

mod login;
mod logout;
mod refresh;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use dynrag_domain::{
    CustomerId, Error, Result, SessionId, UserId,
    identity::{Email, Role},
};
use dynrag_store::{
    Tenant,
    sessions::{self, NewRefreshToken},
};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    App,
    tokens::{Audience, Subject, TokenKind, Tokens},
};

pub(crate) use login::authenticate;
pub use login::log_in;
pub use logout::{log_out, log_out_everywhere};
pub use refresh::refresh;
pub(crate) use refresh::{exchange, granted, verified};

/// The tokens of a session. They are secret, hence no Debug.
pub struct SessionTokens {
    /// Sent with requests; valid for [`ACCESS_TIME`](crate::tokens::ACCESS_TIME).
    pub access: String,
    /// Exchanged for the next pair, once.
    pub refresh: String,
}

/// A user who has just signed up, joined or logged in.
pub struct SessionUser {
    /// The tenant.
    pub customer_id: CustomerId,
    /// The user.
    pub id: UserId,
    /// Its address.
    pub email: Email,
    /// Its role.
    pub role: Role,
}

impl SessionUser {
    /// Returns the subject of the tokens of a new session.
    pub(crate) fn new_session(&self) -> Subject<'_> {
        Subject {
            audience: Audience::Api,
            customer_id: self.customer_id,
            user_id: self.id,
            session_id: SessionId::generate(),
            email: self.email.as_str(),
            role: self.role,
        }
    }
}

/// A session that has begun.
pub struct NewSession {
    /// Its user.
    pub user: SessionUser,
    /// Its first tokens.
    pub tokens: SessionTokens,
}

/// The secrets that sign a customer's tokens.
pub(crate) struct SigningSecrets {
    pub(crate) access: SecretString,
    pub(crate) refresh: SecretString,
}

impl SigningSecrets {
    /// Reads the newest of each kind.
    pub(crate) async fn read(app: &App, customer: CustomerId) -> Result<Self> {
        let (tokens, store) = (app.tokens().await?, app.unbounded_store().await?);
        let vault = app.vault().await?;
        let newest = async |kind| tokens.signing(kind, customer, store, vault).await;
        Ok(Self {
            access: newest(TokenKind::Access).await?,
            refresh: newest(TokenKind::Refresh).await?,
        })
    }
}

/// A refresh token with its id and times.
pub(crate) struct RefreshToken {
    id: Uuid,
    token: String,
    hash: [u8; 32],
    issued_at: DateTime<Utc>,
}

impl RefreshToken {
    /// Issues a new one.
    pub(crate) fn new(
        tokens: &Tokens,
        signing: &SigningSecrets,
        subject: Subject<'_>,
    ) -> Result<Self> {
        // Tokens count whole seconds.
        let now = Utc::now()
            .duration_trunc(TimeDelta::seconds(1))
            .map_err(Error::internal_fault)?;
        Self::reissue(tokens, signing, subject, Uuid::now_v7(), now)
    }

    /// Issues one again, from its stored id and time.
    fn reissue(
        tokens: &Tokens,
        signing: &SigningSecrets,
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

    /// Returns its row.
    pub(crate) fn row(&self, subject: Subject<'_>) -> NewRefreshToken<'_> {
        NewRefreshToken {
            id: self.id,
            session_id: subject.session_id,
            user_id: subject.user_id,
            token_hash: &self.hash,
            issued_at: self.issued_at,
            expires_at: self.issued_at + TokenKind::Refresh.time(subject.audience),
        }
    }

    /// Pairs it with a new access token.
    pub(crate) fn with_access(
        self,
        tokens: &Tokens,
        signing: &SigningSecrets,
        subject: Subject<'_>,
    ) -> Result<SessionTokens> {
        let (id, now) = (Uuid::now_v7(), Utc::now());
        Ok(SessionTokens {
            access: tokens.issue(TokenKind::Access, &signing.access, subject, id, now)?,
            refresh: self.token,
        })
    }
}

/// Begins a session within a transaction.
///
/// # Errors
/// `unavailable` without a database.
pub(crate) async fn begin(
    tx: &Tenant,
    tokens: &Tokens,
    signing: &SigningSecrets,
    subject: Subject<'_>,
) -> Result<SessionTokens> {
    let first = RefreshToken::new(tokens, signing, subject)?;
    sessions::begin(tx, &first.row(subject)).await?;
    first.with_access(tokens, signing, subject)
}

//! What a function makes once per cold start, each piece at its first use: until then a function
//! that is started has nothing to do but to poll.

use std::{ops::Deref, sync::Arc};

use dynrag_app::App;
use dynrag_config::{ConfigError, MailConfig, ThrottleConfig, TokenConfig};
use dynrag_domain::{Error, Kind, Result};
use tokio::sync::OnceCell;

use crate::{address::SourceAddress, tokens::Tokens};

/// What handlers share: the platform, and what only callers over HTTP need.
#[derive(Default)]
pub struct Context {
    app: App,
    tokens: OnceCell<Tokens>,
}

/// A handler asks the platform through its context.
impl Deref for Context {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

fn config(error: ConfigError) -> Error {
    Error::internal_fault(error)
}

impl Context {
    /// An empty context to share.
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Issues and verifies tokens.
    ///
    /// # Errors
    /// `internal_error` when the issuer is not configured.
    pub async fn tokens(&self) -> Result<&Tokens> {
        self.tokens
            .get_or_try_init(async || {
                Ok(Tokens::new(TokenConfig::from_env().map_err(config)?.issuer))
            })
            .await
    }

    /// Takes an attempt of a caller who has not said who it is.
    ///
    /// # Errors
    /// `too_many_attempts` (rate limited).
    pub async fn attempt(&self, route: &str, address: &SourceAddress) -> Result<()> {
        let quota = attempts_per_address()?;
        self.unbounded_store()
            .await?
            .attempt(route, address.bytes(), quota)
            .await
    }
}

/// Attempts a minute of an address of the network.
///
/// # Errors
/// `internal_error` when it is configured to no number.
pub fn attempts_per_address() -> Result<i32> {
    Ok(ThrottleConfig::from_env()
        .map_err(config)?
        .attempts_per_address)
}

/// Whether this deployment sends mail.
pub fn sends_mail() -> bool {
    MailConfig::from_env().from.is_some()
}

/// Makes sure that this deployment sends mail.
///
/// # Errors
/// `mail_disabled` (unavailable).
pub fn require_mail() -> Result<()> {
    if sends_mail() {
        return Ok(());
    }
    Err(Error::new(
        Kind::Unavailable,
        "mail_disabled",
        "This deployment sends no mail. Ask whoever runs it to set MailFrom.",
    ))
}

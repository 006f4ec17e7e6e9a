//! Mail: whether this deployment sends any, and the tokens of the links in it.

use dynrag_config::MailConfig;
use dynrag_domain::{Error, Kind, Result, mail_tokens::MailToken};
use secrecy::{ExposeSecret, SecretString};

/// Returns whether this deployment sends mail.
pub fn sends_mail() -> bool {
    MailConfig::from_env().from.is_some()
}

/// Checks that this deployment sends mail.
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

/// Parses the token of a link.
///
/// # Errors
/// `invalid_link` (invalid).
pub(crate) fn link_token(text: &SecretString) -> Result<MailToken> {
    MailToken::parse(text.expose_secret()).ok_or_else(|| invalid_link("token has another form"))
}

/// Returns the error of a link that does not work, with one sentence for every cause.
pub(crate) fn invalid_link(why: &str) -> Error {
    Error::new(
        Kind::Invalid,
        "invalid_link",
        "The link is invalid or has expired. Ask for a new one.",
    )
    .because(why)
}

//! The tokens of links in emails.

use dynrag_domain::{Error, Kind, Result, mail_tokens::MailToken};
use secrecy::{ExposeSecret, SecretString};

/// Parses the token of a link.
///
/// # Errors
/// `invalid_link` (invalid).
pub(crate) fn link_token(text: &SecretString) -> Result<MailToken> {
    MailToken::parse(text.expose_secret()).ok_or_else(|| invalid_link("token is malformed"))
}

/// Returns the error of a link that does not work, with one sentence for every cause.
pub(crate) fn invalid_link(why: &str) -> Error {
    Error::new(
        Kind::Invalid,
        "invalid_link",
        "The link is invalid or has expired. Request a new one.",
    )
    .because(why)
}

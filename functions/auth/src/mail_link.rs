//! What the routes behind the links of mails share.

use dynrag_domain::{Error, Kind, Result, mail_tokens::MailToken};
use secrecy::{ExposeSecret, SecretString};

/// One sentence for every cause.
pub(crate) fn refused(why: &str) -> Error {
    Error::new(
        Kind::Invalid,
        "invalid_link",
        "The link is not valid (any more). Ask for a new one.",
    )
    .because(why)
}

/// Takes the token of a link.
pub(crate) fn token(text: &SecretString) -> Result<MailToken> {
    MailToken::parse(text.expose_secret()).ok_or_else(|| refused("token is of another form"))
}

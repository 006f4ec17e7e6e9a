//! The caller's own password, requested again for actions that a stolen token must not allow.

use dynrag_domain::{Error, Kind, Result};
use dynrag_store::{admission::Admission, users};
use secrecy::SecretString;

use super::verify;

/// A user's attempts per minute and action.
const ATTEMPTS: i32 = 10;

/// Returns the error of a wrong password.
pub(super) fn wrong() -> Error {
    Error::new(
        Kind::Forbidden,
        "wrong_password",
        "The current password is wrong. Try again or reset it.",
    )
}

/// Checks the calling user's own password and returns its hash. Attempts are counted separately for each action.
///
/// # Errors
/// `wrong_password` (forbidden); `too_many_attempts` (rate limited); `unavailable`.
pub(crate) async fn check_own(
    caller: &Admission,
    action: &str,
    password: SecretString,
) -> Result<String> {
    let (user, _) = caller.user()?;
    let store = caller.store();
    // A stolen access token must not allow guessing the password.
    store
        .attempt(action, user.as_uuid().as_bytes(), ATTEMPTS)
        .await?;
    let tx = store.tenant(caller.tenant()).await?;
    let hash = users::password_hash(&tx, user).await?;
    // Verifying is slow, so no transaction stays open meanwhile.
    tx.commit().await?;
    let hash = hash.ok_or_else(wrong)?;
    if verify(password, Some(hash.clone())).await? {
        Ok(hash)
    } else {
        Err(wrong())
    }
}

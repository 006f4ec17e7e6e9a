//! The caller's own password, asked once more before what cannot be undone: a stolen token is not enough.

use dynrag_domain::{CustomerId, Error, Kind, Result, UserId};
use dynrag_store::{Store, users};
use secrecy::SecretString;

use crate::password_hash;

/// A user's tries a minute.
const ATTEMPTS: i32 = 10;

/// Checks the password of the user who calls a route.
///
/// # Errors
/// `wrong_password`; `too_many_attempts` (rate limited).
pub(crate) async fn check(
    store: &Store,
    route: &str,
    (customer, user): (CustomerId, UserId),
    password: SecretString,
) -> Result<()> {
    store
        .attempt(route, user.as_uuid().as_bytes(), ATTEMPTS)
        .await?;
    let tx = store.tenant(customer).await?;
    let hash = users::password_hash(&tx, user).await?;
    // Hashing takes its time; no transaction waits for it.
    tx.commit().await?;
    if hash.is_none() || !password_hash::verify(password, hash).await? {
        let detail = "The password is wrong.";
        return Err(Error::new(Kind::Forbidden, "wrong_password", detail));
    }
    Ok(())
}

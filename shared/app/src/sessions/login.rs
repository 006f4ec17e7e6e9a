//! Login with email address and password.
//!
//! Neither the error nor the time it takes reveals whether an address is known: attempts are counted first, and a
//! password is verified for an unknown address too.

use dynrag_domain::{Error, Kind, Result, identity::Email, passwords::MAX_CHARACTERS};
use dynrag_store::users;
use secrecy::{ExposeSecret, SecretString};

use super::{NewSession, SessionUser, SigningSecrets, begin};
use crate::{App, attempts, passwords};

/// Returns the error of a failed login: one sentence for every cause, so that it does not reveal whether the address is
/// known.
fn refused(why: &str) -> Error {
    Error::new(
        Kind::Unauthenticated,
        "invalid_credentials",
        "The email address or the password is wrong.",
    )
    .because(why)
}

/// Logs a user in.
///
/// # Errors
/// `invalid_credentials` (unauthenticated); `too_many_attempts` (rate limited); `unavailable`.
pub async fn log_in(
    app: &App,
    address: &[u8],
    email: &str,
    password: SecretString,
) -> Result<NewSession> {
    if password.expose_secret().chars().count() > MAX_CHARACTERS {
        return Err(refused("password is longer than allowed"));
    }
    let store = app.unbounded_store().await?;
    let quota = attempts::per_address()?;
    let email = Email::try_from(email);
    let found = match &email {
        Ok(email) => store.begin_login(email, address, quota).await?,
        Err(_) => {
            app.attempt("auth-login", address).await?;
            None
        }
    };
    let hash = found.as_ref().map(|login| login.password_hash.clone());
    if !passwords::verify(password.clone(), hash).await? {
        return Err(refused("wrong password or unknown address"));
    }
    let (Some(found), Ok(email)) = (found, email) else {
        return Err(refused("unknown address"));
    };
    // Only now is the password available to be hashed with the present parameters.
    let rehashed = if passwords::is_outdated(&found.password_hash) {
        Some(passwords::hash(password).await?)
    } else {
        None
    };
    let user = SessionUser {
        customer_id: found.tenant.customer_id(),
        id: found.user_id,
        email,
        role: found.role,
    };
    let signing = SigningSecrets::read(app, user.customer_id).await?;
    let tx = store.tenant(found.tenant).await?;
    if let Some(rehashed) = rehashed {
        users::set_password(&tx, user.id, &found.password_hash, &rehashed).await?;
    }
    users::end_login(&tx, user.id, &user.email, address).await?;
    let tokens = begin(&tx, app.tokens().await?, &signing, user.new_session()).await?;
    tx.commit().await?;
    Ok(NewSession { user, tokens })
}

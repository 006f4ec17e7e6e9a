//! Login with email address and password.
//!
//! Neither the error nor the time it takes reveals whether an address is known: attempts are counted first, and a
//! password is verified for an unknown address too.

use dynrag_domain::{Error, Kind, Result, identity::Email, passwords::MAX_CHARACTERS};
use dynrag_store::{
    Store, Tenant,
    users::{self, Login},
};
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

/// A user whose password was right.
pub(crate) struct Authenticated {
    login: Login,
    email: Email,
    rehashed: Option<String>,
}

impl Authenticated {
    /// The user.
    pub(crate) fn user(&self) -> SessionUser {
        SessionUser {
            customer_id: self.login.tenant.customer_id(),
            id: self.login.user_id,
            email: self.email.clone(),
            role: self.login.role,
        }
    }

    /// Opens a transaction of its customer, in which the login ends.
    pub(crate) async fn tenant(&self, store: &Store, address: &[u8]) -> Result<Tenant> {
        let tx = store.tenant(self.login.tenant).await?;
        let user = self.login.user_id;
        // It takes a while to verify a password, in which it may have been changed.
        let hash = users::lock_password_hash(&tx, user).await?;
        if hash.as_deref() != Some(&self.login.password_hash) {
            return Err(refused("password was changed meanwhile"));
        }
        if let Some(rehashed) = &self.rehashed {
            users::set_password(&tx, user, &self.login.password_hash, rehashed).await?;
        }
        users::end_login(&tx, user, &self.email, address).await?;
        Ok(tx)
    }
}

/// Checks address and password.
///
/// # Errors
/// As for [`log_in`].
pub(crate) async fn authenticate(
    app: &App,
    address: &[u8],
    email: &str,
    password: SecretString,
) -> Result<Authenticated> {
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
    let (Some(login), Ok(email)) = (found, email) else {
        return Err(refused("unknown address"));
    };
    // Only now is the password available to be hashed with the present parameters.
    let rehashed = match passwords::is_outdated(&login.password_hash) {
        true => Some(passwords::hash(password).await?),
        false => None,
    };
    Ok(Authenticated {
        login,
        email,
        rehashed,
    })
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
    let authenticated = authenticate(app, address, email, password).await?;
    let user = authenticated.user();
    let signing = SigningSecrets::read(app, user.customer_id).await?;
    let store = app.unbounded_store().await?;
    let tx = authenticated.tenant(store, address).await?;
    let tokens = begin(&tx, app.tokens().await?, &signing, user.new_session()).await?;
    tx.commit().await?;
    Ok(NewSession { user, tokens })
}

//! Passwords: hashing with argon2id at OWASP's parameters (19 MiB, two passes, one lane) off the async threads,
//! changes, and resets with a link in an email.

mod change;
mod own;
mod reset;

use std::sync::LazyLock;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use dynrag_domain::{Error, Result};
use secrecy::{ExposeSecret, SecretString};

pub use change::change;
pub(crate) use own::check_own;
pub use reset::{request_reset, reset};

fn params() -> Result<Params> {
    Params::new(19 * 1024, 2, 1, None).map_err(Error::internal_fault)
}

fn argon2() -> Result<Argon2<'static>> {
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params()?))
}

/// Returns whether a hash was made with weaker parameters than the present ones.
pub(crate) fn is_outdated(hash: &str) -> bool {
    let (Ok(today), Ok(hash)) = (params(), PasswordHash::new(hash)) else {
        return false;
    };
    let Ok(then) = Params::try_from(&hash) else {
        return true;
    };
    hash.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || then.m_cost() < today.m_cost()
        || then.t_cost() < today.t_cost()
}

/// Verified against for unknown addresses, so that the response takes as long as for a known one.
static NOBODY: LazyLock<Option<String>> =
    LazyLock::new(|| hash_now("nobody has this password").ok());

fn hash_now(password: &str) -> Result<String> {
    let hash = argon2()?
        .hash_password(password.as_bytes())
        .map_err(Error::internal_fault)?;
    Ok(hash.to_string())
}

/// Hashes a password and returns the PHC string.
///
/// # Errors
/// `internal_error`.
pub(crate) async fn hash(password: SecretString) -> Result<String> {
    tokio::task::spawn_blocking(move || hash_now(password.expose_secret()))
        .await
        .map_err(Error::internal_fault)?
}

/// Returns whether a password matches a hash. Without a hash it returns false after the same work.
///
/// # Errors
/// `internal_error` for a hash that cannot be parsed.
pub(crate) async fn verify(password: SecretString, hash: Option<String>) -> Result<bool> {
    tokio::task::spawn_blocking(move || {
        let known = hash.is_some();
        let Some(hash) = hash.or_else(|| NOBODY.clone()) else {
            return Ok(false);
        };
        let hash = PasswordHash::new(&hash).map_err(Error::internal_fault)?;
        let right = argon2()?
            .verify_password(password.expose_secret().as_bytes(), &hash)
            .is_ok();
        Ok(known && right)
    })
    .await
    .map_err(Error::internal_fault)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_with_weaker_parameters_is_outdated() {
        assert!(!is_outdated(&hash_now("a password").unwrap()));
        for params in ["m=19456,t=1,p=1", "m=12288,t=2,p=1"] {
            let old = format!("$argon2id$v=19${params}$c29tZXNhbHQ$c29tZWhhc2hvZjE2Ynl0ZXM");
            assert!(is_outdated(&old), "{params}");
        }
        assert!(!is_outdated("no hash"));
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let password = || SecretString::from("correct horse battery");
        let hash = hash(password()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(verify(password(), Some(hash.clone())).await.unwrap());
        assert!(
            !verify(SecretString::from("correct horse batterz"), Some(hash))
                .await
                .unwrap()
        );
        assert!(
            !verify(SecretString::from("nobody has this password"), None)
                .await
                .unwrap()
        );
    }
}

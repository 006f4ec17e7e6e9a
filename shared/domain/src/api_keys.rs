//! API keys as text: `drk_<public id>_<secret>`.
//!
//! The public id finds the key, the SHA-256 of the secret proves it. The secret's last six characters
//! are a checksum, so that a mistyped key, or a string that only looks like one, costs no look-up and
//! secret scanners have few false alarms.

use rand::distr::{Alphanumeric, SampleString};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Prefix of every key.
pub const PREFIX: &str = "drk_";
/// Characters of the public id.
pub const PUBLIC_ID: usize = 16;
/// Random characters of the secret, 256 bits in the alphabet of 62.
pub const RANDOM: usize = 43;
const CHECKSUM: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A parsed key. It holds the secret, hence no Debug.
pub struct ApiKey<'a> {
    /// Finds the key.
    pub public_id: &'a str,
    secret: &'a str,
}

impl<'a> ApiKey<'a> {
    /// Parses a key.
    ///
    /// # Errors
    /// `unauthenticated` for text that [`compose`] cannot have written.
    pub fn parse(text: &'a str) -> Result<Self> {
        let bad = || Error::unauthenticated("malformed api key");
        let (public_id, secret) = text
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('_'))
            .ok_or_else(bad)?;
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric());
        if public_id.len() != PUBLIC_ID
            || secret.len() != RANDOM + CHECKSUM
            || !plain(public_id)
            || !plain(secret)
        {
            return Err(bad());
        }
        let (random, given) = secret.split_at(RANDOM);
        if checksum(public_id, random) != given {
            return Err(bad());
        }
        Ok(Self { public_id, secret })
    }

    /// The stored hash of the secret.
    pub fn secret_hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }
}

/// Generates a new key.
pub fn generate() -> String {
    let random = |characters| Alphanumeric.sample_string(&mut rand::rng(), characters);
    compose(&random(PUBLIC_ID), &random(RANDOM))
}

/// Writes a key from its random parts, [`PUBLIC_ID`] and [`RANDOM`] characters of `0-9A-Za-z`.
pub fn compose(public_id: &str, random: &str) -> String {
    format!(
        "{PREFIX}{public_id}_{random}{}",
        checksum(public_id, random)
    )
}

fn checksum(public_id: &str, random: &str) -> String {
    let digest = Sha256::digest(format!("{public_id}_{random}"));
    digest
        .iter()
        .take(CHECKSUM)
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_round_trips_and_a_mistyped_key_is_rejected() {
        let text = compose(&"p".repeat(PUBLIC_ID), &"r".repeat(RANDOM));
        assert_eq!(
            ApiKey::parse(&text).unwrap().public_id,
            "p".repeat(PUBLIC_ID)
        );
        for position in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[position] = b'x';
            assert!(
                ApiKey::parse(std::str::from_utf8(&bytes).unwrap()).is_err(),
                "byte {position}"
            );
        }
        for bad in [
            "",
            "drk_",
            "drk__",
            &text[1..],
            &format!("{text}x"),
            "drk_é_é",
        ] {
            assert!(ApiKey::parse(bad).is_err(), "{bad:?}");
        }
    }
}

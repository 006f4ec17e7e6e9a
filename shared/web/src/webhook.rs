//! Signs webhooks and verifies them, after Standard Webhooks (<https://www.standardwebhooks.com>).
//!
//! The signature is HMAC-SHA-256 over `{id}.{timestamp}.{body}`, the timestamp in Unix seconds.
//!
//! `standardwebhooks` has one secret and does not wipe it, reads the clock itself, and signs UTF-8 only; a test checks
//! that it agrees.

use std::{fmt, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use rand::RngExt;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Message id; the same for every attempt.
pub const ID: HeaderName = HeaderName::from_static("webhook-id");
/// When this attempt was signed, Unix seconds.
pub const TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// `v1,<base64>`, one for each secret, separated by spaces.
pub const SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");
/// Maximum difference between a timestamp and the receiver's clock, either way.
pub const TOLERANCE: Duration = Duration::from_secs(5 * 60);

const PREFIX: &str = "whsec_";
/// Signatures that are looked at; a sender in the midst of a rotation sends two.
const MAX_SIGNATURES: usize = 16;

/// Why a webhook cannot be signed or is not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WebhookError {
    /// Not `whsec_` and the base64 of 24 to 64 bytes.
    #[error("a webhook secret is whsec_ and the base64 of 24 to 64 bytes")]
    InvalidSecret,
    /// An id that is empty, holds a dot or is not visible ASCII.
    #[error("the webhook's id is not valid")]
    InvalidId,
    /// A header is missing or given twice, or the timestamp is no number.
    #[error("a webhook header is missing or not valid")]
    InvalidHeader,
    /// The timestamp is further than [`TOLERANCE`] from now.
    #[error("the webhook's timestamp is too old or in the future")]
    OutOfTime,
    /// No signature fits any secret.
    #[error("the webhook's signature does not fit")]
    WrongSignature,
}

/// A key that sender and receiver share. No `Debug` output, no serde; wiped when dropped.
#[derive(Clone)]
pub struct Secret(SecretSlice<u8>);

impl Secret {
    /// A new secret of 32 random bytes.
    pub fn generate() -> Self {
        let key: [u8; 32] = rand::rng().random();
        let key = Zeroizing::new(key);
        Self(SecretSlice::from(key.to_vec()))
    }

    /// Reads `whsec_…`.
    ///
    /// # Errors
    /// [`WebhookError::InvalidSecret`].
    pub fn parse(text: &str) -> Result<Self, WebhookError> {
        let text = text
            .strip_prefix(PREFIX)
            .ok_or(WebhookError::InvalidSecret)?;
        let key = STANDARD
            .decode(text)
            .map_err(|_| WebhookError::InvalidSecret)?;
        let key = Self(SecretSlice::from(key));
        match key.0.expose_secret().len() {
            24..=64 => Ok(key),
            _ => Err(WebhookError::InvalidSecret),
        }
    }

    /// `whsec_…`, to show to the customer once and to keep encrypted.
    pub fn to_text(&self) -> SecretString {
        let text = Zeroizing::new(STANDARD.encode(self.0.expose_secret()));
        SecretString::from(format!("{PREFIX}{}", text.as_str()))
    }

    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Result<Hmac<Sha256>, WebhookError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.expose_secret())
            .map_err(|_| WebhookError::InvalidSecret)?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Ok(mac)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The three headers of a message, signed at `now` (Unix seconds) with each of the secrets: two of
/// them during a rotation.
///
/// # Errors
/// [`WebhookError::InvalidId`]; [`WebhookError::InvalidSecret`] if there is no secret.
pub fn sign(
    secrets: &[Secret],
    id: &str,
    now: i64,
    body: &[u8],
) -> Result<HeaderMap, WebhookError> {
    // A dot would make the signed content ambiguous.
    let valid = id.bytes().all(|b| b.is_ascii_graphic() && b != b'.');
    if id.is_empty() || !valid {
        return Err(WebhookError::InvalidId);
    }
    if secrets.is_empty() {
        return Err(WebhookError::InvalidSecret);
    }
    let timestamp = now.to_string();
    let mut signatures = Vec::with_capacity(secrets.len());
    for secret in secrets {
        let code = secret.mac(id, &timestamp, body)?.finalize().into_bytes();
        signatures.push(format!("v1,{}", STANDARD.encode(code)));
    }
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| WebhookError::InvalidId);
    Ok(HeaderMap::from_iter([
        (ID, value(id)?),
        (TIMESTAMP, value(&timestamp)?),
        (SIGNATURE, value(&signatures.join(" "))?),
    ]))
}

/// Accepts a message that was signed with any of the secrets within [`TOLERANCE`] of `now` (Unix
/// seconds), and returns its id. A replay within that time passes: keep the ids.
///
/// # Errors
/// [`WebhookError::InvalidHeader`], [`WebhookError::OutOfTime`] or [`WebhookError::WrongSignature`].
pub fn verify<'a>(
    secrets: &[Secret],
    headers: &'a HeaderMap,
    body: &[u8],
    now: i64,
) -> Result<&'a str, WebhookError> {
    let id = only(headers, &ID)?;
    let timestamp = only(headers, &TIMESTAMP)?;
    let signatures = only(headers, &SIGNATURE)?;
    if id.is_empty() || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(WebhookError::InvalidHeader);
    }
    let at: i64 = timestamp.parse().map_err(|_| WebhookError::InvalidHeader)?;
    if now.abs_diff(at) > TOLERANCE.as_secs() {
        return Err(WebhookError::OutOfTime);
    }
    for signature in signatures.split(' ').take(MAX_SIGNATURES) {
        let Some(code) = signature.strip_prefix("v1,") else {
            continue;
        };
        let Ok(code) = STANDARD.decode(code) else {
            continue;
        };
        for secret in secrets {
            // Constant time.
            if secret.mac(id, timestamp, body)?.verify_slice(&code).is_ok() {
                return Ok(id);
            }
        }
    }
    Err(WebhookError::WrongSignature)
}

/// The value of a header that is there exactly once.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, WebhookError> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().map_err(|_| WebhookError::InvalidHeader),
        _ => Err(WebhookError::InvalidHeader),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const MESSAGE: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    const AT: i64 = 1_614_265_330;
    const BODY: &[u8] = br#"{"test": 2432232314}"#;

    fn secret() -> Secret {
        Secret::parse(SECRET).unwrap()
    }

    fn signed(at: i64) -> HeaderMap {
        sign(&[secret()], MESSAGE, at, BODY).unwrap()
    }

    #[test]
    fn the_specification_s_own_example() {
        let headers = signed(AT);
        assert_eq!(
            headers[SIGNATURE],
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
        assert_eq!(headers[TIMESTAMP], "1614265330");
        assert_eq!(verify(&[secret()], &headers, BODY, AT), Ok(MESSAGE));
    }

    #[test]
    fn the_reference_library_agrees_both_ways() {
        // It reads the clock, so the message is of now.
        let now = Utc::now().timestamp();
        for length in [0, 1, 100, 100_000] {
            let body: String = "é{".chars().cycle().take(length).collect();
            let secret = Secret::generate();
            let theirs = standardwebhooks::Webhook::new(secret.to_text().expose_secret()).unwrap();
            let mut headers =
                sign(std::slice::from_ref(&secret), "msg_1", now, body.as_bytes()).unwrap();
            theirs.verify(body.as_bytes(), &headers).unwrap();
            let signature = theirs.sign("msg_1", now, body.as_bytes()).unwrap();
            headers.insert(SIGNATURE, signature.parse().unwrap());
            assert_eq!(
                verify(&[secret], &headers, body.as_bytes(), now),
                Ok("msg_1")
            );
        }
    }

    #[test]
    fn secrets_rotate() {
        let (old, new) = (Secret::generate(), Secret::generate());
        let both = sign(&[old.clone(), new.clone()], MESSAGE, AT, BODY).unwrap();
        for secret in [&old, &new] {
            assert!(verify(std::slice::from_ref(secret), &both, BODY, AT).is_ok());
        }
        let by_new = sign(std::slice::from_ref(&new), MESSAGE, AT, BODY).unwrap();
        assert!(verify(&[old.clone(), new], &by_new, BODY, AT).is_ok());
        assert_eq!(
            verify(&[old], &by_new, BODY, AT),
            Err(WebhookError::WrongSignature)
        );
        assert_eq!(
            verify(&[], &by_new, BODY, AT),
            Err(WebhookError::WrongSignature)
        );
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let headers = signed(AT);
        for bit in 0..BODY.len() * 8 {
            let mut body = BODY.to_vec();
            body[bit / 8] ^= 1 << (bit % 8);
            let verified = verify(&[secret()], &headers, &body, AT);
            assert_eq!(verified, Err(WebhookError::WrongSignature));
        }
        for (name, value) in [
            (ID, "msg_other"),
            (TIMESTAMP, "1614265331"),
            (SIGNATURE, "v1,"),
        ] {
            let mut changed = headers.clone();
            changed.insert(name, value.parse().unwrap());
            let verified = verify(&[secret()], &changed, BODY, AT);
            assert_eq!(verified, Err(WebhookError::WrongSignature), "{value}");
        }
    }

    #[test]
    fn only_five_minutes_either_way() {
        let headers = signed(AT);
        for (now, fits) in [
            (AT - 300, true),
            (AT + 300, true),
            (AT - 301, false),
            (AT + 301, false),
        ] {
            let verified = verify(&[secret()], &headers, BODY, now);
            assert_eq!(
                verified,
                if fits {
                    Ok(MESSAGE)
                } else {
                    Err(WebhookError::OutOfTime)
                }
            );
        }
    }

    #[test]
    fn headers_that_are_no_headers() {
        for (name, value) in [
            (TIMESTAMP, "+1614265330"),
            (TIMESTAMP, ""),
            (TIMESTAMP, "1e9"),
            (ID, ""),
        ] {
            let mut headers = signed(AT);
            headers.insert(name, value.parse().unwrap());
            let verified = verify(&[secret()], &headers, BODY, AT);
            assert_eq!(verified, Err(WebhookError::InvalidHeader), "{value}");
        }
        for name in [ID, TIMESTAMP, SIGNATURE] {
            let mut missing = signed(AT);
            missing.remove(&name);
            let mut twice = signed(AT);
            twice.append(&name, twice[&name].clone());
            for headers in [missing, twice] {
                let verified = verify(&[secret()], &headers, BODY, AT);
                assert_eq!(verified, Err(WebhookError::InvalidHeader));
            }
        }
        // Other versions and invalid signatures are skipped.
        let mut headers = signed(AT);
        let mixed = format!(
            "v1a,xx v2,{0} v1 v1,* , {1}",
            "AAAA",
            headers[&SIGNATURE].to_str().unwrap()
        );
        headers.insert(SIGNATURE, mixed.parse().unwrap());
        assert!(verify(&[secret()], &headers, BODY, AT).is_ok());
    }

    #[test]
    fn ids_and_secrets_have_a_form() {
        for id in ["", "a.b", "a b", "é", "a\n"] {
            let refused = sign(&[secret()], id, AT, BODY).map(drop);
            assert_eq!(refused, Err(WebhookError::InvalidId), "{id}");
        }
        assert!(sign(&[], MESSAGE, AT, BODY).is_err());
        let encoded = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![1; bytes]));
        for (text, valid) in [
            (encoded(23), false),
            (encoded(24), true),
            (encoded(64), true),
            (encoded(65), false),
            (SECRET.replace("whsec_", ""), false),
            ("whsec_*".to_owned(), false),
        ] {
            assert_eq!(Secret::parse(&text).is_ok(), valid, "{text}");
        }
        assert_eq!(secret().to_text().expose_secret(), SECRET);
        assert_eq!(format!("{:?}", secret()), "Secret(…)");
    }
}

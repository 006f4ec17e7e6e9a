//! Passwords of encrypted documents.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use crate::error::{Error, Result};

/// Longest password in bytes, the limit of PDF.
pub const MAX_BYTES: usize = 127;

/// A password of 1 to 127 bytes of UTF-8, without NUL. It is never returned.
#[derive(Clone, Debug, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 127)]
pub struct DocumentPassword(SecretString);

impl DocumentPassword {
    /// Checks and wraps a password.
    ///
    /// # Errors
    /// `invalid_fields` at `/password`, without the password's text.
    pub fn parse(text: String) -> Result<Self> {
        let right = (1..=MAX_BYTES).contains(&text.len()) && !text.contains('\0');
        let secret = SecretString::from(text);
        if right {
            Ok(Self(secret))
        } else {
            let detail = format!("1 to {MAX_BYTES} bytes of UTF-8, without NUL");
            Err(Error::field("/password", detail))
        }
    }

    /// The text.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl<'de> Deserialize<'de> for DocumentPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(text).map_err(|error| {
            let detail = error.fields().first().map(|field| field.detail.clone());
            serde::de::Error::custom(detail.unwrap_or_default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_has_a_maximum_length_and_is_not_displayed() {
        for good in ["x", "ä ö", &"p".repeat(127)] {
            let password = DocumentPassword::parse(good.to_owned()).unwrap();
            assert_eq!(password.expose(), good);
            assert_eq!(
                format!("{password:?}"),
                "DocumentPassword(SecretBox<str>([REDACTED]))"
            );
        }
        for bad in ["", "a\0b", &"p".repeat(128), &"ä".repeat(64)] {
            let error = DocumentPassword::parse(bad.to_owned()).unwrap_err();
            assert_eq!(error.fields()[0].pointer, "/password");
            let json = serde_json::Value::from(bad);
            let error = serde_json::from_value::<DocumentPassword>(json).unwrap_err();
            assert!(
                bad.is_empty() || !error.to_string().contains(bad),
                "{error}"
            );
        }
    }
}

//! Opaque cursors: base64url of JSON. They grant nothing: a cursor is a position within what the caller
//! can see anyway, so its form is checked and it is not signed.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use dynrag_domain::{Error, Kind, Result};
use serde::{Serialize, de::DeserializeOwned};

/// Encodes a position.
///
/// # Errors
/// `internal_error` if it cannot be written as JSON.
pub fn encode<T: Serialize>(position: &T) -> Result<String> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(position).map_err(Error::internal_fault)?))
}

/// Decodes a position.
///
/// # Errors
/// `invalid_cursor` for text that [`encode`] did not write.
pub fn decode<T: DeserializeOwned>(cursor: &str) -> Result<T> {
    BASE64_URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(|| {
            Error::new(
                Kind::Invalid,
                "invalid_cursor",
                "The cursor is not valid. Start again without a cursor.",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_round_trips_and_other_texts_are_rejected() {
        assert_eq!(
            decode::<(i32, String)>(&encode(&(1, "a")).unwrap()).unwrap(),
            (1, "a".to_owned())
        );
        for bad in ["", "x", "e30", "é"] {
            assert!(decode::<(i32, String)>(bad).is_err());
        }
    }
}

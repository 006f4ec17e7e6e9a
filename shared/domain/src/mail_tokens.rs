//! Tokens of links in emails: customer, id and a secret of 256 bits, as base64url.
//!
//! Customer and id find the stored row; the SHA-256 of the secret proves the token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::ids::CustomerId;

const BYTES: usize = 16 + 16 + 32;

/// A parsed token. It holds the secret, hence no Debug.
pub struct MailToken {
    /// The tenant.
    pub customer_id: CustomerId,
    /// The token's row.
    pub id: Uuid,
    secret: [u8; 32],
}

impl MailToken {
    /// Generates a new token.
    pub fn generate(customer_id: CustomerId) -> Self {
        Self {
            customer_id,
            id: Uuid::now_v7(),
            secret: rand::random(),
        }
    }

    /// Parses a token; `None` for text that [`text`](Self::text) cannot have written.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; BYTES] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (customer, rest) = bytes.split_at(16);
        let (id, secret) = rest.split_at(16);
        Some(Self {
            customer_id: Uuid::from_slice(customer).ok()?.into(),
            id: Uuid::from_slice(id).ok()?,
            secret: secret.try_into().ok()?,
        })
    }

    /// Returns the text for the link: 86 characters.
    pub fn text(&self) -> String {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(self.customer_id.as_uuid().as_bytes());
        bytes.extend_from_slice(self.id.as_bytes());
        bytes.extend_from_slice(&self.secret);
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Returns the stored hash of the secret.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_round_trips_and_other_texts_do_not_parse() {
        let token = MailToken::generate(CustomerId::generate());
        let text = token.text();
        let parsed = MailToken::parse(&text).unwrap();
        assert_eq!(
            (parsed.customer_id, parsed.id, parsed.hash()),
            (token.customer_id, token.id, token.hash())
        );
        for bad in ["", "x", &text[1..], &format!("{text}A"), &"é".repeat(43)] {
            assert!(MailToken::parse(bad).is_none(), "{bad}");
        }
    }
}

//! Envelope encryption: KMS wraps one data key per customer, the data key seals its secrets.
//!
//! A data key is bound to its customer by KMS's encryption context, and a ciphertext to customer,
//! purpose and version by the AAD of AES-256-GCM, so that a row copied to another customer or purpose
//! does not open. Plaintext data keys are cached for at most five minutes.

use std::{sync::Arc, time::Duration};

use aes_gcm::{
    Aes256Gcm, KeyInit,
    aead::{Aead, Payload},
};
use aws_sdk_kms::{Client, primitives::Blob, types::DataKeySpec};
use dynrag_domain::{CustomerId, Error, Result};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::error;

const CACHE_TIME: Duration = Duration::from_secs(300);
const CACHED_KEYS: u64 = 10_000;

/// The purpose of a secret. Part of its AAD.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Purpose {
    /// Signs access tokens.
    AccessToken,
    /// Signs refresh tokens.
    RefreshToken,
    /// The customer's own key at the model provider.
    OpenAiKey,
    /// Signs webhooks.
    Webhook,
    /// Opens a document.
    DocumentPassword,
    /// The customer's key at its reranker.
    RerankerKey,
    /// The customer's key at a provider of chat models.
    ChatKey,
}

impl Purpose {
    /// The name stored in `customer_secrets.purpose`; documents' passwords and keys of chat models have
    /// tables of their own.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessToken => "access_token",
            Self::RefreshToken => "refresh_token",
            Self::OpenAiKey => "openai_key",
            Self::Webhook => "webhook",
            Self::DocumentPassword => "document_password",
            Self::RerankerKey => "reranker_key",
            Self::ChatKey => "chat_key",
        }
    }
}

/// A sealed secret.
pub struct Sealed {
    /// 12 random bytes.
    pub nonce: [u8; 12],
    /// Ciphertext and 16-byte tag.
    pub ciphertext: Vec<u8>,
}

/// A customer's data key in plaintext. No Debug, no serde; wiped when dropped.
pub struct DataKey {
    customer: CustomerId,
    key: Zeroizing<[u8; 32]>,
}

impl DataKey {
    fn new(customer: CustomerId, plaintext: Option<Blob>) -> Result<Self> {
        let bytes = Zeroizing::new(plaintext.map(Blob::into_inner).unwrap_or_default());
        let mut key = Zeroizing::new([0; 32]);
        if bytes.len() != key.len() {
            return Err(Error::internal_fault(format!(
                "kms gave a data key of {} bytes",
                bytes.len()
            )));
        }
        key.copy_from_slice(&bytes);
        Ok(Self { customer, key })
    }

    fn aad(&self, purpose: Purpose, version: i32) -> String {
        format!("{}|{}|{version}", self.customer, purpose.as_str())
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&*self.key).into())
    }

    /// Encrypts a secret for a purpose and version.
    ///
    /// # Errors
    /// `internal_error`, which does not happen for secrets of less than 64 GiB.
    pub fn seal(&self, purpose: Purpose, version: i32, plaintext: &[u8]) -> Result<Sealed> {
        let nonce: [u8; 12] = rand::random();
        let aad = self.aad(purpose, version);
        let ciphertext = self
            .cipher()
            .encrypt(
                (&nonce).into(),
                Payload {
                    msg: plaintext,
                    aad: aad.as_bytes(),
                },
            )
            .map_err(|_| Error::internal_fault("seal"))?;
        Ok(Sealed { nonce, ciphertext })
    }

    /// Decrypts a secret; only with the customer, purpose and version it was sealed for.
    ///
    /// # Errors
    /// `internal_error` when it does not open.
    pub fn open(
        &self,
        purpose: Purpose,
        version: i32,
        nonce: &[u8],
        ciphertext: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>> {
        let nonce: &[u8; 12] = nonce
            .try_into()
            .map_err(|_| Error::internal_fault("nonce is not of 12 bytes"))?;
        let aad = self.aad(purpose, version);
        self.cipher()
            .decrypt(
                nonce.into(),
                Payload {
                    msg: ciphertext,
                    aad: aad.as_bytes(),
                },
            )
            .map(Zeroizing::new)
            .map_err(|_| {
                Error::internal_fault(format!("{} secret does not open", purpose.as_str()))
            })
    }
}

/// Makes and unwraps data keys.
#[derive(Clone)]
pub struct Vault {
    client: Client,
    key_arn: String,
    keys: Cache<(CustomerId, [u8; 32]), Arc<DataKey>>,
}

impl Vault {
    pub(crate) fn new(client: Client, key_arn: &str) -> Self {
        Self {
            client,
            key_arn: key_arn.to_owned(),
            keys: Cache::builder()
                .max_capacity(CACHED_KEYS)
                .time_to_live(CACHE_TIME)
                .build(),
        }
    }

    /// Makes a data key for a new customer: the wrapped form to store, and the key itself.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn generate(&self, customer: CustomerId) -> Result<(Vec<u8>, DataKey)> {
        let answer = self
            .client
            .generate_data_key()
            .key_id(&self.key_arn)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context("customer_id", customer.to_string())
            .send()
            .await
            .map_err(|e| error::call("kms:GenerateDataKey", &e))?;
        let wrapped = answer
            .ciphertext_blob
            .ok_or_else(|| Error::internal_fault("kms gave no wrapped key"))?;
        Ok((
            wrapped.into_inner(),
            DataKey::new(customer, answer.plaintext)?,
        ))
    }

    /// Rewraps a customer's data key under the current version of KMS's key.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` if KMS rejects the call.
    pub async fn rewrap(&self, customer: CustomerId, wrapped: &[u8]) -> Result<Vec<u8>> {
        let key = self.unwrap_key(customer, wrapped).await?;
        let answer = self
            .client
            .encrypt()
            .key_id(&self.key_arn)
            .plaintext(Blob::new(key.key.as_slice()))
            .encryption_context("customer_id", customer.to_string())
            .send()
            .await
            .map_err(|e| error::call("kms:Encrypt", &e))?;
        answer
            .ciphertext_blob
            .map(Blob::into_inner)
            .ok_or_else(|| Error::internal_fault("kms gave no wrapped key"))
    }

    /// Unwraps a customer's data key: at most one KMS call every five minutes, even with many
    /// concurrent requests.
    ///
    /// # Errors
    /// `unavailable`; `internal_error` if KMS rejects the call.
    pub async fn unwrap_key(&self, customer: CustomerId, wrapped: &[u8]) -> Result<Arc<DataKey>> {
        // The wrapped form is part of the cache's key: after a re-wrap the old entry is not found.
        let entry = (customer, Sha256::digest(wrapped).into());
        self.keys
            .try_get_with(entry, async {
                let answer = self
                    .client
                    .decrypt()
                    .key_id(&self.key_arn)
                    .ciphertext_blob(Blob::new(wrapped))
                    .encryption_context("customer_id", customer.to_string())
                    .send()
                    .await
                    .map_err(|e| error::call("kms:Decrypt", &e))?;
                DataKey::new(customer, answer.plaintext).map(Arc::new)
            })
            .await
            .map_err(|e: Arc<Error>| Error::clone(&e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSES: [Purpose; 7] = [
        Purpose::AccessToken,
        Purpose::RefreshToken,
        Purpose::OpenAiKey,
        Purpose::Webhook,
        Purpose::DocumentPassword,
        Purpose::RerankerKey,
        Purpose::ChatKey,
    ];

    fn key(customer: CustomerId) -> DataKey {
        DataKey {
            customer,
            key: Zeroizing::new(rand::random()),
        }
    }

    /// Promise 18: 20 tenants × every purpose, each ciphertext against each key, purpose and version.
    #[test]
    fn a_ciphertext_opens_only_where_it_belongs() {
        // Everyone has the same key bytes: the test is about the binding by AAD, not the key.
        let bytes: [u8; 32] = rand::random();
        let keys: Vec<DataKey> = (0..20)
            .map(|_| DataKey {
                customer: CustomerId::generate(),
                key: Zeroizing::new(bytes),
            })
            .collect();
        for (i, owner) in keys.iter().enumerate() {
            for purpose in PURPOSES {
                let sealed = owner.seal(purpose, 1, b"secret").unwrap();
                for (j, reader) in keys.iter().enumerate() {
                    for read_as in PURPOSES {
                        for version in [1, 2] {
                            let opened =
                                reader.open(read_as, version, &sealed.nonce, &sealed.ciphertext);
                            let right = i == j && purpose == read_as && version == 1;
                            assert_eq!(
                                opened.is_ok(),
                                right,
                                "{i} {purpose:?} read by {j} as {read_as:?} {version}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn every_flipped_byte_is_noticed() {
        let owner = key(CustomerId::generate());
        let sealed = owner
            .seal(Purpose::AccessToken, 1, b"a secret of some length")
            .unwrap();
        assert_eq!(
            owner
                .open(Purpose::AccessToken, 1, &sealed.nonce, &sealed.ciphertext)
                .unwrap()
                .as_slice(),
            b"a secret of some length"
        );
        for position in 0..sealed.ciphertext.len() {
            let mut flipped = sealed.ciphertext.clone();
            flipped[position] ^= 1;
            assert!(
                owner
                    .open(Purpose::AccessToken, 1, &sealed.nonce, &flipped)
                    .is_err()
            );
        }
        for position in 0..12 {
            let mut nonce = sealed.nonce;
            nonce[position] ^= 1;
            assert!(
                owner
                    .open(Purpose::AccessToken, 1, &nonce, &sealed.ciphertext)
                    .is_err()
            );
        }
        assert!(
            owner
                .open(Purpose::AccessToken, 1, &[], &sealed.ciphertext)
                .is_err()
        );
        assert!(
            key(owner.customer)
                .open(Purpose::AccessToken, 1, &sealed.nonce, &sealed.ciphertext)
                .is_err()
        );
    }
}

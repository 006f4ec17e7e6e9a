//! Sealed secrets: what the vault writes and reads. Nothing here is plaintext.

use dynrag_domain::{CustomerId, Error, Result};
use tokio_postgres::types::Type;

use crate::Store;

/// A secret encrypted under its customer's data key.
#[derive(Clone)]
pub struct SealedSecret {
    /// Name of the purpose, `access_token`.
    pub purpose: &'static str,
    /// Version of the secret, from 1.
    pub version: i32,
    /// AES-GCM nonce.
    pub nonce: Vec<u8>,
    /// Ciphertext and tag.
    pub ciphertext: Vec<u8>,
}

/// A customer's live secrets of one purpose with the key to open them.
pub struct SealedSecrets {
    /// The data key, wrapped by KMS.
    pub wrapped_data_key: Vec<u8>,
    /// Newest first; at least one.
    pub secrets: Vec<SealedSecret>,
}

impl Store {
    /// Reads a customer's live secrets of one purpose; none for an unknown or erased customer, or
    /// one that has no such secret. Needed before a caller is verified, hence outside the tenant.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn read_secrets(
        &self,
        customer: CustomerId,
        purpose: &'static str,
    ) -> Result<Option<SealedSecrets>> {
        let rows = self
            .call(
                include_str!("../queries/secrets/read.sql"),
                &[(&customer.as_uuid(), Type::UUID), (&purpose, Type::TEXT)],
            )
            .await?;
        let column = |e: tokio_postgres::Error| Error::internal_fault(format!("secrets: {e}"));
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let wrapped_data_key = first.try_get("wrapped_data_key").map_err(column)?;
        let secrets = rows
            .iter()
            .map(|row| {
                Ok(SealedSecret {
                    purpose,
                    version: row.try_get("version").map_err(column)?,
                    nonce: row.try_get("nonce").map_err(column)?,
                    ciphertext: row.try_get("ciphertext").map_err(column)?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Some(SealedSecrets {
            wrapped_data_key,
            secrets,
        }))
    }
}

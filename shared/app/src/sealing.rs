//! New versions of a customer's sealed secrets, written under the lock of all its secrets.

use dynrag_cloud::{Vault, vault::Purpose};
use dynrag_domain::{Error, Result};
use dynrag_store::{
    Tenant,
    secrets::{self, SealedSecret},
};

/// Seals secrets of a customer within the transaction that holds the lock of its secrets.
pub(crate) struct Sealer<'a> {
    tx: &'a Tenant,
    vault: &'a Vault,
    wrapped_data_key: Vec<u8>,
}

impl<'a> Sealer<'a> {
    /// Takes the lock.
    ///
    /// # Errors
    /// `not_found` for an erased customer; `unavailable`.
    pub(crate) async fn lock(tx: &'a Tenant, vault: &'a Vault) -> Result<Self> {
        let wrapped_data_key = secrets::lock(tx)
            .await?
            .ok_or_else(|| Error::not_found("customer"))?;
        Ok(Self {
            tx,
            vault,
            wrapped_data_key,
        })
    }

    /// Seals the next version of a secret. The caller writes it.
    ///
    /// # Errors
    /// `unavailable` without a database or KMS.
    pub(crate) async fn seal_next(
        &self,
        purpose: Purpose,
        plaintext: &[u8],
    ) -> Result<SealedSecret> {
        let version = secrets::newest(self.tx, purpose.as_str()).await? + 1;
        let data_key = self
            .vault
            .unwrap_key(self.tx.customer_id(), &self.wrapped_data_key)
            .await?;
        let sealed = data_key.seal(purpose, version, plaintext)?;
        Ok(SealedSecret {
            purpose: purpose.as_str(),
            version,
            nonce: sealed.nonce.to_vec(),
            ciphertext: sealed.ciphertext,
        })
    }
}

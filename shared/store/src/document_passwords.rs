//! Sealed passwords of password-protected documents. There is no plaintext here.

use dynrag_domain::{DocumentId, Error, Result};

use crate::{Store, Tenant, TenantId};

/// A document's password, sealed under its customer's data key for the vault's purpose `document_password`, as version
/// 1.
#[derive(Clone)]
pub struct SealedPassword {
    /// AES-GCM nonce.
    pub nonce: Vec<u8>,
    /// Ciphertext and tag.
    pub ciphertext: Vec<u8>,
}

/// A document's password with the key to open it.
pub struct StoredPassword {
    /// The data key, wrapped by KMS.
    pub wrapped_data_key: Vec<u8>,
    /// The password.
    pub sealed: SealedPassword,
}

/// Sets a document's password, replacing an older one.
///
/// # Errors
/// `unavailable` without a database.
pub async fn set(tx: &Tenant, document: DocumentId, password: &SealedPassword) -> Result<()> {
    tx.query(
        include_str!("../queries/document_passwords/set.sql"),
        &[
            &tx.customer_id(),
            &document,
            &password.nonce,
            &password.ciphertext,
        ],
    )
    .await
    .map(drop)
}

impl Store {
    /// Returns a document's password; `None` if it has no password, or its customer is erased.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn document_password(
        &self,
        customer: TenantId,
        document: DocumentId,
    ) -> Result<Option<StoredPassword>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/document_passwords/get.sql"),
                &[&customer, &document],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| {
            Ok(StoredPassword {
                wrapped_data_key: row.get("wrapped_data_key")?,
                sealed: SealedPassword {
                    nonce: row.get("nonce")?,
                    ciphertext: row.get("ciphertext")?,
                },
            })
        })
        .transpose()
    }

    /// Returns a customer's data key, wrapped by KMS.
    ///
    /// # Errors
    /// `not_found` for a customer that is erased; `unavailable` without a database.
    pub async fn wrapped_data_key(&self, customer: TenantId) -> Result<Vec<u8>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/document_passwords/data_key.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        row.ok_or_else(|| Error::not_found("customer"))?
            .get("wrapped_data_key")
    }
}

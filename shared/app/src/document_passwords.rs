//! Sealing the passwords of documents.

use dynrag_cloud::vault::Purpose;
use dynrag_domain::{CustomerId, Result, document_passwords::DocumentPassword};
use dynrag_store::document_passwords::SealedPassword;

use crate::App;

impl App {
    /// Seals a document's password under its customer's data key.
    ///
    /// # Errors
    /// `unavailable` without a database or KMS.
    pub async fn seal_document_password(
        &self,
        customer: CustomerId,
        password: &DocumentPassword,
    ) -> Result<SealedPassword> {
        let wrapped = self
            .unbounded_store()
            .await?
            .wrapped_data_key(customer)
            .await?;
        let key = self.vault().await?.unwrap_key(customer, &wrapped).await?;
        // A document has one, and no older ones.
        let sealed = key.seal(Purpose::DocumentPassword, 1, password.expose().as_bytes())?;
        Ok(SealedPassword {
            nonce: sealed.nonce.to_vec(),
            ciphertext: sealed.ciphertext,
        })
    }
}

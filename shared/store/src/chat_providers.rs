//! Providers of chat models, with a customer's models and key at each. The key is sealed; there is no plaintext here.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    Result,
    chat::{ChatModel, ProviderName},
};
use tokio_postgres::types::Json;

use crate::{Store, Tenant, TenantId};

/// A customer's provider.
pub struct ChatProviderRow {
    /// Its name in the deployment's list.
    pub name: ProviderName,
    /// The models that may be asked for.
    pub models: Vec<ChatModel>,
    /// The sealed key, if it has one.
    pub key: Option<SealedKey>,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
}

/// A key, sealed under the customer's data key.
pub struct SealedKey {
    /// The data key, wrapped by KMS.
    pub wrapped_data_key: Vec<u8>,
    /// AES-GCM nonce.
    pub nonce: Vec<u8>,
    /// Ciphertext and tag.
    pub ciphertext: Vec<u8>,
}

/// Sets a provider, replacing an older setting with its key: nonce and ciphertext.
///
/// # Errors
/// `unavailable` without a database.
pub async fn set(
    tx: &Tenant,
    name: &ProviderName,
    models: &[ChatModel],
    key: Option<(&[u8], &[u8])>,
) -> Result<()> {
    let (nonce, ciphertext) = key.unzip();
    tx.query(
        include_str!("../queries/chat_providers/set.sql"),
        &[
            &tx.customer_id(),
            &name.as_str(),
            &Json(models),
            &nonce,
            &ciphertext,
        ],
    )
    .await
    .map(drop)
}

/// Deletes a provider with its key. Returns false if there is none.
///
/// # Errors
/// `unavailable` without a database.
pub async fn delete(tx: &Tenant, name: &ProviderName) -> Result<bool> {
    let rows = tx
        .query(
            include_str!("../queries/chat_providers/delete.sql"),
            &[&tx.customer_id(), &name.as_str()],
        )
        .await?;
    Ok(!rows.is_empty())
}

impl Store {
    /// Returns a customer's providers, by name.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn chat_providers(&self, customer: TenantId) -> Result<Vec<ChatProviderRow>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/chat_providers/list.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        rows.iter()
            .map(|row| {
                let name: &str = row.get("name")?;
                let sealed: (Option<Vec<u8>>, Option<Vec<u8>>) =
                    (row.get("nonce")?, row.get("ciphertext")?);
                let key = match sealed {
                    (Some(nonce), Some(ciphertext)) => Some(SealedKey {
                        wrapped_data_key: row.get("wrapped_data_key")?,
                        nonce,
                        ciphertext,
                    }),
                    _ => None,
                };
                Ok(ChatProviderRow {
                    name: name.parse()?,
                    models: row.json("models")?,
                    key,
                    updated_at: row.get("updated_at")?,
                })
            })
            .collect()
    }
}

//! Rerankers of customers, one each. The key is a sealed secret of the vault; there is no plaintext here.

use chrono::{DateTime, Utc};
use dynrag_domain::{Result, money::Usd};

use crate::{
    Store, Tenant, TenantId,
    secrets::{SealedSecret, SealedSecrets},
};

/// Name of the key's purpose in the vault.
const PURPOSE: &str = "reranker_key";

/// A customer's reranker.
pub struct RerankerRow {
    /// Where it is asked.
    pub url: String,
    /// Its model.
    pub model: String,
    /// What a thousand searches cost; `None` if the customer did not say.
    pub usd_per_thousand_searches: Option<Usd>,
    /// When it was set.
    pub updated_at: DateTime<Utc>,
    /// Its sealed key, if it has one.
    pub key: Option<SealedSecrets>,
}

/// Sets the customer's reranker, replacing an older one. Its key is stored separately.
///
/// # Errors
/// `unavailable` without a database.
pub async fn set(
    tx: &Tenant,
    url: &str,
    model: &str,
    usd_per_thousand_searches: Option<Usd>,
) -> Result<()> {
    let nanos = usd_per_thousand_searches.map(Usd::nanos);
    tx.query(
        include_str!("../queries/rerankers/set.sql"),
        &[&tx.customer_id(), &url, &model, &nanos],
    )
    .await
    .map(drop)
}

/// Deletes the customer's reranker. Returns false if there is none.
///
/// # Errors
/// `unavailable` without a database.
pub async fn delete(tx: &Tenant) -> Result<bool> {
    let rows = tx
        .query(
            include_str!("../queries/rerankers/delete.sql"),
            &[&tx.customer_id()],
        )
        .await?;
    Ok(!rows.is_empty())
}

impl Store {
    /// Returns a customer's reranker, if it has one.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn reranker(&self, customer: TenantId) -> Result<Option<RerankerRow>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(include_str!("../queries/rerankers/get.sql"), &[&customer])
            .await?;
        tx.commit().await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let wrapped: Option<Vec<u8>> = row.get("wrapped_data_key")?;
        let version: Option<i32> = row.get("version")?;
        let key = match (wrapped, version) {
            (Some(wrapped_data_key), Some(version)) => Some(SealedSecrets {
                wrapped_data_key,
                secrets: vec![SealedSecret {
                    purpose: PURPOSE,
                    version,
                    nonce: row.get("nonce")?,
                    ciphertext: row.get("ciphertext")?,
                }],
            }),
            _ => None,
        };
        let nanos: Option<i64> = row.get("nano_usd_per_thousand_searches")?;
        Ok(Some(RerankerRow {
            url: row.get("url")?,
            model: row.get("model")?,
            usd_per_thousand_searches: nanos.map(Usd::from_nanos),
            updated_at: row.get("updated_at")?,
            key,
        }))
    }
}

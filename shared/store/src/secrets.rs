//! Sealed secrets, which the vault writes and reads. There is no plaintext here.

use std::time::Duration;

use dynrag_domain::{CustomerId, Result};

use crate::{Store, Tenant, TenantId};

/// A secret encrypted under its customer's data key.
#[derive(Clone)]
pub struct SealedSecret {
    /// Name of the purpose, for example `access_token`.
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

/// A data key that was wrapped long ago.
pub struct Wrapped {
    /// The tenant.
    pub tenant: TenantId,
    /// The data key, wrapped by KMS.
    pub wrapped_data_key: Vec<u8>,
}

/// Blocks others that change the customer's secrets until the end of the transaction, and returns the wrapped data key;
/// `None` for an erased customer.
///
/// # Errors
/// `unavailable` without a database.
pub async fn lock(tx: &Tenant) -> Result<Option<Vec<u8>>> {
    let row = tx
        .query_opt(
            include_str!("../queries/secrets/lock.sql"),
            &[&tx.customer_id()],
        )
        .await?;
    row.map(|row| row.get("wrapped_data_key")).transpose()
}

/// Returns the newest version for a purpose; 0 if there is no secret. Requires the [`lock`].
///
/// # Errors
/// `unavailable` without a database.
pub async fn newest(tx: &Tenant, purpose: &'static str) -> Result<i32> {
    tx.query_opt(
        include_str!("../queries/secrets/newest.sql"),
        &[&tx.customer_id(), &purpose],
    )
    .await?
    .map_or(Ok(0), |row| row.get("version"))
}

/// Stores a secret.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert(tx: &Tenant, secret: &SealedSecret) -> Result<()> {
    tx.query(
        include_str!("../queries/secrets/insert.sql"),
        &[
            &tx.customer_id(),
            &secret.purpose,
            &secret.version,
            &secret.nonce,
            &secret.ciphertext,
        ],
    )
    .await
    .map(drop)
}

/// Adds a secret that replaces the older ones of its purpose, which stay valid for `old_for`. Deletes those that have
/// been invalid for a day. Requires the [`lock`].
///
/// # Errors
/// `unavailable` without a database.
pub async fn replace(tx: &Tenant, secret: &SealedSecret, old_for: Duration) -> Result<()> {
    let customer = tx.customer_id();
    insert(tx, secret).await?;
    tx.query(
        include_str!("../queries/secrets/retire.sql"),
        &[
            &customer,
            &secret.purpose,
            &secret.version,
            &old_for.as_secs_f64(),
        ],
    )
    .await?;
    tx.query(
        include_str!("../queries/secrets/delete_retired.sql"),
        &[&customer, &secret.purpose],
    )
    .await
    .map(drop)
}

/// Deletes all secrets of a purpose. Returns false if there is none.
///
/// # Errors
/// `unavailable` without a database.
pub async fn delete(tx: &Tenant, purpose: &'static str) -> Result<bool> {
    let rows = tx
        .query(
            include_str!("../queries/secrets/delete.sql"),
            &[&tx.customer_id(), &purpose],
        )
        .await?;
    Ok(!rows.is_empty())
}

impl Store {
    /// Returns the customers whose data key was wrapped longest ago, and at least a given time ago.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_wrapped(
        &self,
        before: chrono::DateTime<chrono::Utc>,
        most: i32,
    ) -> Result<Vec<Wrapped>> {
        let rows = self
            .call(
                include_str!("../queries/sweep/wrapped.sql"),
                &[&before, &most],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Wrapped {
                    tenant: TenantId::of_row(row)?,
                    wrapped_data_key: row.get("wrapped_data_key")?,
                })
            })
            .collect()
    }

    /// Replaces a data key's wrapped form by a new one.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn rewrapped(&self, old: &Wrapped, new: &[u8]) -> Result<()> {
        let tx = self.tenant(old.tenant).await?;
        tx.query(
            include_str!("../queries/customers/rewrap.sql"),
            &[&old.tenant, &old.wrapped_data_key, &new],
        )
        .await?;
        tx.commit().await
    }

    /// Reads a customer's live secrets of one purpose; `None` for an unknown or erased customer, or one without such a
    /// secret. They are needed before a caller is verified, hence outside the tenant.
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
                &[&customer, &purpose],
            )
            .await?;
        let Some(first) = rows.first() else {
            return Ok(None);
        };
        let wrapped_data_key = first.get("wrapped_data_key")?;
        let secrets = rows
            .iter()
            .map(|row| {
                Ok(SealedSecret {
                    purpose,
                    version: row.get("version")?,
                    nonce: row.get("nonce")?,
                    ciphertext: row.get("ciphertext")?,
                })
            })
            .collect::<Result<_>>()?;
        Ok(Some(SealedSecrets {
            wrapped_data_key,
            secrets,
        }))
    }
}

//! Erasure of a customer: it is hidden at once, and its data is removed later.

use dynrag_domain::{Result, tasks::Task};

use crate::{
    Store, Tenant, TenantId,
    outbox::{self, Pending},
};

/// Whether a customer's data may be removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Erasable {
    /// No worker writes for it any more.
    Yes,
    /// A worker may still write, until its lease ends.
    NotYet,
    /// The customer is gone already, or is not a deleted one.
    Gone,
}

/// Hides the customer of the transaction: no caller is admitted, its sessions end, the key of its secrets is destroyed,
/// workers are fenced off. The task that removes the rest is written with it. Returns `None` if the customer is deleted
/// already.
///
/// # Errors
/// `unavailable` without a database.
pub async fn begin(tx: &Tenant) -> Result<Option<Pending<Task>>> {
    let customer = tx.customer_id();
    let row = tx
        .query_opt(include_str!("../queries/erasure/begin.sql"), &[&customer])
        .await?;
    if !row.map_or(Ok(false), |row| row.get("begun"))? {
        return Ok(None);
    }
    outbox::insert(tx, Task::erase(customer)).await.map(Some)
}

impl Store {
    /// Checks whether a deleted customer's data may be removed.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn erasable(&self, customer: TenantId) -> Result<Erasable> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(include_str!("../queries/erasure/alive.sql"), &[&customer])
            .await?;
        tx.commit().await?;
        let Some(row) = row else {
            return Ok(Erasable::Gone);
        };
        let alive: bool = row.get("alive")?;
        Ok(if alive {
            Erasable::NotYet
        } else {
            Erasable::Yes
        })
    }

    /// Removes a deleted customer's rows, as the last step.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn end_erasure(&self, customer: TenantId) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query(include_str!("../queries/erasure/end.sql"), &[&customer])
            .await?;
        tx.commit().await
    }
}

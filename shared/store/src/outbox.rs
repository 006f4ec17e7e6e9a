//! Jobs that are on their way to the queue.
//!
//! A job is written in the transaction of what it is about, sent after the commit, and deleted once
//! the queue has it. Dying before the send leaves the row, and `sweep` sends it; dying after the send
//! leaves it too, and the job comes twice, which is harmless.

use dynrag_domain::{Error, Result, jobs::Job};
use tokio_postgres::types::Type;

use crate::{Store, Tenant};

/// A job with the row that remembers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending {
    /// Row of the outbox, within the job's customer.
    pub id: i64,
    /// The job.
    pub job: Job,
}

/// Writes a job in this transaction. Send it after the commit.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert(tx: &Tenant, job: Job) -> Result<Pending> {
    let json = serde_json::to_value(job).map_err(Error::internal_fault)?;
    let row = tx
        .query_opt(
            include_str!("../queries/outbox/insert.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&json, Type::JSONB),
            ],
        )
        .await?
        .ok_or_else(|| Error::internal_fault("outbox insert returned no row"))?;
    Ok(Pending {
        id: row.try_get("id").map_err(Error::internal_fault)?,
        job,
    })
}

impl Store {
    /// Forgets a job that the queue has taken.
    ///
    /// # Errors
    /// `unavailable` without a database; the job is then sent once more, which is harmless.
    pub async fn outbox_sent(&self, pending: &Pending) -> Result<()> {
        let tx = self.tenant(pending.job.customer_id()).await?;
        tx.query(
            include_str!("../queries/outbox/delete.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&pending.id, Type::INT8),
            ],
        )
        .await?;
        tx.commit().await
    }
}

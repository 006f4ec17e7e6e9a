//! Jobs that are on their way to the queue.
//!
//! A job is written in the transaction of what it is about, sent after the commit, and deleted once
//! the queue has it. Dying before the send leaves the row, and `sweep` sends it; dying after the send
//! leaves it too, and the job comes twice, which is harmless.

use dynrag_domain::{
    CustomerId, Error, Result,
    jobs::{Job, Message},
    tasks::Task,
};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::Type;

use crate::{Store, Tenant};

/// A job, or a task, with the row that remembers it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending<M = Job> {
    /// Row of the outbox, within the customer.
    pub id: i64,
    /// The tenant.
    pub customer_id: CustomerId,
    /// The job.
    pub job: M,
}

/// Whatever the outbox holds; the tag says what it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outgoing {
    /// For the ingest queue.
    Job(Job),
    /// For the tasks queue.
    Task(Task),
}

/// Writes a job in this transaction. Send it after the commit.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert<M: Message>(tx: &Tenant, job: M) -> Result<Pending<M>> {
    let json = serde_json::to_value(&job).map_err(Error::internal_fault)?;
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
        customer_id: tx.customer_id(),
        job,
    })
}

impl Store {
    /// Forgets a job that the queue has taken.
    ///
    /// # Errors
    /// `unavailable` without a database; the job is then sent once more, which is harmless.
    pub async fn outbox_sent<M>(&self, pending: &Pending<M>) -> Result<()> {
        let tx = self.tenant(pending.customer_id).await?;
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

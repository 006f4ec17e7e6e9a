//! Messages on their way to the queue.
//!
//! A message is written in the transaction of its change, sent after the commit, and deleted once the queue has it. A
//! crash before the send leaves the row, and `sweep` sends it. A crash after the send leaves it too, and the message is
//! sent twice, which is harmless.

use dynrag_domain::{
    CustomerId, Error, Result,
    fetches::Fetch,
    jobs::Job,
    queues::{Message, Queue},
    tasks::Task,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Store, Tenant, TenantId};

/// A job or a task, with its row in the outbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pending<M = Job> {
    /// Row of the outbox, within the customer.
    pub id: i64,
    /// The tenant.
    pub tenant: TenantId,
    /// The job.
    pub job: M,
}

/// Any message of the outbox; the tag tells its kind.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Outgoing {
    /// For the ingest queue.
    Job(Job),
    /// For the fetch queue.
    Fetch(Fetch),
    /// For the tasks queue.
    Task(Task),
}

impl Message for Outgoing {
    fn customer(&self) -> Option<CustomerId> {
        match self {
            Self::Job(job) => job.customer(),
            Self::Fetch(fetch) => fetch.customer(),
            Self::Task(task) => task.customer(),
        }
    }

    fn queue(&self) -> Queue {
        match self {
            Self::Job(job) => job.queue(),
            Self::Fetch(fetch) => fetch.queue(),
            Self::Task(task) => task.queue(),
        }
    }
}

/// Writes a job in this transaction. Send it after the commit.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert<M: Message>(tx: &Tenant, job: M) -> Result<Pending<M>> {
    let json = serde_json::to_value(&job).map_err(Error::internal_fault)?;
    let row = tx
        .query_one(
            include_str!("../queries/outbox/insert.sql"),
            &[&tx.customer_id(), &json],
        )
        .await?;
    Ok(Pending {
        id: row.get("id")?,
        tenant: tx.tenant(),
        job,
    })
}

/// Writes jobs in this transaction. Send them after the commit.
///
/// # Errors
/// `unavailable` without a database.
pub async fn insert_many<M: Message + DeserializeOwned>(
    tx: &Tenant,
    jobs: &[M],
) -> Result<Vec<Pending<M>>> {
    let jobs = jobs
        .iter()
        .map(serde_json::to_value)
        .collect::<Result<Vec<_>, _>>()
        .map_err(Error::internal_fault)?;
    let rows = tx
        .query(
            include_str!("../queries/outbox/insert_many.sql"),
            &[&tx.customer_id(), &jobs],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Pending {
                id: row.get("id")?,
                tenant: tx.tenant(),
                job: row.json("job")?,
            })
        })
        .collect()
}

impl Store {
    /// Deletes a job that the queue has accepted. Returns whether events of the customer wait for connections.
    ///
    /// # Errors
    /// `unavailable` without a database; the job is then sent once more, which is harmless.
    pub async fn outbox_sent<M>(&self, pending: &Pending<M>) -> Result<bool> {
        self.outbox_all_sent(pending.tenant, &[pending.id]).await
    }

    /// Deletes jobs of a customer that the queue has accepted, by the ids of their rows. Returns whether events of the customer
    /// wait for connections.
    ///
    /// # Errors
    /// As for [`outbox_sent`](Self::outbox_sent).
    pub async fn outbox_all_sent(&self, customer: TenantId, ids: &[i64]) -> Result<bool> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(
                include_str!("../queries/outbox/delete.sql"),
                &[&tx.customer_id(), &ids],
            )
            .await?;
        tx.commit().await?;
        row.get("waiting")
    }
}

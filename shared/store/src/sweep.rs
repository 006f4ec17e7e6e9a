//! Queries of `sweep` across tenants: jobs that were not sent, work that was dropped, uploads that did not arrive.

use dynrag_domain::{
    CustomerId, DocumentId, JobId, Result,
    fetches::Fetch,
    jobs::Job,
    tasks::{JobKind, Task},
};

use crate::{
    Store, TenantId,
    outbox::{Outgoing, Pending},
};

/// A presigned upload that should have arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Awaited {
    /// The tenant.
    pub tenant: TenantId,
    /// The document.
    pub id: DocumentId,
    /// Whether it should have arrived more than a day ago, and every check failed.
    pub overdue: bool,
}

impl Store {
    /// Returns messages that are due, and postpones each of them.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_outbox(&self, most: i32) -> Result<Vec<Pending<Outgoing>>> {
        let rows = self
            .call(include_str!("../queries/sweep/outbox.sql"), &[&most])
            .await?;
        let mut pending = Vec::with_capacity(rows.len());
        for row in &rows {
            let id = row.get("id")?;
            // A job of a form unknown to this release stays for the release that knows it.
            match serde_json::from_value::<Outgoing>(row.get("job")?) {
                Ok(job) => pending.push(Pending {
                    id,
                    tenant: TenantId::of_row(row)?,
                    job,
                }),
                Err(error) => {
                    tracing::error!(outbox_id = id, %error, "unreadable job in the outbox")
                }
            }
        }
        Ok(pending)
    }

    /// Returns jobs of documents that seem to be lost; lapsed leases are queued again.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_documents(&self, most: i32) -> Result<Vec<Outgoing>> {
        let rows = self
            .call(include_str!("../queries/sweep/documents.sql"), &[&most])
            .await?;
        rows.iter()
            .map(|row| {
                let customer = row.get::<CustomerId>("customer_id")?;
                let document = row.get::<DocumentId>("id")?;
                Ok(if row.get("deleting")? {
                    Outgoing::Job(Job::delete(customer, document))
                } else if row.get::<Option<bool>>("to_fetch")? == Some(true) {
                    let version = row.get("version")?;
                    Outgoing::Fetch(Fetch::document(customer, document, version))
                } else {
                    let lane = row.get("lane")?;
                    let version = row.get("version")?;
                    Outgoing::Job(Job::process_in(lane, customer, document, version))
                })
            })
            .collect()
    }

    /// Returns presigned uploads that should have arrived by now, and postpones each of them.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_uploads(&self, most: i32) -> Result<Vec<Awaited>> {
        let rows = self
            .call(include_str!("../queries/sweep/uploads.sql"), &[&most])
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Awaited {
                    tenant: TenantId::of_row(row)?,
                    id: row.get("id")?,
                    overdue: row.get("overdue")?,
                })
            })
            .collect()
    }

    /// Deletes staged vectors that are no longer needed, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_staged(&self) -> Result<i64> {
        self.count("SELECT sweep_staged()").await
    }

    /// Deletes sessions that ended long ago, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_sessions(&self) -> Result<i64> {
        self.count("SELECT sweep_sessions()").await
    }

    /// Deletes expired throttles, links, invitations and known addresses, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_accounts(&self) -> Result<i64> {
        self.count("SELECT sweep_accounts()").await
    }

    /// Queues documents whose customer's budget has room again, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_budgets(&self) -> Result<i64> {
        self.count("SELECT sweep_budgets(1000)").await
    }

    /// Returns tasks of jobs whose message seems to be lost, and of customers that are deleted but not yet erased.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_tasks(&self, most: i32) -> Result<Vec<Outgoing>> {
        let mut tasks = Vec::new();
        let jobs = include_str!("../queries/sweep/jobs.sql");
        for row in &self.call(jobs, &[&most]).await? {
            let customer: CustomerId = row.get("customer_id")?;
            let job: JobId = row.get("id")?;
            // A release before may not know the kind. The other jobs do not wait for it.
            let kind = match row.get("kind") {
                Ok(kind) => kind,
                Err(error) => {
                    let cause = error.internal();
                    tracing::error!(customer_id = %customer, job_id = %job, cause, "job is left out");
                    continue;
                }
            };
            tasks.push(match kind {
                JobKind::Crawl => Outgoing::Fetch(Fetch::crawl(customer, job)),
                JobKind::Regenerate => Outgoing::Job(Job::regenerate(customer, job)),
                JobKind::Bulk => Outgoing::Task(Task::bulk(customer, job)),
                JobKind::Export => Outgoing::Task(Task::export(customer, job)),
            });
        }
        let erasures = include_str!("../queries/sweep/erasures.sql");
        for row in &self.call(erasures, &[&most]).await? {
            tasks.push(Outgoing::Task(Task::erase(row.get("customer_id")?)));
        }
        Ok(tasks)
    }

    /// Deletes ledger rows that are two years old, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_provider_calls(&self) -> Result<i64> {
        self.count("SELECT sweep_provider_calls(10000)").await
    }

    /// Deletes jobs that ended a month ago, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_old_jobs(&self) -> Result<i64> {
        self.count("SELECT sweep_old_jobs()").await
    }

    /// Deletes turns at hosts that are long over, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_host_turns(&self) -> Result<i64> {
        self.count("SELECT sweep_host_turns()").await
    }

    /// Deletes rate limit buckets that have been unused for a day, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_buckets(&self) -> Result<i64> {
        self.count("SELECT sweep_buckets()").await
    }

    /// Deletes notifications that are a month old, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_old_deliveries(&self) -> Result<i64> {
        self.count("SELECT sweep_old_deliveries(10000) + sweep_old_runs(10000)")
            .await
    }

    /// Deletes stored responses that are a day old, and returns their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_idempotency(&self) -> Result<i64> {
        self.count("SELECT sweep_idempotency()").await
    }

    async fn count(&self, call: &str) -> Result<i64> {
        let rows = self.call(call, &[]).await?;
        rows.first().map_or(Ok(0), |row| row.get(0))
    }
}

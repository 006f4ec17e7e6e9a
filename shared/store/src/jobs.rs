//! Long work that a customer requested, and its progress.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    Error, JobId, Result,
    tasks::{JobKind, JobStatus, Task},
};
use serde_json::{Value, value::RawValue};
use tokio_postgres::types::Json;

use crate::{
    Store, Tenant, TenantId,
    outbox::{self, Pending},
};

/// A job for display.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// The kind of job.
    pub kind: JobKind,
    /// The job's status.
    pub status: JobStatus,
    /// The failure code.
    pub code: Option<String>,
    /// Progress in a form that depends on the kind of job, as stored JSON.
    pub progress: Box<RawValue>,
    /// Time of the request.
    pub created_at: DateTime<Utc>,
    /// Time of the end.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A job that was started, perhaps repeatedly.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The progress so far, as stored JSON.
    pub progress: Box<RawValue>,
    /// Number of starts since the last progress.
    pub attempts: i32,
}

/// Returns the status of a job that ended: successful, or failed if there is a code.
pub(crate) const fn ended(code: Option<&str>) -> JobStatus {
    match code {
        Some(_) => JobStatus::Failed,
        None => JobStatus::Completed,
    }
}

/// Number of attempts to find a job that ends at the same moment.
const RACES: usize = 5;

/// Adds a job with its task, or returns the one of its kind that is in progress.
///
/// # Errors
/// `unavailable` without a database.
pub async fn add(tx: &Tenant, kind: JobKind) -> Result<(JobId, Option<Pending<Task>>)> {
    let customer = tx.customer_id();
    for _ in 0..RACES {
        let new = tx
            .query_opt(
                include_str!("../queries/jobs/insert.sql"),
                &[&customer, &JobId::generate(), &kind],
            )
            .await?;
        if let Some(row) = new {
            let id = row.get("id")?;
            let pending = outbox::insert(tx, Task::export(customer, id)).await?;
            return Ok((id, Some(pending)));
        }
        let open = tx
            .query_opt(
                include_str!("../queries/jobs/open.sql"),
                &[&customer, &kind],
            )
            .await?;
        if let Some(row) = open {
            return Ok((row.get("id")?, None));
        }
        // The job ended between the two statements, so there is room for a new one.
    }
    Err(Error::unavailable("jobs keep ending concurrently"))
}

impl Store {
    /// Returns a job.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn get_job(&self, customer: TenantId, job: JobId) -> Result<JobRow> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(include_str!("../queries/jobs/get.sql"), &[&customer, &job])
            .await?
            .ok_or_else(|| Error::not_found("job"))?;
        tx.commit().await?;
        Ok(JobRow {
            id: row.get("id")?,
            kind: row.get("kind")?,
            status: row.get("status")?,
            code: row.get("code")?,
            progress: row.json("progress")?,
            created_at: row.get("created_at")?,
            finished_at: row.get("finished_at")?,
        })
    }

    /// Starts a job, perhaps repeatedly. Returns `None` if it has ended, or its customer has been removed.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn begin_job(&self, customer: TenantId, job: JobId) -> Result<Option<Begun>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/jobs/claim.sql"),
                &[&customer, &job],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| {
            Ok(Begun {
                progress: row.json("progress")?,
                attempts: row.get("attempts")?,
            })
        })
        .transpose()
    }

    /// Records a job's progress. Returns false if another worker has advanced it, or it has ended.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn advance_job(
        &self,
        customer: TenantId,
        job: JobId,
        from: &RawValue,
        to: &Value,
    ) -> Result<bool> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/jobs/progress.sql"),
                &[&customer, &job, &Json(from), to],
            )
            .await?;
        tx.commit().await?;
        Ok(row.is_some())
    }

    /// Ends a job: successful, or failed if there is a code.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn finish_job(
        &self,
        customer: TenantId,
        job: JobId,
        code: Option<&str>,
    ) -> Result<()> {
        let status = ended(code);
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/jobs/finish.sql"),
            &[&customer, &job, &status, &code],
        )
        .await?;
        tx.commit().await
    }
}

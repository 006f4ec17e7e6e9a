//! Long work that a customer asked for, and how far it is.

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

/// A job as it is shown.
#[derive(Clone, Debug)]
pub struct JobRow {
    /// Its id.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Where it stands.
    pub status: JobStatus,
    /// Why it failed.
    pub code: Option<String>,
    /// Progress in a form that depends on the kind of job: JSON as it is stored.
    pub progress: Box<RawValue>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A job that was begun, or begun once more.
#[derive(Clone, Debug)]
pub struct Begun {
    /// The progress so far: JSON as it is stored.
    pub progress: Box<RawValue>,
    /// How often it was begun since it last got further.
    pub attempts: i32,
}

/// The status of a job that ended: well, or badly with a code.
pub(crate) const fn ended(code: Option<&str>) -> JobStatus {
    match code {
        Some(_) => JobStatus::Failed,
        None => JobStatus::Completed,
    }
}

/// How often a job may end just as it is looked for.
const RACES: usize = 5;

/// Adds a job, or finds the one of its kind that is under way; a new one with its task.
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
        // It ended between the two statements, so there is room for a new one.
    }
    Err(Error::unavailable("jobs keep ending concurrently"))
}

impl Store {
    /// A job.
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

    /// Begins a job, or begins it once more. None where it has ended, or its customer is gone.
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

    /// Notes how far a job is. False: somebody else has taken it further, or it has ended.
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

    /// Ends a job: well, or badly with a code.
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

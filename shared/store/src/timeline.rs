//! The timeline of a document's processing.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, Error, Result, VersionNumber,
    documents::{FailureCode, Stage, Status},
};

use crate::{
    Store, Tenant, TenantId,
    documents::{Document, get},
    row::Row,
};

/// A step of a document's timeline.
#[derive(Clone, Debug)]
pub struct Step {
    /// The step's number, from 1.
    pub number: i64,
    /// Start of the step.
    pub started_at: DateTime<Utc>,
    /// Start of the next step; `None` for the last one.
    pub ended_at: Option<DateTime<Utc>>,
    /// The version.
    pub version: VersionNumber,
    /// Status from this step on.
    pub status: Status,
    /// Stage from this step on.
    pub stage: Option<Stage>,
    /// Failure code.
    pub code: Option<FailureCode>,
    /// Number of the claim.
    pub attempt: i32,
}

/// A document's status, and steps of its timeline.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The current status.
    pub status: Status,
    /// The failure code.
    pub code: Option<FailureCode>,
    /// Oldest first.
    pub steps: Vec<Step>,
}

/// Maximum number of steps per response.
const MOST_STEPS: i64 = 200;

impl Store {
    /// Returns a document's status with the last 200 steps of its timeline, oldest first.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn document_status(
        &self,
        customer: TenantId,
        id: DocumentId,
    ) -> Result<(Document, Vec<Step>)> {
        let tx = self.tenant(customer).await?;
        let found = get(&tx, id).await??;
        let standing = timeline(&tx, id, None).await?;
        tx.commit().await?;
        Ok((found, standing.steps))
    }

    /// Returns a document's status, and at most 200 of its steps after a given one, oldest first.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn document_steps(
        &self,
        customer: TenantId,
        id: DocumentId,
        after: i64,
    ) -> Result<Standing> {
        let tx = self.tenant(customer).await?;
        let standing = timeline(&tx, id, Some(after)).await?;
        tx.commit().await?;
        Ok(standing)
    }

    /// Does the same as [`document_steps`](Self::document_steps), after a change that is being committed.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn settled_document_steps(
        &self,
        customer: TenantId,
        id: DocumentId,
        after: i64,
    ) -> Result<Standing> {
        let tx = self.tenant(customer).await?;
        let wait = include_str!("../queries/documents/await_change.sql");
        tx.query(wait, &[&tx.customer_id(), &id]).await?;
        let standing = timeline(&tx, id, Some(after)).await?;
        tx.commit().await?;
        Ok(standing)
    }

    /// Returns a document's status, and the steps that some of its events began, oldest first.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn steps_of_events(
        &self,
        customer: TenantId,
        id: DocumentId,
        events: &[i64],
    ) -> Result<Standing> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/documents/steps.sql"),
                &[&tx.customer_id(), &id, &events],
            )
            .await?;
        tx.commit().await?;
        standing(&rows)
    }
}

async fn timeline(tx: &Tenant, id: DocumentId, after: Option<i64>) -> Result<Standing> {
    let rows = tx
        .query(
            include_str!("../queries/documents/timeline.sql"),
            &[&tx.customer_id(), &id, &after, &MOST_STEPS],
        )
        .await?;
    standing(&rows)
}

fn standing(rows: &[Row]) -> Result<Standing> {
    let first = rows.first().ok_or_else(|| Error::not_found("document"))?;
    let mut steps = Vec::with_capacity(rows.len());
    for row in rows {
        // A document without such steps is a row without a number.
        if let Some(number) = row.get("number")? {
            steps.push(step(row, number)?);
        }
    }
    Ok(Standing {
        status: first.get("stands")?,
        code: first.get("because")?,
        steps,
    })
}

fn step(row: &Row, number: i64) -> Result<Step> {
    Ok(Step {
        number,
        started_at: row.get("started_at")?,
        ended_at: row.get("ended_at")?,
        version: row.get("version")?,
        status: row.get("status")?,
        stage: row.get("stage")?,
        code: row.get("code")?,
        attempt: row.get("attempt")?,
    })
}

//! Scheduled webhooks that are due.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, Result, RunId, VersionNumber, WebhookId, webhooks::RunStatus,
};

use crate::{Store, Tenant, TenantId, row::Row};

/// A scheduled webhook that is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// The tenant.
    pub tenant: TenantId,
    /// The webhook.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// The URL to fetch.
    pub url: String,
    /// The schedule, in that time zone.
    pub schedule: String,
    /// The time zone; UTC if there is none.
    pub time_zone: Option<String>,
    /// The scheduled time.
    pub planned: DateTime<Utc>,
    /// Time until which no other worker gets it.
    pub leased: DateTime<Utc>,
    /// The collection of its document.
    pub collection: Option<CollectionId>,
}

/// The outcome of an attempt to start a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// This version of the document is being fetched.
    Started(DocumentId, VersionNumber),
    /// The document was being fetched already; `None` if it was being changed.
    Skipped(Option<DocumentId>),
    /// The run could not start, for a reason that is not transient.
    Failed(&'static str),
}

/// A run of a scheduled webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The scheduled time.
    pub planned_at: DateTime<Utc>,
    /// The start time.
    pub started_at: Option<DateTime<Utc>>,
    /// The run's status.
    pub status: RunStatus,
    /// The code of the failure, or of the required action.
    pub code: Option<String>,
    /// The document that it fetches.
    pub document_id: Option<DocumentId>,
    /// The document version that it creates.
    pub version: Option<VersionNumber>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
}

fn run(row: &Row) -> Result<Run> {
    Ok(Run {
        id: row.get("id")?,
        planned_at: row.get("planned_at")?,
        started_at: row.get("started_at")?,
        status: row.get("status")?,
        code: row.get("code")?,
        document_id: row.get("document_id")?,
        version: row.get("version")?,
        created_at: row.get("created_at")?,
    })
}

impl Store {
    /// Returns scheduled webhooks that are due, and postpones each by ten minutes. Set the next time with
    /// [`schedule_ran`](Self::schedule_ran).
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_schedules(&self, most: i32) -> Result<Vec<Due>> {
        let sweep = include_str!("../queries/sweep/schedules.sql");
        let rows = self.call(sweep, &[&most]).await?;
        rows.iter()
            .map(|row| {
                Ok(Due {
                    tenant: TenantId::of_row(row)?,
                    id: row.get("id")?,
                    name: row.get("name")?,
                    url: row.get("url")?,
                    schedule: row.get("schedule")?,
                    time_zone: row.get("time_zone")?,
                    planned: row.get("planned")?,
                    leased: row.get("leased")?,
                    collection: row.get("collection_id")?,
                })
            })
            .collect()
    }

    /// Records a run and its webhook's next time, if there is one; the latter only if the webhook was not changed
    /// meanwhile.
    ///
    /// # Errors
    /// `unavailable` without a database: the webhook then runs again once the lease is over.
    pub async fn schedule_ran(
        &self,
        due: &Due,
        outcome: Outcome,
        next: Option<DateTime<Utc>>,
    ) -> Result<()> {
        let tx = self.tenant(due.tenant).await?;
        record(&tx, due, outcome).await?;
        tx.query(
            include_str!("../queries/webhooks/ran.sql"),
            &[&due.tenant, &due.id, &due.leased, &next],
        )
        .await?;
        tx.commit().await
    }

    /// Returns a page of a scheduled webhook's runs, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_runs(
        &self,
        customer: TenantId,
        webhook: WebhookId,
        status: Option<RunStatus>,
        after: Option<(DateTime<Utc>, RunId)>,
        limit: i64,
    ) -> Result<Vec<Run>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/runs/list.sql"),
                &[
                    &customer,
                    &webhook,
                    &status,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(run).collect()
    }
}

/// Adds a run that was requested.
///
/// # Errors
/// `unavailable` without a database.
pub(crate) async fn plan(tx: &Tenant, webhook: WebhookId) -> Result<RunId> {
    let id = RunId::generate();
    tx.query(
        include_str!("../queries/runs/insert_planned.sql"),
        &[&tx.customer_id(), &id, &webhook],
    )
    .await?;
    Ok(id)
}

async fn record(tx: &Tenant, due: &Due, outcome: Outcome) -> Result<()> {
    let (status, code, document, version) = match outcome {
        Outcome::Started(id, version) => ("started", None, Some(id), Some(version)),
        Outcome::Skipped(id) => ("skipped", None, id, None),
        Outcome::Failed(code) => ("failed", Some(code), None, None),
    };
    tx.query(
        include_str!("../queries/runs/record.sql"),
        &[
            &due.tenant,
            &due.id,
            &RunId::generate(),
            &due.planned,
            &status,
            &code,
            &document,
            &version,
        ],
    )
    .await
    .map(drop)
}

//! Scheduled webhooks whose time has come.

use chrono::{DateTime, Utc};
use dynrag_domain::{CollectionId, DocumentId, Result, RunId, WebhookId, webhooks::RunStatus};

use crate::{Store, Tenant, TenantId, row::Row};

/// A scheduled webhook that is to run now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// The tenant.
    pub tenant: TenantId,
    /// The webhook.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// What is fetched.
    pub url: String,
    /// When it runs, and in which time zone.
    pub schedule: String,
    /// UTC where it is none.
    pub time_zone: Option<String>,
    /// When it was to run.
    pub planned: DateTime<Utc>,
    /// Until when nobody else is given it.
    pub leased: DateTime<Utc>,
    /// Where its document belongs.
    pub collection: Option<CollectionId>,
}

/// What became of an attempt to start a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// This version of the document is fetched.
    Started(DocumentId, i32),
    /// The document was being fetched already; none where it was being changed.
    Skipped(Option<DocumentId>),
    /// It could not start, for a reason that does not pass by itself.
    Failed(&'static str),
}

/// A run of a scheduled webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// When it was to start.
    pub planned_at: DateTime<Utc>,
    /// When it started.
    pub started_at: Option<DateTime<Utc>>,
    /// Where it stands.
    pub status: RunStatus,
    /// Why it failed, or what is to be done first.
    pub code: Option<String>,
    /// What it fetches.
    pub document_id: Option<DocumentId>,
    /// The version of the document that it makes.
    pub version: Option<i32>,
    /// When it was written down.
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
    /// Scheduled webhooks whose time has come; each is put off for ten minutes as it is handed out. Say
    /// with [`schedule_ran`](Self::schedule_ran) when it runs next.
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

    /// Writes a run down, and when its webhook runs next, if ever; not the latter where the webhook was changed
    /// meanwhile.
    ///
    /// # Errors
    /// `unavailable` without a database: it then runs again once the lease is over.
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

    /// A page of a scheduled webhook's runs, newest first.
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

/// Writes down a run that is asked for.
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

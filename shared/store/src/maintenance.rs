//! Maintenance of the search index: lists of segments are shortened and completed beside the publications, which go on.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before a list is recorded | objects that no list names | the next maintenance deletes them after an hour |
//! | after it | objects that the list named before | the same |
//! | before its end is recorded | a time at which it is due | `sweep` sends it again |
//! | frozen while a segment is merged or built | nothing: the list has changed, or it has not | the list is compared under the lock |

use std::time::Duration;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CustomerId, DocumentId, Error, Result, VersionNumber,
    segments::{SegmentList, SegmentName},
    tables::TableVersion,
};
use tokio_postgres::types::Json;

use crate::{
    Store, TenantId,
    publication::{StoreStep, Table},
};

impl StoreStep {
    /// The segments of a table; none of one that is not there.
    pub fn list(&self, table: Table) -> &SegmentList {
        static NONE: SegmentList = SegmentList::NONE;
        match table {
            Table::Present => &self.segments,
            Table::Building => self.building.as_ref().map_or(&NONE, |(_, list)| list),
        }
    }

    /// Records a list of segments for the recorded version, and ends the step.
    ///
    /// # Errors
    /// `unavailable`: nothing was recorded, or the response was lost.
    pub async fn record_segments(self, table: Table, list: &SegmentList) -> Result<()> {
        self.tx
            .query(
                include_str!("../queries/maintenance/segments.sql"),
                &[&self.tx.customer_id(), &Json(list), &table.as_str()],
            )
            .await?;
        self.tx.commit().await
    }

    /// Begins a list that a base will complete: from now on it holds what changes. Returns the version to build the base
    /// of; `None` if the list is complete.
    ///
    /// # Errors
    /// `unavailable`, as for `record_segments`.
    pub async fn begin_base(self) -> Result<Option<TableVersion>> {
        match (self.recorded, self.segments.complete(self.recorded)) {
            (Some(version), None) => {
                self.record_segments(Table::Present, &SegmentList::since(version))
                    .await?;
                Ok(Some(version))
            }
            _ => self.end().await.map(|()| None),
        }
    }

    /// Names all segments that are recorded.
    pub fn named_segments(&self) -> impl Iterator<Item = SegmentName> {
        let lists = [Table::Present, Table::Building].map(|table| &self.list(table).segments);
        let all = lists.into_iter().flatten();
        all.map(|segment| segment.name)
    }

    /// Takes a lease on maintenance, and ends the step. Returns whether no other worker has it.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn claim_maintenance(self, lease: Duration) -> Result<bool> {
        let claimed = self
            .tx
            .query_opt(
                include_str!("../queries/maintenance/claim.sql"),
                &[&self.tx.customer_id(), &lease.as_secs_f64()],
            )
            .await?;
        self.tx.commit().await?;
        Ok(claimed.is_some())
    }

    /// Returns the documents that are being removed, and the versions of others; the step continues.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn removals(&self) -> Result<Removals> {
        let rows = self
            .tx
            .query(
                include_str!("../queries/maintenance/removals.sql"),
                &[&self.tx.customer_id()],
            )
            .await?;
        let mut removals = Removals::default();
        for row in &rows {
            let document = row.get("document_id")?;
            match row.get("version")? {
                Some(version) => removals.versions.push((document, version)),
                None => removals.documents.push(document),
            }
        }
        Ok(removals)
    }

    /// Ends maintenance, with the time at which it is due again, and what it found.
    ///
    /// # Errors
    /// `unavailable`; it is then sent again.
    pub async fn end_maintenance(
        self,
        due: Option<DateTime<Utc>>,
        fragments: usize,
        recall: Option<Recall>,
    ) -> Result<()> {
        let fragments = i32::try_from(fragments).map_err(Error::internal_fault)?;
        self.tx
            .query(
                include_str!("../queries/maintenance/end.sql"),
                &[
                    &self.tx.customer_id(),
                    &due,
                    &fragments,
                    &recall.map(|recall| recall.at_10),
                    &recall.map(|recall| recall.queries),
                    &recall.map(|recall| recall.measured_at),
                ],
            )
            .await?;
        self.tx.commit().await
    }
}

/// What is being removed.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Removals {
    /// Documents under deletion.
    pub documents: Vec<DocumentId>,
    /// Versions whose retention is over.
    pub versions: Vec<(DocumentId, VersionNumber)>,
}

/// Recall of searches by vector, sampled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Recall {
    /// The share of the ten nearest chunks that was found, from 0 to 1.
    pub at_10: f64,
    /// How many vectors were asked for.
    pub queries: i32,
    /// When.
    pub measured_at: DateTime<Utc>,
}

/// The state of a customer's search index.
#[derive(Clone, PartialEq, Debug)]
pub struct IndexHealth {
    /// Rows of the table, superseded ones included.
    pub rows: i64,
    /// Chunks of published versions.
    pub live_rows: i64,
    /// Rows that the segments do not cover: all, or none.
    pub unindexed_rows: i64,
    /// The segments.
    pub segments: SegmentList,
    /// Files of the table at the last maintenance.
    pub fragments: Option<i32>,
    /// When maintenance ended last.
    pub maintained_at: Option<DateTime<Utc>>,
    /// When it is due.
    pub maintenance_at: Option<DateTime<Utc>>,
    /// Measured at one of the last maintenances.
    pub recall: Option<Recall>,
}

impl Store {
    /// Returns customers whose tables are due for maintenance.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_maintenance(&self, most: i32) -> Result<Vec<CustomerId>> {
        let rows = self
            .call("SELECT customer_id FROM sweep_maintenance($1)", &[&most])
            .await?;
        rows.iter().map(|row| row.get("customer_id")).collect()
    }

    /// Returns the state of the search index.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn index_health(&self, customer: TenantId) -> Result<IndexHealth> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(
                include_str!("../queries/maintenance/health.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        let rows: i64 = row.get("row_count")?;
        let segments: SegmentList = row.json("segments")?;
        let recorded = TableVersion::recorded(row.get("lance_version")?);
        let at_10: Option<f64> = row.get("recall_at_10")?;
        let recall = match at_10 {
            Some(at_10) => Some(Recall {
                at_10,
                queries: row.get("recall_queries")?,
                measured_at: row.get("recall_at")?,
            }),
            None => None,
        };
        Ok(IndexHealth {
            rows,
            live_rows: row.get("live_rows")?,
            unindexed_rows: match segments.complete(recorded) {
                Some(_) => 0,
                None => rows,
            },
            segments,
            fragments: row.get("fragments")?,
            maintained_at: row.get("maintained_at")?,
            maintenance_at: row.get("maintenance_at")?,
            recall,
        })
    }

    /// Makes maintenance due.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn request_maintenance(&self, customer: TenantId) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/maintenance/request.sql"),
            &[&customer],
        )
        .await?;
        tx.commit().await
    }

    /// Gives up the lease on maintenance.
    ///
    /// # Errors
    /// `unavailable`; it then lapses.
    pub async fn release_maintenance(&self, customer: TenantId) -> Result<()> {
        let tx = self.tenant(customer).await?;
        tx.query(
            include_str!("../queries/maintenance/release.sql"),
            &[&customer],
        )
        .await?;
        tx.commit().await
    }

    /// Begins the list again that names a segment that cannot be read: the table is searched until maintenance, which is
    /// due then, has built the base. Lists that do not name it stay.
    ///
    /// # Errors
    /// `unavailable` without a database, or if another has the lock: the next who cannot read it reports it again.
    pub async fn lose_segment(&self, customer: TenantId, name: SegmentName) -> Result<()> {
        let step = self.try_lock(customer).await?;
        match (step.recorded, step.segments.has(name)) {
            (Some(version), true) => {
                let list = SegmentList::since(version);
                step.record_segments(Table::Present, &list).await?;
                self.request_maintenance(customer).await
            }
            _ => step.end().await,
        }
    }
}

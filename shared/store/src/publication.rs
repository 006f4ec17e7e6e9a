//! The store step: the tenant's lock, and the one moment at which readers see new content.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the Lance commit | nothing | `sweep` resends the job of the lapsed lease |
//! | after it, before `publish` commits | a Lance version that is not recorded | the next writer restores the recorded one |
//! | after its segment was written, before `publish` commits | an object that no list names | maintenance deletes it |
//! | after `publish` commits | nothing | |
//! | frozen while it holds the lock | an idle transaction | Postgres ends it after a minute; the writer's publish then fails |

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, Error, Result, VersionNumber,
    segments::{SegmentList, SegmentName, SegmentRef},
    tables::TableVersion,
};
use tokio_postgres::types::Json;

use crate::{FencingToken, Store, Tenant, TenantId, chat, ingestion::Claim, row::Row};

/// Maximum idle time of the lock's transaction, that is, of the Lance step that adds documents. Postgres then ends it,
/// so that a frozen writer blocks its tenant for no longer.
const STORE_SECONDS: u32 = 60;
/// The same for deleting, compacting and pruning, which rewrite the table.
const MAINTENANCE_SECONDS: u32 = 200;
/// Longest wait for the lock.
const WAIT_SECONDS: u32 = 120;

/// The tenant's lock, held until the step is published or dropped.
pub struct StoreStep {
    pub(crate) tx: Tenant,
    /// Version that readers see; `None` until something is published.
    pub recorded: Option<TableVersion>,
    /// The segments recorded with it.
    pub segments: SegmentList,
    /// The table that is being built beside it, with its segments.
    pub building: Option<(TableVersion, SegmentList)>,
    /// The model for documents that are embedded from now on.
    pub configured_model: String,
}

/// The table version that readers see now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Present {
    /// The recorded version.
    pub recorded: Option<TableVersion>,
    /// The segments recorded with it.
    pub segments: SegmentList,
    /// The model of its vectors, and of queries.
    pub model: String,
}

/// A document of a store step whose lease is still valid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockedDocument {
    /// The document.
    pub document_id: DocumentId,
    /// The published version.
    pub published_version: Option<VersionNumber>,
}

/// A document under deletion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deletion {
    /// The document.
    pub document_id: DocumentId,
    /// Whether a worker that may not know of the deletion has a valid lease.
    pub worked_on: bool,
}

/// A version to publish.
#[derive(Clone, Copy, Debug)]
pub struct Publication {
    /// The document.
    pub document_id: DocumentId,
    /// Its new version.
    pub version: VersionNumber,
    /// Chunks stored.
    pub chunks: i32,
    /// Tokens that its embedding cost.
    pub tokens: u64,
    /// Tokens of its chunks, whether or not they were paid for this time.
    pub chunk_tokens: u64,
}

/// A table of a customer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    /// The one that readers see.
    Present,
    /// The one that is being built beside it.
    Building,
}

impl Table {
    /// The name in `index_versions`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Present => "chunks",
            Self::Building => "building",
        }
    }
}

/// A table after a step.
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// Lance version to record.
    pub version: TableVersion,
    /// Rows in it.
    pub rows: u64,
    /// The segment of what changed; `None` if the rows are the same.
    pub segment: Option<SegmentRef>,
}

/// The state of the tenant's `chunks` table after a publication.
#[derive(Clone, Copy, Debug)]
pub struct Committed<'a> {
    /// What was written.
    pub written: Written,
    /// Model of its vectors.
    pub embedding_model: &'a str,
    /// Length of its vectors.
    pub dimensions: u32,
}

fn version(row: &Row) -> Result<Option<TableVersion>> {
    Ok(TableVersion::recorded(row.get("lance_version")?))
}

impl Store {
    /// Waits for the tenant's lock and reads the recorded version, to add documents.
    ///
    /// # Errors
    /// `not_found` if the customer was erased; `unavailable` without a database, or if the lock is not available in time.
    pub async fn begin_store_step(&self, customer: TenantId) -> Result<StoreStep> {
        self.lock(customer, STORE_SECONDS, WAIT_SECONDS).await
    }

    /// Does the same to delete, compact, prune or merge, which may take longer.
    ///
    /// # Errors
    /// As for `begin_store_step`.
    pub async fn begin_maintenance(&self, customer: TenantId) -> Result<StoreStep> {
        self.lock(customer, MAINTENANCE_SECONDS, WAIT_SECONDS).await
    }

    /// Takes the tenant's lock if it is free, or is in a second.
    pub(crate) async fn try_lock(&self, customer: TenantId) -> Result<StoreStep> {
        self.lock(customer, STORE_SECONDS, 1).await
    }

    async fn lock(
        &self,
        customer: TenantId,
        idle_seconds: u32,
        wait_seconds: u32,
    ) -> Result<StoreStep> {
        let tx = self.tenant(customer).await?;
        tx.batch(&format!(
            "SET LOCAL idle_in_transaction_session_timeout = '{idle_seconds}s'; SET LOCAL lock_timeout = '{wait_seconds}s'"
        ))
        .await?;
        let row = tx
            .query_opt(
                include_str!("../queries/publication/lock.sql"),
                &[&customer],
            )
            .await?
            .ok_or_else(|| Error::not_found("customer"))?;
        let (recorded, segments) = (version(&row)?, row.json("segments")?);
        let row = tx
            .query_one(
                include_str!("../queries/publication/beside.sql"),
                &[&customer],
            )
            .await?;
        let building: Option<i64> = row.get("building")?;
        let building = match building.and_then(TableVersion::recorded) {
            Some(version) => Some((version, row.json("segments")?)),
            None => None,
        };
        Ok(StoreStep {
            recorded,
            segments,
            building,
            configured_model: row.get("configured_model")?,
            tx,
        })
    }

    /// Returns the recorded version and its model, for a reader whose own version was pruned or replaced meanwhile.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn present_index(&self, customer: TenantId) -> Result<Present> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(
                include_str!("../queries/publication/present.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        Ok(Present {
            recorded: version(&row)?,
            segments: row.json("segments")?,
            model: row.get("configured_model")?,
        })
    }

    /// Returns the recorded version, for a reader whose own version was pruned meanwhile.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn recorded_version(&self, customer: TenantId) -> Result<Option<TableVersion>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_one(
                include_str!("../queries/publication/recorded.sql"),
                &[&customer],
            )
            .await?;
        tx.commit().await?;
        version(&row)
    }
}

impl StoreStep {
    /// Locks the documents whose leases are still valid, until the end of the step. The others were overtaken or
    /// deleted and must not be written.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn lock(&self, claims: &[&Claim]) -> Result<Vec<LockedDocument>> {
        let ids: Vec<DocumentId> = claims.iter().map(|claim| claim.document_id).collect();
        let tokens: Vec<FencingToken> = claims.iter().map(|claim| claim.token).collect();
        let rows = self
            .tx
            .query(
                include_str!("../queries/publication/lock_claimed.sql"),
                &[&self.tx.customer_id(), &ids, &tokens],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(LockedDocument {
                    document_id: row.get("id")?,
                    published_version: row.get("published_version")?,
                })
            })
            .collect()
    }

    /// Locks those of the given documents that are to be deleted, and returns their details.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn deletions(&self, documents: &[DocumentId]) -> Result<Vec<Deletion>> {
        let rows = self
            .tx
            .query(
                include_str!("../queries/publication/deletions.sql"),
                &[&self.tx.customer_id(), &documents],
            )
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Deletion {
                    document_id: row.get("id")?,
                    worked_on: row.get("worked_on")?,
                })
            })
            .collect()
    }

    /// Records the Lance version and publishes the documents in it: readers see all of it or nothing.
    ///
    /// # Errors
    /// `unavailable`: nothing was published, or the response was lost; the leases decide which documents are processed
    /// again.
    pub async fn publish(
        self,
        committed: Committed<'_>,
        at: DateTime<Utc>,
        documents: &[Publication],
    ) -> Result<()> {
        let customer = self.tx.customer_id();
        self.record(committed).await?;
        let ids: Vec<DocumentId> = documents.iter().map(|d| d.document_id).collect();
        let versions: Vec<VersionNumber> = documents.iter().map(|d| d.version).collect();
        let chunks: Vec<i32> = documents.iter().map(|d| d.chunks).collect();
        let tokens: Vec<u64> = documents.iter().map(|d| d.tokens).collect();
        let chunk_tokens: Vec<u64> = documents.iter().map(|d| d.chunk_tokens).collect();
        self.tx
            .query(
                include_str!("../queries/publication/supersede.sql"),
                &[&customer, &ids, &at],
            )
            .await?;
        self.tx
            .query(
                include_str!("../queries/publication/publish.sql"),
                &[
                    &customer,
                    &ids,
                    &versions,
                    &chunks,
                    &tokens,
                    &committed.embedding_model,
                    &chunk_tokens,
                    &at,
                ],
            )
            .await?;
        self.tx.commit().await
    }

    /// Records a version only, for a compaction. Model and dimensions stay the same.
    ///
    /// # Errors
    /// `unavailable`, as for `publish`.
    pub async fn publish_version(self, written: Written) -> Result<()> {
        let list = self.next_list(Table::Present, &written);
        self.set_version(Table::Present, &written, &list).await?;
        self.tx.commit().await
    }

    /// Records a version only, for a removal. A base that is being built may hold what was removed: an incomplete list
    /// begins again, so that it is thrown away. Returns the segments that the list does not name.
    ///
    /// # Errors
    /// `unavailable`, as for `publish`.
    pub async fn publish_removal(self, written: Written) -> Result<Vec<SegmentName>> {
        let next = self.next_list(Table::Present, &written);
        let is_complete = self.segments.complete(self.recorded).is_some();
        // Nothing was removed: it had been before.
        let is_same = self.recorded == Some(written.version);
        let (list, dropped) = match is_complete || is_same {
            true => (next, Vec::new()),
            false => (SegmentList::since(written.version), next.names()),
        };
        self.set_version(Table::Present, &written, &list).await?;
        self.tx.commit().await?;
        Ok(dropped)
    }

    /// Records a version of the table that is being built; the step continues.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn set_building(&self, written: Written) -> Result<()> {
        let list = self.next_list(Table::Building, &written);
        self.set_version(Table::Building, &written, &list).await
    }

    /// The segments of a table after a change.
    pub(crate) fn next_list(&self, table: Table, written: &Written) -> SegmentList {
        let version = match table {
            Table::Present => self.recorded,
            Table::Building => self.building.as_ref().map(|(version, _)| *version),
        };
        let list = self.list(table).clone();
        list.next(version, Some(written.version), written.segment)
    }

    async fn set_version(
        &self,
        table: Table,
        written: &Written,
        segments: &SegmentList,
    ) -> Result<()> {
        let rows = i64::try_from(written.rows).map_err(Error::internal_fault)?;
        let is_due = table == Table::Present && segments.is_due(Some(written.version));
        self.tx
            .query(
                include_str!("../queries/publication/lance_version.sql"),
                &[
                    &self.tx.customer_id(),
                    &written.version,
                    &rows,
                    &Json(segments),
                    &is_due,
                    &table.as_str(),
                ],
            )
            .await
            .map(drop)
    }

    /// Releases the lock without publishing.
    ///
    /// # Errors
    /// `unavailable`; the end of the connection then releases the lock.
    pub async fn end(self) -> Result<()> {
        self.tx.commit().await
    }

    /// Removes the rows of deleted documents and ends the step. Their versions, events and staged vectors are removed
    /// with them.
    ///
    /// # Errors
    /// `unavailable`; the deletions are then repeated.
    pub async fn forget(self, documents: &[DocumentId]) -> Result<()> {
        chat::withdraw(&self.tx, documents, None).await?;
        self.tx
            .query(
                include_str!("../queries/publication/deleted.sql"),
                &[&self.tx.customer_id(), &documents],
            )
            .await?;
        self.tx.commit().await
    }

    async fn record(&self, committed: Committed<'_>) -> Result<()> {
        let written = &committed.written;
        let rows = i64::try_from(written.rows).map_err(Error::internal_fault)?;
        let dimensions = i32::try_from(committed.dimensions).map_err(Error::internal_fault)?;
        let segments = self.next_list(Table::Present, written);
        self.tx
            .query(
                include_str!("../queries/publication/index_version.sql"),
                &[
                    &self.tx.customer_id(),
                    &written.version,
                    &rows,
                    &Json(&segments),
                    &segments.is_due(Some(written.version)),
                    &committed.embedding_model,
                    &dimensions,
                ],
            )
            .await
            .map(drop)
    }
}

//! The store step: the tenant's lock, and the one moment at which readers see new content.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the Lance commit | nothing | `sweep` resends the job of the lapsed lease |
//! | after it, before `publish` commits | a Lance version that is not recorded | the next writer restores the recorded one |
//! | after `publish` commits | nothing | |
//! | frozen while it holds the lock | an idle transaction | Postgres ends it after a minute; the writer's publish then fails |

use chrono::{DateTime, Utc};
use dynrag_domain::{DocumentId, Error, Result, VersionNumber, tables::TableVersion};

use crate::{FencingToken, Store, Tenant, TenantId, ingestion::Claim, row::Row};

/// Maximum idle time of the lock's transaction, that is, of the Lance step that adds documents. Postgres then ends it,
/// so that a frozen writer blocks its tenant for no longer.
const STORE_SECONDS: u32 = 60;
/// The same for deleting, compacting and pruning, which rewrite the table.
const MAINTENANCE_SECONDS: u32 = 200;

/// The tenant's lock, held until the step is published or dropped.
pub struct StoreStep {
    pub(crate) tx: Tenant,
    /// Version that readers see; `None` until something is published.
    pub recorded: Option<TableVersion>,
    /// Version of the table that is being built beside it.
    pub building: Option<TableVersion>,
    /// The model for documents that are embedded from now on.
    pub configured_model: String,
}

/// The table version that readers see now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Present {
    /// The recorded version.
    pub recorded: Option<TableVersion>,
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

/// The state of the tenant's `chunks` table after a step.
#[derive(Clone, Copy, Debug)]
pub struct Committed<'a> {
    /// Lance version to record.
    pub version: TableVersion,
    /// Rows in it.
    pub rows: u64,
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
    /// `unavailable` without a database, or if the lock is not available in time.
    pub async fn begin_store_step(&self, customer: TenantId) -> Result<StoreStep> {
        self.lock(customer, STORE_SECONDS).await
    }

    /// Does the same to delete, compact or prune, which may take longer.
    ///
    /// # Errors
    /// As for `begin_store_step`.
    pub async fn begin_maintenance(&self, customer: TenantId) -> Result<StoreStep> {
        self.lock(customer, MAINTENANCE_SECONDS).await
    }

    async fn lock(&self, customer: TenantId, idle_seconds: u32) -> Result<StoreStep> {
        let tx = self.tenant(customer).await?;
        tx.batch(&format!(
            "SET LOCAL idle_in_transaction_session_timeout = '{idle_seconds}s'; SET LOCAL lock_timeout = '120s'"
        ))
        .await?;
        let row = tx
            .query_one(
                include_str!("../queries/publication/lock.sql"),
                &[&customer],
            )
            .await?;
        let recorded = version(&row)?;
        let row = tx
            .query_one(
                include_str!("../queries/publication/beside.sql"),
                &[&customer],
            )
            .await?;
        let building: Option<i64> = row.get("building")?;
        Ok(StoreStep {
            recorded,
            building: building.and_then(TableVersion::recorded),
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
                ],
            )
            .await?;
        self.tx.commit().await
    }

    /// Records the version only, for a deletion or a compaction. Model and dimensions stay the same.
    ///
    /// # Errors
    /// `unavailable`, as for `publish`.
    pub async fn publish_version(self, version: TableVersion, rows: u64) -> Result<()> {
        self.set_version("chunks", version, rows).await?;
        self.tx.commit().await
    }

    /// Does the same for the table that is being built; the step continues.
    ///
    /// # Errors
    /// `unavailable`.
    pub async fn set_building(&self, version: TableVersion, rows: u64) -> Result<()> {
        self.set_version("building", version, rows).await
    }

    async fn set_version(&self, table: &str, version: TableVersion, rows: u64) -> Result<()> {
        let rows = i64::try_from(rows).map_err(Error::internal_fault)?;
        self.tx
            .query(
                include_str!("../queries/publication/lance_version.sql"),
                &[&self.tx.customer_id(), &version, &rows, &table],
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
        self.tx
            .query(
                include_str!("../queries/publication/deleted.sql"),
                &[&self.tx.customer_id(), &documents],
            )
            .await?;
        self.tx.commit().await
    }

    async fn record(&self, committed: Committed<'_>) -> Result<()> {
        let rows = i64::try_from(committed.rows).map_err(Error::internal_fault)?;
        let dimensions = i32::try_from(committed.dimensions).map_err(Error::internal_fault)?;
        self.tx
            .query(
                include_str!("../queries/publication/index_version.sql"),
                &[
                    &self.tx.customer_id(),
                    &committed.version,
                    &rows,
                    &committed.embedding_model,
                    &dimensions,
                ],
            )
            .await
            .map(drop)
    }
}

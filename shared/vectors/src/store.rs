//! The write step: restores the recorded version, applies a change, and proves that no other writer
//! intervened.
//!
//! A frozen writer that thaws after its lease cannot be kept from committing to Lance: it holds no lock
//! there, and an append conflicts with nothing. But every commit takes a version number. So a sequence
//! of consecutive numbers, all reported for our own commits, that starts at the recorded version
//! contains the recorded rows and our change and nothing else. If a number is missing, another writer's
//! commit may be underneath ours, and the step starts again from the recorded version.

use std::{collections::BTreeMap, sync::Arc};

use arrow_schema::Schema;
use dynrag_domain::{
    VersionNumber,
    error::Error as DomainError,
    ids::{CustomerId, DocumentId},
    tables::TableVersion,
};
use lance::Dataset;
use lancedb::{
    Table,
    table::{AddDataMode, NewColumnTransform},
};

use crate::{
    Change, Error, Result, Vectors, recorded,
    rows::{LIVE, PARENT, Prepared, Space, is_one_of, prepare},
};

/// Attempts of a step when others keep committing.
const TRIES: u32 = 5;

/// The version readers see with its generation; `None` if nothing was ever published.
pub type Recorded = Option<TableVersion>;

/// Result of a step. Invisible until the caller records the version in Postgres.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stored {
    /// The version to record. `None` only where nothing was recorded and there was nothing to do.
    pub version: Recorded,
    /// Rows in it, including superseded ones.
    pub rows: u64,
    /// Lance commits it took, over all attempts.
    pub commits: u32,
}

/// Moments of the step at which tests let others in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Moment {
    /// The table is at the recorded version; our change is not written yet.
    Based,
    /// The rows are appended; supersession and deletion are next.
    Appended,
    /// Between the two halves of pruning.
    Cleaned,
}

/// Our own line of versions.
pub(crate) struct Line {
    pub(crate) table: Table,
    generation: u64,
    version: u64,
    commits: u32,
}

impl Line {
    /// Takes the version of one of our commits.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it is not the next one. (The same number again means that there was
    /// nothing to commit.)
    fn follow(&mut self, vectors: &Vectors, version: u64) -> Result<()> {
        if version != self.version && version != self.version + 1 && vectors.verifies() {
            return Err(Error::Conflict);
        }
        self.commits += u32::from(version != self.version);
        self.version = version;
        Ok(())
    }

    async fn stored(self) -> Result<Stored> {
        let dataset = current(&self.table).await?;
        Ok(Stored {
            version: Some(TableVersion::new(self.generation, self.version)),
            rows: dataset.count_rows(None).await? as u64,
            commits: self.commits,
        })
    }
}

/// Lance's own view of a table, at the table's current version.
pub(crate) async fn current(table: &Table) -> Result<Arc<Dataset>> {
    let dataset = table.dataset();
    let dataset = dataset.ok_or_else(|| Error::fault("the table is not a native one"))?;
    Ok(dataset.get().await?)
}

impl Vectors {
    /// Applies a change on top of the recorded version and returns the version to record.
    ///
    /// The caller holds the tenant's row lock in Postgres from reading `recorded` to recording the
    /// result. Anything in the table beyond `recorded` was never published and is not part of the
    /// result. Takes at most three commits: an append, an update if rows are superseded, a deletion if
    /// rows are deleted; one more if documents are undone.
    ///
    /// # Errors
    /// [`Error::ModelChanged`]; [`Error::VersionGone`] if the recorded version is missing, which no
    /// retry fixes; unavailable if the object store does not answer or others keep committing.
    pub async fn store(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        change: &Change,
    ) -> Result<Stored> {
        let prepared = prepare(change)?;
        let mut wasted = 0;
        for attempt in 1..=TRIES {
            match self
                .store_once(customer, recorded, change, prepared.as_ref(), &mut wasted)
                .await
            {
                Ok(stored) => return Ok(stored),
                Err(Error::Conflict) => {
                    tracing::warn!(%customer, ?recorded, attempt, "another writer committed during the store step");
                }
                Err(error) => return Err(error),
            }
        }
        Err(DomainError::unavailable("other writers kept committing to the table").into())
    }

    async fn store_once(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        change: &Change,
        rows: Option<&Prepared>,
        wasted: &mut u32,
    ) -> Result<Stored> {
        let Some(mut line) = self.base(customer, recorded, rows).await? else {
            return Ok(Stored {
                version: None,
                rows: 0,
                commits: 0,
            });
        };
        line.commits += *wasted;
        let result = self.apply(&mut line, recorded, change, rows).await;
        *wasted = line.commits;
        result?;
        line.stored().await
    }

    async fn apply(
        &self,
        line: &mut Line,
        recorded: Recorded,
        change: &Change,
        rows: Option<&Prepared>,
    ) -> Result<()> {
        // With nothing recorded, the first commit already holds all rows there are.
        if recorded.and_then(TableVersion::lance).is_none() {
            return Ok(());
        }
        self.at(Moment::Based).await;
        if let Some(rows) = rows {
            if line
                .table
                .schema()
                .await?
                .field_with_name(PARENT.name())
                .is_err()
            {
                // A table made before chunks had parents.
                let column = Arc::new(Schema::new(vec![PARENT.clone()]));
                let added = line
                    .table
                    .add_columns()
                    .transform(NewColumnTransform::AllNulls(column))
                    .execute()
                    .await?;
                line.follow(self, added.version)?;
            }
            let version = append(&line.table, rows).await?;
            line.follow(self, version)?;
        }
        self.at(Moment::Appended).await;
        if !change.supersede.is_empty() {
            let at = change.at.format("%Y-%m-%d %H:%M:%S%.6f");
            let result = line
                .table
                .update()
                .only_if(format!(
                    "{LIVE} AND ({})",
                    by_version("<", &change.supersede)
                ))
                .column("superseded_at", format!("TIMESTAMP '{at}'"))
                .execute()
                .await?;
            line.follow(self, result.version)?;
        }
        let gone: Vec<String> = [
            (!change.delete.is_empty()).then(|| is_one_of(&change.delete)),
            (!change.forget.is_empty()).then(|| by_version("=", &change.forget)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !gone.is_empty() {
            let result = line.table.delete(gone.join(" OR ").as_str()).await?;
            line.follow(self, result.version)?;
        }
        Ok(())
    }

    /// The table at the recorded version, or, if none is recorded, at a first version that contains
    /// `rows`. `None` if there is neither a table nor a row.
    async fn base(
        &self,
        customer: CustomerId,
        recorded: Recorded,
        rows: Option<&Prepared>,
    ) -> Result<Option<Line>> {
        let generation = recorded.map_or(0, TableVersion::generation);
        let name = recorded::table(generation);
        let connection = self.connection(customer).await?;
        let table = match connection.open_table(&name).execute().await {
            Ok(table) => Some(table),
            Err(lancedb::Error::TableNotFound { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        match (recorded.and_then(TableVersion::lance), table, rows) {
            (Some(version), Some(table), _) => {
                let recorded = TableVersion::new(generation, version);
                let line = self.restored(customer, table, recorded).await?;
                if let Some(rows) = rows {
                    let dataset = current(&line.table).await?;
                    self.same_space(&dataset, rows).await?;
                }
                Ok(Some(line))
            }
            (Some(_), None, _) => Err(Error::VersionGone),
            (None, None, None) => Ok(None),
            (None, None, Some(rows)) => {
                let table = connection
                    .create_table(&name, rows.batch.clone())
                    .execute()
                    .await?;
                first(table, generation, 1).await.map(Some)
            }
            // Leavings of a first writer that died. An overwrite trusts none of its rows.
            (None, Some(table), Some(rows)) => {
                tracing::warn!(%customer, "overwriting a table of which nothing was recorded");
                table
                    .add(rows.batch.clone())
                    .mode(AddDataMode::Overwrite)
                    .write_parallelism(1)
                    .execute()
                    .await?;
                first(table, generation, 1).await.map(Some)
            }
            // Nothing to add, but the documents may contain text that is being deleted.
            (None, Some(table), None) => {
                table.delete("true").await?;
                let dataset = current(&table).await?;
                if dataset.count_rows(None).await? > 0 {
                    return Err(Error::Conflict);
                }
                first(table, generation, 1).await.map(Some)
            }
        }
    }

    /// The table with its latest version equal to the recorded one, restored if necessary.
    pub(crate) async fn restored(
        &self,
        customer: CustomerId,
        table: Table,
        recorded: TableVersion,
    ) -> Result<Line> {
        let generation = recorded.generation();
        let recorded = recorded.lance().ok_or(Error::VersionGone)?;
        let latest = current(&table).await?;
        let latest_version = latest.version().version;
        if latest_version == recorded {
            return first(table, generation, 0).await;
        }
        tracing::warn!(%customer, generation, recorded, latest = latest_version, "restoring the recorded version of the table");
        // Not through the table's own restore: that reads "the latest" again afterwards, which may be
        // another writer's.
        let mut dataset = latest.checkout_version(recorded).await?;
        dataset.restore().await?;
        if let Some(table) = table.dataset() {
            table.update(dataset);
        }
        first(table, generation, 1).await
    }

    /// Checks that rows fit the table. An empty table may change its model.
    async fn same_space(&self, dataset: &Dataset, rows: &Prepared) -> Result<()> {
        let stored = Space::of(&dataset.schema().into())?;
        if stored == rows.space || dataset.count_rows(None).await? == 0 {
            return Ok(());
        }
        Err(Error::ModelChanged {
            stored: stored.to_string(),
            given: rows.space.to_string(),
        })
    }

    #[cfg(not(test))]
    pub(crate) async fn at(&self, _moment: Moment) {}

    #[cfg(not(test))]
    #[expect(
        clippy::unused_self,
        reason = "a test switches it off as the negative control"
    )]
    fn verifies(&self) -> bool {
        true
    }

    #[cfg(test)]
    pub(crate) async fn at(&self, moment: Moment) {
        self.hooks.at(moment).await;
    }

    #[cfg(test)]
    fn verifies(&self) -> bool {
        self.hooks.verifies()
    }
}

/// A sequence that starts at the version of the table's handle.
async fn first(table: Table, generation: u64, commits: u32) -> Result<Line> {
    Ok(Line {
        generation,
        version: table.version().await?,
        table,
        commits,
    })
}

/// Appends rows in one commit; returns its version. An empty table of another model is overwritten.
async fn append(table: &Table, rows: &Prepared) -> Result<u64> {
    let same = Space::of(&*table.schema().await?)? == rows.space;
    let mode = if same {
        AddDataMode::Append
    } else {
        AddDataMode::Overwrite
    };
    let added = table
        .add(rows.batch.clone())
        .mode(mode)
        // One data file: more would need more requests to write and to read.
        .write_parallelism(1)
        .execute()
        .await?;
    Ok(added.version)
}

/// A filter on versions of documents that compare in this way with the given ones. Documents with the
/// same version are listed together: hundreds of ORs would nest as deep in the planner.
fn by_version(compare: &str, versions: &[(DocumentId, VersionNumber)]) -> String {
    let mut documents: BTreeMap<VersionNumber, Vec<DocumentId>> = BTreeMap::new();
    for (document, version) in versions {
        documents.entry(*version).or_default().push(*document);
    }
    let terms: Vec<String> = documents
        .iter()
        .map(|(version, documents)| {
            format!("(version {compare} {version} AND {})", is_one_of(documents))
        })
        .collect();
    terms.join(" OR ")
}

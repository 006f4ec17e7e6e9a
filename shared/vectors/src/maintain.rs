//! Maintenance: compaction, which makes a new version, and pruning, which drops the old ones.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use dynrag_domain::{error::Error as DomainError, ids::CustomerId, tables::TableVersion};
use futures::TryStreamExt;
use lance::dataset::{cleanup::CleanupPolicy, transaction::Operation};
use lancedb::table::{CompactionOptions, OptimizeAction};

use crate::{
    Error, Result, Stored, Vectors, recorded,
    store::{Moment, current},
};

/// Rows from which a file is not small.
const SMALL_FILE: usize = 16_384;

/// Rows read at once while files are rewritten: 1,536 dimensions make 6 MB of them.
const BATCH: usize = 1024;

/// A file that no version names may belong to a writer that took the lock after us, should we have
/// lost it. Only files that were there this long before pruning began are removed; that covers
/// clocks that differ.
const ORPHAN_MARGIN: TimeDelta = TimeDelta::seconds(30);

/// Counts of a pruning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pruned {
    /// Versions forgotten.
    pub versions: u64,
    /// Files of rows removed that no remaining version names.
    pub data_files: u64,
}

impl Vectors {
    /// Merges small files into larger ones, and rewrites files with deleted rows without them. Returns the
    /// version to record; the recorded version and its files stay untouched until [`Self::prune`].
    ///
    /// Called under the tenant's row lock, like [`Self::store`]. A death before the new version is recorded
    /// costs only the work: the next store step restores the recorded version, the next prune removes the
    /// rewritten files.
    ///
    /// # Errors
    /// [`Error::VersionGone`] if nothing is recorded under that number; unavailable if the object store does
    /// not answer or another writer keeps committing.
    pub async fn compact(&self, customer: CustomerId, recorded: TableVersion) -> Result<Stored> {
        let options = CompactionOptions {
            materialize_deletions: true,
            // Rewrite for every deleted row: deleted text must not remain.
            materialize_deletions_threshold: 0.0,
            ..self.compaction()
        };
        self.compact_by(customer, recorded, &options).await
    }

    /// Merges small files, and leaves large ones alone, so that the tenant's row is locked for a few seconds at most.
    /// Otherwise as [`Self::compact`].
    ///
    /// # Errors
    /// As for [`Self::compact`].
    pub async fn merge_files(
        &self,
        customer: CustomerId,
        recorded: TableVersion,
    ) -> Result<Stored> {
        let options = CompactionOptions {
            target_rows_per_fragment: SMALL_FILE,
            materialize_deletions: false,
            ..self.compaction()
        };
        self.compact_by(customer, recorded, &options).await
    }

    fn compaction(&self) -> CompactionOptions {
        CompactionOptions {
            num_threads: Some(1),
            batch_size: Some(BATCH),
            io_buffer_size: Some(self.scan_bytes),
            ..CompactionOptions::default()
        }
    }

    async fn compact_by(
        &self,
        customer: CustomerId,
        recorded: TableVersion,
        options: &CompactionOptions,
    ) -> Result<Stored> {
        for attempt in 1..=3 {
            match self.compact_once(customer, recorded, options).await {
                Err(Error::Conflict) => {
                    tracing::warn!(%customer, %recorded, attempt, "another writer committed during compaction");
                }
                result => return result,
            }
        }
        Err(DomainError::unavailable("other writers kept committing to the table").into())
    }

    async fn compact_once(
        &self,
        customer: CustomerId,
        recorded: TableVersion,
        options: &CompactionOptions,
    ) -> Result<Stored> {
        let connection = self.connection(customer).await?;
        let table = connection
            .open_table(recorded::table(recorded.generation()))
            .execute()
            .await?;
        let start = recorded.lance().ok_or(Error::VersionGone)?;
        let line = self.restored(customer, table, recorded).await?;
        let base = line.table.version().await?;
        self.at(Moment::Based).await;
        line.table
            .optimize(OptimizeAction::Compact {
                options: options.clone(),
                remap_options: None,
            })
            .await?;

        // Compaction makes several commits of its own, so counting versions is not enough: each must be one
        // that moves rows without changing any.
        let dataset = current(&line.table).await?;
        let version = dataset.version().version;
        for between in base + 1..=version {
            let transaction = dataset.read_transaction_by_version(between).await?;
            let moves_only = transaction.is_some_and(|transaction| {
                matches!(
                    transaction.operation,
                    Operation::Rewrite { .. } | Operation::ReserveFragments { .. }
                )
            });
            if !moves_only {
                return Err(Error::Conflict);
            }
        }
        Ok(Stored {
            version: Some(TableVersion::new(recorded.generation(), version)),
            rows: dataset.count_rows(None).await? as u64,
            commits: u32::try_from(version - start).unwrap_or(u32::MAX),
        })
    }

    /// Drops every version except the recorded one and removes the files that only they needed, and files that
    /// a dead writer left without a version.
    ///
    /// Called under the tenant's row lock, after `keep` was recorded. Readers that still hold an older version
    /// get [`Error::VersionGone`] and read the recorded one again. A death at any point leaves `keep` intact
    /// and some old files; pruning again removes them. A pruner that was frozen and lost the lock does no harm
    /// when it thaws: it removes no version from `keep` on, no file that one of them names, and no unnamed
    /// file younger than its own start.
    ///
    /// # Errors
    /// [`Error::Behind`] if an unrecorded version is above `keep`: it may name files with deleted text. Store
    /// an empty change, record its version, and prune that. [`Error::VersionGone`] if `keep` is missing.
    pub async fn prune(&self, customer: CustomerId, keep: TableVersion) -> Result<Pruned> {
        self.prune_before(customer, keep, Utc::now() - ORPHAN_MARGIN)
            .await
    }

    /// [`Self::prune`] for unnamed files that were last written before `orphans_before`.
    pub(crate) async fn prune_before(
        &self,
        customer: CustomerId,
        keep: TableVersion,
        orphans_before: DateTime<Utc>,
    ) -> Result<Pruned> {
        if keep.lance().is_none() {
            return Ok(Pruned {
                versions: 0,
                data_files: 0,
            });
        }
        let dataset = self.dataset(customer, keep).await?;
        let keep = dataset.version().version;
        if dataset.latest_version_id().await? != keep {
            return Err(Error::Behind);
        }
        // Not Lance's `delete_unverified`: that also removes files that another writer has just written and
        // not yet committed, in case the lock has been lost.
        let policy = CleanupPolicy {
            before_version: Some(keep),
            error_if_tagged_old_versions: false,
            ..CleanupPolicy::default()
        };
        let removed = dataset.cleanup_with_policy(policy).await?;
        self.at(Moment::Cleaned).await;

        let named: HashSet<&str> = dataset
            .fragments()
            .iter()
            .flat_map(|fragment| &fragment.files)
            .map(|file| file.path.as_str())
            .collect();
        let store = dataset.object_store(None).await?;
        let folder = dataset.data_dir();
        let orphans: Vec<_> = store
            .read_dir_all(&folder, Some(orphans_before))
            .try_filter(|file| {
                let name = file.location.filename().unwrap_or_default();
                futures::future::ready(!named.contains(name))
            })
            .try_collect()
            .await?;
        for orphan in &orphans {
            store.delete(&orphan.location).await?;
        }
        if dataset.latest_version_id().await? != keep {
            return Err(Error::Behind);
        }
        Ok(Pruned {
            versions: removed.old_versions,
            data_files: removed.data_files_removed + orphans.len() as u64,
        })
    }
}

impl Vectors {
    /// Number of files of a recorded version, and how many of them have few rows, which shows whether merging them is
    /// worthwhile.
    ///
    /// # Errors
    /// [`Error::VersionGone`], or unavailable.
    pub async fn files(
        &self,
        customer: CustomerId,
        recorded: TableVersion,
    ) -> Result<(usize, usize)> {
        if recorded.lance().is_none() {
            return Ok((0, 0));
        }
        let dataset = self.dataset(customer, recorded).await?;
        let fragments = dataset.fragments();
        let small = fragments.iter().filter(|fragment| {
            let rows = fragment.physical_rows;
            rows.is_none_or(|rows| rows < SMALL_FILE)
        });
        Ok((fragments.len(), small.count()))
    }

    /// Removes a generation's table, whether or not it is there. Readers of it get [`Error::VersionGone`].
    ///
    /// # Errors
    /// Unavailable where the object store does not answer.
    pub async fn remove(&self, customer: CustomerId, generation: u64) -> Result<()> {
        let connection = self.connection(customer).await?;
        let table = recorded::table(generation);
        match connection.drop_table(&table, &[]).await {
            Ok(()) | Err(lancedb::Error::TableNotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

//! Tables held in memory: each loaded once, the least recently used dropped first, bounded by bytes.
//!
//! `moka` evicts in its maintenance, and frees an evicted value only in a later one: memory would exceed the bound by a
//! table.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dynrag_domain::{ids::CustomerId, tables::TableVersion};
use lru::LruCache;
use tokio::sync::OnceCell;

use crate::{Result, memory::Snapshot};

/// Result of loading a table.
#[derive(Clone)]
pub(crate) enum Loaded {
    /// It is in memory.
    Snapshot(Arc<Snapshot>),
    /// It does not fit and has to be scanned.
    TooLarge,
}

impl Loaded {
    fn bytes(&self) -> usize {
        match self {
            Self::Snapshot(snapshot) => snapshot.bytes(),
            Self::TooLarge => 0,
        }
    }
}

/// Maximum entries, so that the memory for tables known to be too large is bounded too.
const MAX_ENTRIES: usize = 1024;

type Key = (CustomerId, TableVersion);

#[derive(Default)]
struct Entry {
    loaded: Arc<OnceCell<Loaded>>,
    bytes: usize,
}

type Entries = LruCache<Key, Entry>;

/// Drops the least recently used other entries until the rest fits.
fn shrink(entries: &mut Entries, keep: Key, budget: usize) {
    let mut held: usize = entries.iter().map(|(_, entry)| entry.bytes).sum();
    while held > budget || entries.len() > MAX_ENTRIES {
        let oldest = entries
            .iter()
            .rev()
            .find(|(key, entry)| **key != keep && entry.loaded.initialized())
            .map(|(key, _)| *key);
        let Some(dropped) = oldest.and_then(|oldest| entries.pop(&oldest)) else {
            return;
        };
        held -= dropped.bytes;
    }
}

/// Snapshots by customer and recorded version.
pub(crate) struct SnapshotCache {
    budget: usize,
    entries: Mutex<Entries>,
    #[cfg(test)]
    loads: std::sync::atomic::AtomicUsize,
}

impl SnapshotCache {
    /// Holds at most `budget` bytes, in addition to snapshots that running searches still use.
    pub(crate) fn new(budget: usize) -> Self {
        Self {
            budget,
            entries: Mutex::new(LruCache::unbounded()),
            #[cfg(test)]
            loads: std::sync::atomic::AtomicUsize::default(),
        }
    }

    /// Gets a snapshot, loading it if necessary; `load` receives the most bytes it may take.
    /// Concurrent callers wait for the same load; if it fails or is cancelled, the next one tries.
    pub(crate) async fn get(
        &self,
        customer: CustomerId,
        version: TableVersion,
        load: impl AsyncFnOnce(usize) -> Result<Loaded>,
    ) -> Result<Loaded> {
        let key = (customer, version);
        let cell = self
            .lock()
            .get_or_insert_mut(key, Entry::default)
            .loaded
            .clone();
        if let Some(loaded) = cell.get() {
            return Ok(loaded.clone());
        }
        let load = || {
            #[cfg(test)]
            self.loads
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            load(self.budget)
        };
        let result = cell.get_or_try_init(load).await.cloned();
        let mut entries = self.lock();
        match &result {
            Ok(loaded) => {
                if let Some(entry) = entries.peek_mut(&key) {
                    entry.bytes = loaded.bytes();
                }
                // Versions only go forward; a request that was admitted before loads it once more.
                entries.retain(|(of, at), entry| {
                    *of != customer || *at >= version || !entry.loaded.initialized()
                });
                shrink(&mut entries, key, self.budget);
            }
            Err(_) => {
                let unused = |entry: &Entry| Arc::strong_count(&entry.loaded) <= 2;
                if entries.peek(&key).is_some_and(unused) && !cell.initialized() {
                    entries.pop(&key);
                }
            }
        }
        result
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(crate) fn loads(&self) -> usize {
        self.loads.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Entries and bytes.
    #[cfg(test)]
    pub(crate) fn held(&self) -> (usize, usize) {
        let entries = self.lock();
        (
            entries.len(),
            entries.iter().map(|(_, entry)| entry.bytes).sum(),
        )
    }
}

//! Tables held in memory: each loaded once, the least recently used dropped first, bounded by bytes.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dynrag_domain::{ids::CustomerId, tables::TableVersion};
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
    used: u64,
}

#[derive(Default)]
struct Entries {
    calls: u64,
    by_key: HashMap<Key, Entry>,
}

impl Entries {
    /// Drops the least recently used other entries until the rest fits.
    fn shrink(&mut self, keep: Key, budget: usize) {
        loop {
            let held: usize = self.by_key.values().map(|entry| entry.bytes).sum();
            if held <= budget && self.by_key.len() <= MAX_ENTRIES {
                return;
            }
            let oldest = self
                .by_key
                .iter()
                .filter(|(key, entry)| **key != keep && entry.loaded.initialized())
                .min_by_key(|(_, entry)| entry.used)
                .map(|(key, _)| *key);
            match oldest {
                Some(oldest) => self.by_key.remove(&oldest),
                None => return,
            };
        }
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
            entries: Mutex::default(),
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
        let cell = {
            let mut entries = self.lock();
            entries.calls += 1;
            let now = entries.calls;
            let entry = entries.by_key.entry(key).or_default();
            entry.used = now;
            entry.loaded.clone()
        };
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
                if let Some(entry) = entries.by_key.get_mut(&key) {
                    entry.bytes = loaded.bytes();
                }
                // Versions only go forward; a request that was admitted before loads it once more.
                entries.by_key.retain(|(of, at), entry| {
                    *of != customer || *at >= version || !entry.loaded.initialized()
                });
                entries.shrink(key, self.budget);
            }
            Err(_) => {
                let unused = |entry: &Entry| Arc::strong_count(&entry.loaded) <= 2;
                if entries.by_key.get(&key).is_some_and(unused) && !cell.initialized() {
                    entries.by_key.remove(&key);
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
            entries.by_key.len(),
            entries.by_key.values().map(|entry| entry.bytes).sum(),
        )
    }
}

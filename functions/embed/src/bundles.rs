//! Originals that share one object, read once for all documents of a batch.

use std::collections::HashMap;

use bytes::Bytes;
use dynrag_cloud::Objects;
use dynrag_domain::{CustomerId, Result, storage};
use tokio::sync::Mutex;
use uuid::Uuid;

/// Maximum bundles cached. A batch of the queue has documents of one or two.
const MOST: usize = 2;
/// Upper bound of a bundle: no request that makes one is larger.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// The bundles with documents of a batch; dropped with the batch.
#[derive(Default)]
pub(crate) struct Bundles {
    read: Mutex<HashMap<Uuid, Bytes>>,
}

impl Bundles {
    /// A range of a bundle. `None` if the bundle no longer exists, or ends before.
    ///
    /// # Errors
    /// `unavailable`.
    pub(crate) async fn stretch(
        &self,
        objects: &Objects,
        customer: CustomerId,
        bundle: Uuid,
        offset: u64,
        bytes: u64,
    ) -> Result<Option<Bytes>> {
        // Locked while it is read: the others of the batch need the same one.
        let mut read = self.read.lock().await;
        let whole = match read.get(&bundle) {
            Some(whole) => whole.clone(),
            None => {
                let key = storage::bundle_key(customer, bundle);
                let Some(whole) = objects.get(&key, MAX_BYTES).await? else {
                    return Ok(None);
                };
                if read.len() == MOST {
                    read.clear();
                }
                read.insert(bundle, whole.clone());
                whole
            }
        };
        drop(read);
        let begin = usize::try_from(offset).ok();
        let end = usize::try_from(offset + bytes).ok();
        let inside = |range: &std::ops::Range<usize>| range.end <= whole.len();
        let range = begin.zip(end).map(|(begin, end)| begin..end);
        Ok(range.filter(inside).map(|range| whole.slice(range)))
    }
}

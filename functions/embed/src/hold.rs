//! Recovers the messages of a batch quickly when their worker dies.
//!
//! A received message is invisible for half an hour, and `sweep` checks its document ten minutes after it was queued.
//! If a worker died, the documents that it had not started would wait that long. So it holds them: `sweep` checks them
//! after a minute, and the worker extends that time while it lives. A document whose message has not been received
//! keeps its time, so that a long queue is not filled with duplicate messages.
//!
//! | it dies, or | what is left | who recovers it |
//! |---|---|---|
//! | before the batch is held (some milliseconds) | messages that are invisible, documents with their previous time | `sweep`, at that time |
//! | while documents are held | the same, with a minute's time | `sweep` sends their messages again, one for each document |
//! | after a claim | a lease | `sweep`, when it lapses |
//! | the worker is only slow, or without the database | a hold that lapses, and a second message | the claim: one of the two messages finds nothing to do |
//! | the invisible message comes back half an hour later | a redundant message | the same |
//! | a message is put back | a document with a minute's time | its time is set to ten minutes, as when it was queued |

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dynrag_domain::Result;
use dynrag_store::{Store, holds::Waiting};
use tokio::{task::JoinHandle, time};

/// When a document that is no longer held is sent again. `sweep` runs each minute.
const HELD: Duration = Duration::from_secs(60);
/// Resend time of a document whose message is in the queue.
const QUEUED: Duration = Duration::from_secs(600);

/// Documents of a batch that are not started. Renewed until this is dropped.
pub(crate) struct Hold {
    store: Store,
    waiting: Arc<Mutex<BTreeSet<Waiting>>>,
    renewal: Option<JoinHandle<()>>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(renewal) = &self.renewal {
            renewal.abort();
        }
    }
}

impl Hold {
    /// Starts to hold the documents of a batch. A single document is claimed at once, and not held.
    pub(crate) fn keep(store: &Store, batch: impl IntoIterator<Item = Waiting>) -> Self {
        let waiting: BTreeSet<Waiting> = batch.into_iter().collect();
        let several = waiting.len() > 1;
        let waiting = Arc::new(Mutex::new(waiting));
        let renewal = several.then(|| {
            let (store, waiting) = (store.clone(), waiting.clone());
            tokio::spawn(async move {
                let mut ticks = time::interval(HELD / 3);
                ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
                loop {
                    ticks.tick().await;
                    let left = copy(&waiting);
                    if left.is_empty() {
                        break;
                    }
                    log(store.hold_documents(&left, HELD).await);
                }
            })
        });
        Self {
            store: store.clone(),
            waiting,
            renewal,
        }
    }

    /// Records that a document is claimed, or its message moot: from now on its lease, or the end of its attempt,
    /// determines when it is checked.
    pub(crate) fn begun(&self, document: Waiting) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&document);
    }

    /// Ends the hold of documents whose messages go back to the queue.
    pub(crate) async fn put_back(self, documents: impl IntoIterator<Item = Waiting>) {
        let documents: Vec<Waiting> = documents.into_iter().collect();
        if self.renewal.is_some() && !documents.is_empty() {
            log(self.store.hold_documents(&documents, QUEUED).await);
        }
    }
}

fn copy(waiting: &Mutex<BTreeSet<Waiting>>) -> Vec<Waiting> {
    let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.iter().copied().collect()
}

/// A failed hold only delays the recovery of a dead worker's messages.
fn log(held: Result<i64>) {
    if let Err(error) = held {
        let (code, cause) = (error.code(), error.internal());
        tracing::warn!(code, cause, "documents of the batch are not held");
    }
}

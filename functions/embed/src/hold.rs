//! Keeps the messages of a batch from being lost for long with their worker.
//!
//! A message that was received is invisible for half an hour, and the document it is about is looked at by `sweep` ten
//! minutes after it was queued. A worker that dies would leave the documents it had not begun with waiting for so long.
//! So it holds them: their time is a minute, and is put off for as long as the worker lives. A document whose message
//! nobody has received keeps its time, so that a long queue is not filled with second messages.
//!
//! | it dies, or | what is left | who mends it |
//! |---|---|---|
//! | before the batch is held (some milliseconds) | messages that are invisible, documents with the time they had | `sweep`, at that time |
//! | while documents are held | the same, with a minute's time | `sweep` sends their messages again, one for each document |
//! | after a claim | a lease | `sweep`, when it lapses |
//! | the worker is only slow, or without the database | a hold that lapses, and a second message | the claim: one of the two messages finds nothing to do |
//! | the invisible message comes back half an hour later | a message too many | the same |
//! | a message is put back | a document with a minute's time | its time is set to ten minutes, as when it was queued |

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use dynrag_domain::Result;
use dynrag_store::{Store, holds::Waiting};
use tokio::{task::JoinHandle, time};

/// Until when a document is sent again that nobody holds any more. `sweep` runs each minute.
const HELD: Duration = Duration::from_secs(60);
/// The time of a document whose message is in the queue.
const QUEUED: Duration = Duration::from_secs(600);

/// Documents of a batch that are not begun with. Renewed until this is dropped.
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
    /// Begins to hold the documents of a batch. A single one is claimed at once, and not held.
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

    /// Notes that a document is claimed, or its message moot: from now on its lease, or how its try ends, says when it
    /// is looked at.
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

/// Nothing depends on a hold but how soon a dead worker's messages are sent again.
fn log(held: Result<i64>) {
    if let Err(error) = held {
        let (code, cause) = (error.code(), error.internal());
        tracing::warn!(code, cause, "documents of the batch are not held");
    }
}

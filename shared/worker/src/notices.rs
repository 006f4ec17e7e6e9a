//! Notices to webhooks on their way to the deliver queue. Every function that ends documents sends them, so that a
//! receiver learns of an end at once.

use dynrag_cloud::{Cloud, Queue};
use dynrag_config::DeliverConfig;
use dynrag_domain::{Error, Result};
use dynrag_store::Store;

/// Notices taken at once; they may be of any customer.
const BATCH: i32 = 100;

/// Sends notices that are due.
pub struct Notices {
    queue: Queue,
}

/// What a batch of notices came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sent {
    /// Notices that the queue has taken.
    pub taken: u32,
    /// Whether more may be due.
    pub more: bool,
}

impl Notices {
    /// Reads the queue's address.
    ///
    /// # Errors
    /// `internal_error` when it is not configured.
    pub fn load(cloud: &Cloud) -> Result<Self> {
        let config = DeliverConfig::from_env().map_err(Error::internal_fault)?;
        Ok(Self {
            queue: cloud.queue(&config.url),
        })
    }

    /// Sends a batch of what is due, ten notices to a request. What the queue has not taken is logged and is due
    /// again in a few minutes.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn send_batch(&self, store: &Store) -> Result<Sent> {
        let due = store.sweep_deliveries(BATCH).await?;
        let mut taken = 0;
        for some in due.chunks(Queue::MOST) {
            match self.queue.send_many(some).await {
                Ok(ids) => taken += ids.len() as u32,
                Err(error) => {
                    let (code, cause) = (error.code(), error.internal());
                    tracing::error!(code, cause, "notices are left to the next sweep");
                }
            }
        }
        Ok(Sent {
            taken,
            more: due.len() == BATCH as usize,
        })
    }

    /// Sends what the ends of documents have to tell. Nothing depends on it: `sweep` sends what is left.
    pub async fn send(&self, store: &Store) {
        if let Err(error) = self.send_batch(store).await {
            let (code, cause) = (error.code(), error.internal());
            tracing::warn!(code, cause, "notices are left to the sweep");
        }
    }
}

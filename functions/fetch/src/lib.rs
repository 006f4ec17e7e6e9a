//! Fetches documents from the web: single URLs, and crawls page by page.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | after the claim | a lease that lapses | `sweep` sends the message again |
//! | after the S3 write | an orphaned object of the document | it is deleted with its document |
//! | after the commit | a row in the outbox | `sweep` sends the job |
//! | in the middle of a crawl | a page's lease, and the frontier | `sweep` continues the crawl |

mod content;
mod crawl;
mod document;
mod parts;

use std::time::Instant;

use dynrag_domain::{Result, fetches::Fetch};
use dynrag_store::TenantId;
use dynrag_worker::{Delivery, Invocation};
use tokio::sync::OnceCell;

use crate::parts::Parts;

/// Clients created once per cold start.
#[derive(Default)]
pub struct Fetcher {
    parts: OnceCell<Parts>,
}

impl Fetcher {
    /// Processes the messages one after the other; returns those to be redelivered.
    ///
    /// # Errors
    /// The function is not configured; the whole batch is then redelivered.
    pub async fn run(
        &self,
        batch: Invocation<Vec<Delivery<Fetch>>>,
    ) -> Result<Vec<Delivery<Fetch>>> {
        let parts = self.parts.get_or_try_init(Parts::load).await?;
        let mut again = Vec::new();
        for delivery in batch.event {
            let work = perform(parts, delivery.job, batch.deadline);
            if let Err(error) = parts.app.pushing(work).await {
                let (code, cause) = (error.code(), error.internal());
                tracing::error!(code, cause, "message has to come again");
                again.push(delivery);
            }
            parts.app.notify().await;
        }
        Ok(again)
    }
}

#[expect(clippy::disallowed_methods, reason = "its messages prove the tenant")]
async fn perform(parts: &Parts, fetch: Fetch, deadline: Instant) -> Result<()> {
    let tenant = TenantId::of_message(&fetch);
    match fetch {
        Fetch::Document {
            document_id,
            version,
            ..
        } => document::fetch(parts, tenant, document_id, version).await,
        Fetch::Crawl { job_id, .. } => crawl::crawl(parts, tenant, job_id, deadline).await,
    }
}

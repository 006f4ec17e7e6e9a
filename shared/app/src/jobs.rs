//! Jobs of customers, and their progress.

use dynrag_domain::{
    DocumentId, Error, JobId, Result,
    bulk::Bulk,
    identity::Scope,
    tasks::{JobKind, JobStatus},
};
use dynrag_store::{
    admission::Admission,
    crawls::{LeftOut, PageCounts},
    jobs::JobRow,
    regeneration,
};

use crate::{
    App,
    exports::{self, FileLink},
};

/// Most pages of a crawl, or documents of a bulk action, that are listed as left out or failed.
const LISTED: i64 = 100;

/// Progress of a job, by its kind.
pub enum Progress {
    /// The files of a completed export, with links to them.
    Export(Vec<FileLink>),
    /// A crawl.
    Crawl {
        /// Number of pages by outcome.
        counts: PageCounts,
        /// The first pages that were left out or could not be fetched.
        left_out: Vec<LeftOut>,
    },
    /// A regeneration of embeddings.
    Regeneration(regeneration::Progress),
    /// A bulk action.
    Bulk {
        /// The action and its counts.
        bulk: Bulk,
        /// The first failures, with the reasons.
        failures: Vec<(DocumentId, String)>,
    },
    /// An export that has not completed, or that the caller may not download.
    Hidden,
}

/// Returns a job with its progress.
///
/// # Errors
/// `not_found`; `unavailable`.
pub async fn get(app: &App, caller: &Admission, id: JobId) -> Result<(JobRow, Progress)> {
    let (store, customer) = (caller.store(), caller.tenant());
    let job = store.get_job(customer, id).await?;
    let progress = match job.kind {
        // An export contains everything, so `documents:read` is not enough to download it.
        JobKind::Export if job.status == JobStatus::Completed && caller.has(Scope::AdminTenant) => {
            Progress::Export(exports::links(app, customer, &job).await?)
        }
        JobKind::Crawl => Progress::Crawl {
            counts: store.count_pages(customer, id).await?,
            left_out: store.pages_left_out(customer, id, LISTED).await?,
        },
        JobKind::Regenerate => Progress::Regeneration(
            serde_json::from_str(job.progress.get()).map_err(Error::internal_fault)?,
        ),
        JobKind::Bulk => Progress::Bulk {
            bulk: serde_json::from_str(job.progress.get()).map_err(Error::internal_fault)?,
            failures: store.bulk_failures(customer, id, LISTED).await?,
        },
        JobKind::Export => Progress::Hidden,
    };
    Ok((job, progress))
}

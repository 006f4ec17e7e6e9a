//! Documents: adding, changing and deleting them.
//!
//! Every kind of ingestion ends in [`keep`]: bytes to S3, rows and job in one transaction.

mod add;
mod add_many;
mod add_url;
mod bulk;
mod bulk_run;
mod change;
mod description;
mod lifecycle;
mod original_link;
mod originals;
mod passwords;
mod redescribe;
mod regeneration;
mod text;
mod wait;

use std::borrow::Cow;

use dynrag_domain::{
    DocumentId, Error, Kind,
    documents::{FailureCode, Status},
};

pub use add::add;
pub use add_many::add_many;
pub use add_url::{CrawlLimits, add_url, check_url, crawl};
pub use bulk::{BulkPreview, preview_bulk, start_bulk};
pub use bulk_run::run_bulk;
pub use change::{DocumentChange, put_by_external_id, update};
pub use description::{Content, Description, NewText, check_format, check_size, unsupported};
pub use dynrag_cloud::Reader;
pub use lifecycle::{Deletion, delete, delete_by_external_id, restore, retry, undelete};
pub use original_link::{OriginalLink, open_original, original_link};
pub use originals::{Kept, keep, replace};
pub(crate) use passwords::seal_new_password;
pub use regeneration::{
    RegenerationEstimate, direct_regeneration, estimate_regeneration, regenerate,
};
pub use text::extracted;
pub use wait::wait;

/// Attempts at a change while concurrent requests change the same document.
const ATTEMPTS: usize = 5;

/// Returns the error of a change that lost the race [`ATTEMPTS`] times.
fn busy() -> Error {
    Error::new(
        Kind::Conflict,
        "busy_document",
        "Other requests are changing this document. Try again.",
    )
}

/// The result of adding or changing a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddedDocument {
    /// The document.
    pub id: DocumentId,
    /// Its status.
    pub status: Status,
    /// Whether work was queued for this request and has not ended.
    pub queued: bool,
    /// Whether the same content existed already.
    pub duplicate: bool,
    /// Whether the duplicate updated the title, metadata, `includeHidden` or `attachments` of the existing document.
    /// Nothing is embedded again.
    pub updated: bool,
    /// Why it failed or needs action, if the caller waited long enough.
    pub code: Option<FailureCode>,
    /// What happened and what to do, in words; for `code`.
    pub reason: Option<Cow<'static, str>>,
}

impl AddedDocument {
    /// Returns a document for which work was queued.
    fn queued(id: DocumentId) -> Self {
        Self {
            queued: true,
            ..Self::unchanged(id, Status::Queued)
        }
    }

    /// Returns a document for which there is nothing to do.
    fn unchanged(id: DocumentId, status: Status) -> Self {
        Self {
            id,
            status,
            queued: false,
            duplicate: false,
            updated: false,
            code: None,
            reason: None,
        }
    }

    /// Returns a document whose content existed already. Work is queued if its description changed.
    fn duplicate(id: DocumentId, status: Status, updated: bool) -> Self {
        let status = if updated { Status::Queued } else { status };
        Self {
            queued: updated,
            duplicate: true,
            updated,
            ..Self::unchanged(id, status)
        }
    }
}

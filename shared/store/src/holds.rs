//! Documents whose messages a worker has received but not started.

use std::time::Duration;

use dynrag_domain::{DocumentId, Result, VersionNumber};

use crate::{Store, TenantId};

/// The document version of a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Waiting {
    /// The tenant.
    pub tenant: TenantId,
    /// The document.
    pub document_id: DocumentId,
    /// The version.
    pub version: VersionNumber,
}

impl Store {
    /// Keeps `sweep` from resending the messages of these documents for a time; after it, `sweep` resends them unless
    /// something else has happened. Affects only documents that are queued for this version and not locked; returns
    /// their number.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn hold_documents(&self, waiting: &[Waiting], time: Duration) -> Result<i64> {
        let customers: Vec<_> = waiting.iter().map(|w| w.tenant).collect();
        let documents: Vec<_> = waiting.iter().map(|w| w.document_id).collect();
        let versions: Vec<_> = waiting.iter().map(|w| w.version).collect();
        let rows = self
            .call(
                include_str!("../queries/documents/hold.sql"),
                &[&customers, &documents, &versions, &time.as_secs_f64()],
            )
            .await?;
        rows.first().map_or(Ok(0), |row| row.get("held"))
    }
}

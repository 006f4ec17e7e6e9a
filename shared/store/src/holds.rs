//! Documents whose messages a worker has received and not begun with.

use std::time::Duration;

use dynrag_domain::{DocumentId, Result};

use crate::{Store, TenantId};

/// A version of a document that a message is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Waiting {
    /// The tenant.
    pub tenant: TenantId,
    /// The document.
    pub document_id: DocumentId,
    /// The version.
    pub version: i32,
}

impl Store {
    /// Has `sweep` send the messages of these documents again after a time, unless something happens before. Only those
    /// that are queued for this very version, and that nobody has locked; how many.
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

//! Removes what is left of a deleted document. It is hidden since the request; here it goes.
//!
//! Rows first, then the old versions of the table that still hold them, then the bucket, and the row
//! in Postgres last: until it is gone the deletion comes again, and each step may be repeated.
//!
//! While a worker still reads the document it may write its text once more. The row then stays until
//! that worker has noticed and deletes what is left itself, or until its lease has lapsed.

use chrono::Utc;
use dynrag_domain::{CustomerId, DocumentId, Error, Result, storage};
use dynrag_vectors::Change;

use crate::{parts::Parts, publish};

/// Deletes a document for good. Nothing happens where it is not under deletion (any more).
pub(crate) async fn delete(
    parts: &Parts,
    customer: CustomerId,
    document: DocumentId,
) -> Result<()> {
    let step = parts.store.begin_maintenance(customer).await?;
    let Some(deletion) = step.deletion(document).await? else {
        return step.end().await;
    };
    if let Some(recorded) = step.recorded {
        let change = Change {
            delete: vec![document],
            ..Change::none(Utc::now())
        };
        let stored = parts
            .vectors
            .store(customer, Some(recorded), &change)
            .await
            .map_err(Error::from)?;
        let deleted = stored.version.unwrap_or(recorded);
        let compacted = parts
            .vectors
            .compact(customer, deleted)
            .await
            .map_err(Error::from)?;
        step.publish_version(compacted.version.unwrap_or(deleted), compacted.rows)
            .await?;
        publish::prune(parts, customer).await?;
    } else {
        step.end().await?;
    }
    parts
        .objects
        .delete_prefix(&storage::document_prefix(customer, document))
        .await?;
    if deletion.worked_on {
        tracing::info!(customer_id = %customer, document_id = %document, "deletion waits for a worker");
        return Ok(());
    }
    let step = parts.store.begin_maintenance(customer).await?;
    step.forget(document).await?;
    tracing::info!(customer_id = %customer, document_id = %document, "document deleted");
    Ok(())
}

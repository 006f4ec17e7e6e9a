//! Takes presigned uploads in: moves the object to its document's place and queues the document.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the copy | the upload, awaited | S3 notifies twice more; then `sweep` looks for it |
//! | after the copy | the same, and a copy | the copy is made again over itself |
//! | after the commit | an upload nobody awaits, a job in the outbox | the next notification, or the bucket's lifecycle; `sweep` |

use dynrag_cloud::{Objects, Queue};
use dynrag_domain::{CustomerId, DocumentId, Result, documents::FailureCode, storage};
use dynrag_store::Store;

/// Takes an upload in, if it is awaited; false when it is not there. Harmless to repeat.
///
/// # Errors
/// `unavailable`.
pub async fn take_in(
    store: &Store,
    objects: &Objects,
    queue: &Queue,
    customer: CustomerId,
    document: DocumentId,
) -> Result<bool> {
    let upload = storage::upload_key(customer, document);
    let Some((version, object)) = store.awaited_upload(customer, document).await? else {
        tracing::info!(customer_id = %customer, document_id = %document, "upload is not awaited (any more)");
        objects.delete(&upload).await?;
        return Ok(true);
    };
    let Some(bytes) = objects.size(&upload).await? else {
        return Ok(false);
    };
    if bytes == 0 {
        store
            .upload_failed(customer, document, FailureCode::EmptyDocument)
            .await?;
        objects.delete(&upload).await?;
        return Ok(true);
    }
    if !objects
        .copy(
            &upload,
            &storage::original_key(customer, document, version, object),
        )
        .await?
    {
        return Ok(false);
    }
    if let Some(pending) = store.upload_arrived(customer, document, bytes).await? {
        queue.send(&pending.job).await?;
        store.outbox_sent(&pending).await?;
        tracing::info!(customer_id = %customer, document_id = %document, bytes, "upload queued");
    }
    objects.delete(&upload).await?;
    Ok(true)
}

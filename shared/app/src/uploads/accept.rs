//! Accepts presigned uploads: moves the object to its document's prefix and queues the document.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the copy | the awaited upload | S3's event is delivered twice more; then `sweep` looks for it |
//! | after the copy | the same, and a copy | the copy is overwritten |
//! | never, but another upload takes the last room after the copy | a copy without a row | not recovered: it costs its storage |
//! | after the commit | an upload that is no longer awaited, a job in the outbox | the next event, or the bucket's lifecycle; `sweep` |

use dynrag_domain::{DocumentId, Result, documents::FailureCode, storage};
use dynrag_store::TenantId;

use crate::App;

/// Accepts an upload if it is awaited. Returns false if the object does not exist. Safe to repeat.
///
/// # Errors
/// `unavailable`.
pub async fn accept(app: &App, customer: TenantId, document: DocumentId) -> Result<bool> {
    let store = app.unbounded_store().await?;
    let (objects, _) = app.documents().await?;
    let upload = storage::upload_key(customer.customer_id(), document);
    let Some((version, object)) = store.awaited_upload(customer, document).await? else {
        tracing::info!(customer_id = %customer, document_id = %document, "upload is not awaited");
        objects.delete(&upload).await?;
        return Ok(true);
    };
    let Some(bytes) = objects.size(&upload).await? else {
        return Ok(false);
    };
    if bytes == 0 {
        return reject(app, customer, document, FailureCode::EmptyDocument).await;
    }
    // Before the copy: this function has no permission to delete the copy.
    if !store.has_room(customer, bytes).await? {
        return reject(app, customer, document, FailureCode::StorageLimit).await;
    }
    let original = storage::original_key(customer.customer_id(), document, version, object);
    if !objects.copy(&upload, &original).await? {
        return Ok(false);
    }
    let arrived = match store.upload_arrived(customer, document, bytes).await {
        Err(error) if error.code() == FailureCode::StorageLimit.as_str() => {
            return reject(app, customer, document, FailureCode::StorageLimit).await;
        }
        arrived => arrived?,
    };
    if let Some(pending) = arrived {
        app.try_dispatch(&pending).await?;
        tracing::info!(customer_id = %customer, document_id = %document, bytes, "upload queued");
    }
    objects.delete(&upload).await?;
    Ok(true)
}

/// Fails a document whose upload is not accepted, and deletes the upload.
async fn reject(
    app: &App,
    customer: TenantId,
    document: DocumentId,
    code: FailureCode,
) -> Result<bool> {
    let store = app.unbounded_store().await?;
    store.upload_failed(customer, document, code).await?;
    app.notify().await;
    let (objects, _) = app.documents().await?;
    objects
        .delete(&storage::upload_key(customer.customer_id(), document))
        .await?;
    Ok(true)
}

//! The last step of every kind of ingestion: bytes to S3, rows and job in one transaction.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the S3 write | nothing | |
//! | after it | an object without a row | not recovered: it costs its storage until its document is deleted |
//! | after the commit | a row in the outbox | `sweep` sends the job |

use bytes::Bytes;
use dynrag_cloud::Objects;
use dynrag_domain::{
    DocumentId, Error, Kind, Result, VersionNumber,
    documents::{OnDuplicate, Status},
    storage,
};
use dynrag_store::{
    Store, TenantId,
    outbox::Pending,
    uploads::{Added, NewDocument, Target},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{ATTEMPTS, busy};

/// The outcome of adding a document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// Stored; send the job.
    Queued {
        /// The document.
        id: DocumentId,
        /// Its job.
        pending: Pending,
    },
    /// Its content exists already.
    Duplicate {
        /// The document with the same content.
        id: DocumentId,
        /// Its status.
        status: Status,
    },
}

/// Stores a document and queues it, or finds that it exists already.
///
/// # Errors
/// `document_limit` and `busy_document` (conflict); `invalid_fields` without its collection; `not_found` without the
/// email it is attached to; `unavailable`.
pub async fn keep(
    store: &Store,
    objects: &Objects,
    customer: TenantId,
    new: &NewDocument<'_>,
    bytes: Bytes,
    on_duplicate: OnDuplicate,
) -> Result<Kept> {
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    for _ in 0..ATTEMPTS {
        let target = store
            .resolve_upload(customer, new, &hash, on_duplicate)
            .await?;
        let (id, version) = match target {
            Target::Duplicate { id, status } => return Ok(Kept::Duplicate { id, status }),
            Target::New { id } => (id, VersionNumber::FIRST),
            Target::Next { id, version } => (id, version),
        };
        let put = put(store, objects, customer, target, new, &bytes, &hash).await?;
        if let Some(pending) = put {
            tracing::info!(customer_id = %customer, document_id = %id, version = version.get(), bytes = bytes.len(), "document queued");
            return Ok(Kept::Queued { id, pending });
        }
    }
    Err(busy())
}

/// Stores new content for an existing document, unconditionally.
///
/// # Errors
/// `not_found`; `awaiting_upload` and `busy_document` (conflict); `invalid_fields` without its collection;
/// `unavailable`.
pub async fn replace(
    store: &Store,
    objects: &Objects,
    customer: TenantId,
    id: DocumentId,
    new: &NewDocument<'_>,
    bytes: Bytes,
) -> Result<Pending> {
    let hash: [u8; 32] = Sha256::digest(&bytes).into();
    for _ in 0..ATTEMPTS {
        let document = store.get_document(customer, id).await?;
        if document.status == Status::AwaitingUpload {
            let detail = "The document still awaits its first upload. Upload the file with the form from presigned-url first.";
            return Err(Error::new(Kind::Conflict, "awaiting_upload", detail));
        }
        let version = document.latest_version.next();
        let target = Target::Next { id, version };
        let put = put(store, objects, customer, target, new, &bytes, &hash).await?;
        if let Some(pending) = put {
            return Ok(pending);
        }
    }
    Err(busy())
}

/// Writes the bytes and then the rows. `None`: a concurrent request took the version.
async fn put(
    store: &Store,
    objects: &Objects,
    customer: TenantId,
    target: Target,
    new: &NewDocument<'_>,
    bytes: &Bytes,
    hash: &[u8; 32],
) -> Result<Option<Pending>> {
    let (id, version) = match target {
        Target::New { id } => (id, VersionNumber::FIRST),
        Target::Next { id, version } => (id, version),
        Target::Duplicate { .. } => return Ok(None),
    };
    let size = i64::try_from(bytes.len()).map_err(Error::internal_fault)?;
    let object = Uuid::new_v4();
    let key = storage::original_key(customer.customer_id(), id, version, object);
    objects
        .put(&key, new.format.media_type(), bytes.clone())
        .await?;
    let added = store
        .add_document(customer, target, new, object, size, hash)
        .await;
    match &added {
        Ok(Added::Queued(_)) => {}
        Ok(Added::Raced) => delete_unnamed(objects, &key).await,
        Err(error) => delete_if_refused(objects, &key, error).await,
    }
    Ok(match added? {
        Added::Queued(pending) => Some(pending),
        Added::Raced => None,
    })
}

/// Deletes an object of which no row was written because of an error, but only if that is certain: the response to a
/// COMMIT may be lost.
pub(super) async fn delete_if_refused(objects: &Objects, key: &str, error: &Error) {
    if matches!(
        error.kind(),
        Kind::Conflict | Kind::Invalid | Kind::NotFound
    ) {
        delete_unnamed(objects, key).await;
    }
}

/// Deletes an object that no row refers to. A failure is logged: the object costs its storage.
pub(super) async fn delete_unnamed(objects: &Objects, key: &str) {
    if let Err(error) = objects.delete(key).await {
        let cause = error.internal();
        tracing::warn!(cause, "object without a row is left behind");
    }
}

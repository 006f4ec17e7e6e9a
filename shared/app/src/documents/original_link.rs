//! Links to originals.
//!
//! A link is to a whole object. A file in a bundle is first copied under the document's own prefix, and deleted with
//! it.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the copy is written | nothing | |
//! | after it | the copy | no recovery needed: the next request finds it, and deletion of the document or version removes it |

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use dynrag_cloud::{Objects, Reader};
use dynrag_domain::{
    DocumentId, Error, Result, VersionNumber,
    documents::Format,
    storage::{self, Original},
};
use dynrag_store::{
    Store, TenantId,
    admission::Admission,
    originals::{OriginalFile, no_original},
};

use crate::App;

/// How long a link is valid; each request returns a new one.
const LINK_TIME: Duration = Duration::from_secs(300);

/// A link to a file, which needs no credentials and so has no Debug.
pub struct OriginalLink {
    /// The version.
    pub version: VersionNumber,
    /// The link.
    pub url: String,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// The original file name, or one made from the title.
    pub file_name: String,
    /// Its format.
    pub format: Format,
    /// Its size.
    pub bytes: u64,
}

/// Creates a link to the original of a version. Default: the published version, else the latest.
///
/// # Errors
/// `not_found`; `no_original` (conflict); `unavailable`.
pub async fn original_link(
    app: &App,
    caller: &Admission,
    id: DocumentId,
    version: Option<VersionNumber>,
) -> Result<OriginalLink> {
    let (store, (objects, _)) = (caller.store(), app.documents().await?);
    let customer = caller.tenant();
    let file = store.original_file(customer, id, version).await?;
    let (key, bytes) = object(store, objects, customer, id, &file).await?;
    let file_name = match file.file_name {
        Some(name) => name,
        None => format!("{}.{}", file.title, file.format.as_str()),
    };
    let expires_at = (Utc::now() + LINK_TIME).trunc_subsecs(0);
    Ok(OriginalLink {
        version: file.version,
        url: objects.presign_get(&key, &file_name, LINK_TIME).await?,
        expires_at,
        file_name,
        format: file.format,
        bytes,
    })
}

/// Opens the original of a document's published version, else of the latest.
///
/// # Errors
/// `not_found`; `no_original` (conflict); `unavailable`.
pub async fn open_original(
    app: &App,
    caller: &Admission,
    id: DocumentId,
) -> Result<(Format, Reader)> {
    let (store, (objects, _)) = (caller.store(), app.documents().await?);
    let customer = caller.tenant();
    let file = store.original_file(customer, id, None).await?;
    let (key, _) = object(store, objects, customer, id, &file).await?;
    let reader = objects.open(&key).await?;
    Ok((file.format, reader.ok_or_else(no_original)?))
}

/// Returns the key of an object that contains only the file, and its size.
async fn object(
    store: &Store,
    objects: &Objects,
    customer: TenantId,
    id: DocumentId,
    file: &OriginalFile,
) -> Result<(String, u64)> {
    let version = file.original_version;
    let key = match file.original {
        Original::Alone(object) => {
            storage::original_key(customer.customer_id(), id, version, object)
        }
        Original::Bundled { .. } => storage::original_copy_key(customer.customer_id(), id, version),
    };
    if let Some(bytes) = objects.size(&key).await? {
        return Ok((key, u64::try_from(bytes).unwrap_or(0)));
    }
    if let Original::Alone(_) = file.original {
        return Err(no_original());
    }
    // A deletion of the document or a move of its bundle waits for this lock and then finds the copy.
    let (tx, file) = store.lock_original_file(customer, id, file.version).await?;
    let Original::Bundled { bundle, offset } = file.original else {
        return Err(Error::unavailable("original was moved meanwhile"));
    };
    let bundle = storage::bundle_key(customer.customer_id(), bundle);
    let bytes = file.bytes.ok_or_else(no_original)?;
    let content = objects.get_range(&bundle, offset, bytes).await?;
    let content = content.ok_or_else(no_original)?;
    objects.put(&key, file.format.media_type(), content).await?;
    match tx.commit().await {
        Ok(()) => Ok((key, bytes)),
        Err(error) => {
            // The lock was lost, so the document may be gone.
            objects.delete(&key).await?;
            Err(error)
        }
    }
}

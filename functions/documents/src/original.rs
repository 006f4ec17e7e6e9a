//! `GET /api/documents/{id}/original?version=`: a link to the file as it came in.
//!
//! A link is of a whole object. Of a file that lies in a bundle with others a copy is made under the document's own
//! prefix, with which it is deleted.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the copy is written | nothing | |
//! | after that | the copy | nobody: the next request finds it, the deletion of the document or version removes it |

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use chrono::{DateTime, SubsecRound, Utc};
use dynrag_api::{Answer, Caller, Context, Json, Path, Query, scopes::DocumentsRead};
use dynrag_cloud::Objects;
use dynrag_domain::{
    CustomerId, DocumentId, Error, Result,
    storage::{self, Original},
};
use dynrag_store::{
    Store,
    originals::{OriginalFile, no_original},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long the link is good; asking again gives another.
const LINK_TIME: Duration = Duration::from_secs(300);

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OriginalQuery)]
pub(crate) struct Wanted {
    /// The published version where it is left out; the latest where none is.
    #[schema(minimum = 1)]
    version: Option<i32>,
}

/// Where to get a file, without credentials.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OriginalLink)]
pub(crate) struct Link {
    doc_id: DocumentId,
    version: i32,
    url: String,
    expires_at: DateTime<Utc>,
    /// The name it came with; else one made of the title.
    file_name: String,
    content_type: &'static str,
    bytes: u64,
}

/// Answers a link.
pub(crate) async fn original(
    caller: Caller<DocumentsRead>,
    State(context): State<Arc<Context>>,
    Path(id): Path<DocumentId>,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Link>> {
    if wanted.version.is_some_and(|version| version < 1) {
        return Err(Error::field("/version", "from 1").into());
    }
    let (store, (objects, _)) = (caller.store(), context.documents().await?);
    let customer = caller.customer_id;
    let file = store.original_file(customer, id, wanted.version).await?;
    let (key, bytes) = object(store, objects, customer, id, &file).await?;
    let file_name = match file.file_name {
        Some(name) => name,
        None => format!("{}.{}", file.title, file.format.as_str()),
    };
    let expires_at = (Utc::now() + LINK_TIME).trunc_subsecs(0);
    Ok(Json(Link {
        doc_id: id,
        version: file.version,
        url: objects.presign_get(&key, &file_name, LINK_TIME).await?,
        expires_at,
        file_name,
        content_type: file.format.media_type(),
        bytes,
    }))
}

/// The object that holds nothing but the file, and its size.
async fn object(
    store: &Store,
    objects: &Objects,
    customer: CustomerId,
    id: DocumentId,
    file: &OriginalFile,
) -> Result<(String, u64)> {
    let version = file.original_version;
    let key = match file.original {
        Original::Alone(object) => storage::original_key(customer, id, version, object),
        Original::Bundled { .. } => storage::original_copy_key(customer, id, version),
    };
    if let Some(bytes) = objects.size(&key).await? {
        return Ok((key, u64::try_from(bytes).unwrap_or(0)));
    }
    if let Original::Alone(_) = file.original {
        return Err(no_original());
    }
    // Whoever deletes the document or moves its bundle waits, and then finds the copy.
    let (tx, file) = store.hold_original_file(customer, id, file.version).await?;
    let Original::Bundled { bundle, offset } = file.original else {
        return Err(Error::unavailable("the original has moved meanwhile"));
    };
    let bundle = storage::bundle_key(customer, bundle);
    let bytes = file.bytes.ok_or_else(no_original)?;
    let content = objects.get_range(&bundle, offset, bytes).await?;
    let content = content.ok_or_else(no_original)?;
    objects.put(&key, file.format.media_type(), content).await?;
    match tx.commit().await {
        Ok(()) => Ok((key, bytes)),
        Err(error) => {
            // The hold was lost, so the document may be gone.
            objects.delete(&key).await?;
            Err(error)
        }
    }
}

//! What every way in ends with: bytes to S3, rows and job in one transaction, the job to the queue.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the S3 write | nothing | |
//! | after it | an object nobody names | nobody: it costs its storage, unless its document is deleted |
//! | after the commit | a row in the outbox | `sweep` sends the job |
//! | after the send | the same | `sweep` sends it twice, which is harmless |

use bytes::Bytes;
use dynrag_api::{
    Context, Json,
    answers::{self, Either},
};
use dynrag_domain::{
    DocumentId, Error, Kind, Result,
    documents::{FailureCode, Format, MAX_TITLE, Source, Status},
    storage,
};
use dynrag_store::{
    admission::Admission,
    uploads::{Added, NewDocument, Target},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::Description;

/// How often the version is decided anew when somebody else takes it.
const RACES: usize = 5;

/// The answer of every way in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AcceptedDocument)]
pub(crate) struct Accepted {
    pub(crate) doc_id: DocumentId,
    pub(crate) status: Status,
    pub(crate) status_url: String,
    /// True where the very content is there already and nothing was done.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) duplicate: bool,
    /// Why it ended badly, where the caller waited for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<FailureCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<&'static str>,
}

/// Queued; or there already.
pub(crate) type Outcome = Either<answers::Accepted<Accepted>, Json<Accepted>>;

impl Accepted {
    pub(crate) fn new(doc_id: DocumentId, status: Status) -> Self {
        Self {
            doc_id,
            status,
            status_url: format!("/api/documents/{doc_id}/status"),
            duplicate: false,
            code: None,
            reason: None,
        }
    }
}

/// A document with its content.
pub(crate) struct Content {
    pub(crate) source: Source,
    pub(crate) format: Format,
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Bytes,
}

/// What a document is called: as it was given, else as its file is.
pub(crate) fn title(description: &Description, file_name: Option<&str>) -> String {
    let title = description.title.as_deref().or(file_name);
    title
        .unwrap_or("Untitled")
        .chars()
        .take(MAX_TITLE)
        .collect()
}

/// Stores and queues a document, or finds that it is there already.
pub(crate) async fn accept(
    context: &Context,
    caller: &Admission,
    description: &Description,
    content: Content,
) -> Result<Outcome> {
    caller.check_budget()?;
    let customer = caller.customer_id;
    let store = context.store().await?;
    let (objects, _) = context.documents().await?;
    let hash: [u8; 32] = Sha256::digest(&content.bytes).into();
    let size = i64::try_from(content.bytes.len()).map_err(Error::internal_fault)?;
    let title = title(description, content.file_name.as_deref());
    let new = NewDocument {
        title: &title,
        source: content.source,
        format: content.format,
        external_id: description.external_id.as_deref(),
        file_name: content.file_name.as_deref(),
        metadata: description.metadata.as_ref(),
        actor: caller.principal.into(),
    };
    for _ in 0..RACES {
        let target = store
            .resolve_upload(customer, new.external_id, &hash, description.on_duplicate)
            .await?;
        let (id, version) = match target {
            Target::Duplicate { id, status } => {
                let accepted = Accepted {
                    duplicate: true,
                    ..Accepted::new(id, status)
                };
                return Ok(Either::That(Json(accepted)));
            }
            Target::New { id } => (id, 1),
            Target::Next { id, version } => (id, version),
        };
        let object = Uuid::new_v4();
        let key = storage::original_key(customer, id, version, object);
        objects
            .put(&key, content.format.media_type(), content.bytes.clone())
            .await?;
        let added = store
            .add_document(customer, target, &new, object, size, &hash)
            .await;
        // Only where it is certain that no row names the object: the answer to a COMMIT may be lost.
        let refused = match &added {
            Ok(Added::Queued(_)) => false,
            Ok(Added::Raced) => true,
            Err(error) => error.kind() == Kind::Conflict,
        };
        if refused && let Err(error) = objects.delete(&key).await {
            tracing::warn!(
                cause = error.internal(),
                "original that nobody names is left behind"
            );
        }
        if let Added::Queued(pending) = added? {
            context.dispatch(&pending).await;
            tracing::info!(customer_id = %customer, document_id = %id, version, bytes = size, "document queued");
            return Ok(Either::This(answers::Accepted(Accepted::new(
                id,
                Status::Queued,
            ))));
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "busy_document",
        "Others keep changing this document. Try again.",
    ))
}

//! `POST /api/ingest/batch`: up to 500 texts, answered one by one.
//!
//! Many are cheap together: their originals are one S3 object, their rows one transaction, their jobs a
//! tenth as many requests to a queue of their own, behind which no single document waits.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the S3 write | nothing | |
//! | after it | a bundle nobody names | nobody: it costs its storage |
//! | after the commit | rows in the outbox | `sweep` sends the jobs |
//! | before all duplicates are described anew | some as they were | the caller, who sends the batch again |

use std::sync::Arc;

use axum::extract::State;
use bytes::{Bytes, BytesMut};
use dynrag_api::{
    Answer, Caller, Context, Json, Link,
    answers::{self, Either},
    scopes::DocumentsWrite,
};
use dynrag_domain::{
    DocumentId, Error, Kind, Result,
    audit::Actor,
    collections::{self, Place},
    documents::{OnDuplicate, Status},
    jobs::Lane,
    storage,
};
use dynrag_store::{
    admission::Admission,
    bundles::{Decision, Item},
    uploads::{NewDocument, external_id_taken, limit_reached},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    accept::{Accepted, Content, title},
    document::Body,
    fields::Description,
    redescribe::redescribe,
};

const MAX_DOCUMENTS: usize = 500;
/// How often everything is decided anew when others change the same documents.
const RACES: usize = 5;

/// The documents.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// Each as the body of `POST /api/ingest/document`. One that is not right is answered with its error
    /// and keeps none of the others out.
    #[schema(min_items = 1, max_items = 500, value_type = Vec<Object>)]
    documents: Vec<Box<RawValue>>,
}

/// What became of one: accepted, or refused with an error.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BatchItem)]
struct ItemBody {
    /// Its place in the batch, from 0.
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_id: Option<DocumentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_url: Option<Link>,
    /// True where the very content is there already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    /// True where a duplicate takes over the title, metadata, `includeHidden` or `attachments` it came with. Nothing is
    /// embedded again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    updated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
}

/// Why one was refused.
#[derive(Serialize, ToSchema)]
struct ItemError {
    /// Stable: branch on it.
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ItemField>,
}

/// A bad field.
#[derive(Serialize, ToSchema)]
struct ItemField {
    /// Where it is in the body of the request, as a JSON pointer (RFC 6901).
    pointer: String,
    detail: String,
}

/// What became of each, in their order.
#[derive(Serialize, ToSchema)]
#[schema(as = BatchResult)]
pub(crate) struct Results {
    queued: usize,
    duplicates: usize,
    refused: usize,
    results: Vec<ItemBody>,
}

/// Some were queued; or none was.
type Outcome = Either<answers::Accepted<Results>, Json<Results>>;

impl ItemBody {
    fn accepted(index: usize, id: DocumentId, status: Status, duplicate: bool) -> Self {
        let accepted = Accepted::new(id, status);
        Self {
            index,
            doc_id: Some(accepted.doc_id),
            status: Some(accepted.status),
            status_url: Some(accepted.status_url),
            duplicate,
            updated: false,
            error: None,
        }
    }

    fn refused(index: usize, error: &Error) -> Self {
        let errors = error.fields().iter().map(|field| ItemField {
            pointer: format!("/documents/{index}{}", field.pointer),
            detail: field.detail.clone(),
        });
        Self {
            index,
            error: Some(ItemError {
                code: error.code(),
                detail: error.public().to_owned(),
                errors: errors.collect(),
            }),
            ..Self::default()
        }
    }
}

/// A document that is right, as far as it goes without the database.
struct Ready {
    index: usize,
    id: DocumentId,
    description: Description,
    content: Content,
    place: Place,
    title: String,
    hash: [u8; 32],
}

impl Ready {
    fn read(index: usize, document: &RawValue, caller: &Admission) -> Result<Self> {
        let body: Body = dynrag_api::from_json(document.get().as_bytes())?;
        let (description, content) = body.read(&caller.config)?;
        Ok(Self {
            index,
            id: DocumentId::generate(),
            place: caller.place(description.collection_id)?,
            title: title(&description, None),
            hash: Sha256::digest(&content.bytes).into(),
            description,
            content,
        })
    }

    fn item(&self, actor: Actor) -> Item<'_> {
        Item {
            new: NewDocument {
                title: &self.title,
                title_given: true,
                source: self.content.source,
                format: self.content.format,
                external_id: self.description.external_id.as_deref(),
                file_name: None,
                metadata: self.description.metadata.as_ref(),
                source_url: None,
                chunking: self.description.chunking,
                place: self.place,
                reading: self.description.reading,
                attached_to: None,
                password: None,
                reprocess: self.description.on_duplicate == OnDuplicate::NewVersion,
                lane: Lane::Bulk,
                actor,
            },
            on_duplicate: self.description.on_duplicate,
            bytes: i64::try_from(self.content.bytes.len()).unwrap_or(i64::MAX),
            content_hash: self.hash,
            id: self.id,
        }
    }

    fn answer(&self, decision: &Decision) -> ItemBody {
        match decision {
            Decision::Store(_) => {
                let (id, _) = decision.stored().unwrap_or((self.id, 1));
                ItemBody::accepted(self.index, id, Status::Queued, false)
            }
            Decision::Duplicate { id, status } => {
                ItemBody::accepted(self.index, *id, *status, true)
            }
            Decision::TwiceInBatch => {
                let detail = "an earlier document of this batch has it, with other content";
                ItemBody::refused(self.index, &Error::field("/externalId", detail))
            }
            Decision::Taken => ItemBody::refused(self.index, &external_id_taken()),
            Decision::NoCollection => ItemBody::refused(self.index, &collections::unknown()),
            Decision::OverLimit(quota) => ItemBody::refused(self.index, &limit_reached(*quota)),
        }
    }
}

/// Takes the documents that are right.
pub(crate) async fn batch(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Json(batch): Json<Batch>,
) -> Answer<Outcome> {
    caller.check_budget()?;
    if !(1..=MAX_DOCUMENTS).contains(&batch.documents.len()) {
        let detail = format!("from 1 to {MAX_DOCUMENTS} documents");
        return Err(Error::field("/documents", detail).into());
    }
    let (mut ready, mut results) = (Vec::new(), Vec::new());
    for (index, document) in batch.documents.into_iter().enumerate() {
        match Ready::read(index, &document, &caller) {
            Ok(one) => ready.push(one),
            Err(error) => results.push(ItemBody::refused(index, &error)),
        }
    }
    let decisions = if ready.is_empty() {
        Vec::new()
    } else {
        store(&context, &caller, &ready).await?
    };
    for (one, decision) in ready.iter().zip(&decisions) {
        let mut answer = one.answer(decision);
        if let Decision::Duplicate { id, .. } = decision {
            let updated = redescribe(&caller, *id, &one.description).await?;
            if let Some(pending) = &updated {
                context.dispatch(pending).await;
                (answer.updated, answer.status) = (true, Some(Status::Queued));
            }
        }
        results.push(answer);
    }
    results.sort_by_key(|result| result.index);
    let refused = results.iter().filter(|r| r.error.is_some()).count();
    let queued = decisions.iter().filter(|d| d.stored().is_some()).count();
    let results = Results {
        queued,
        duplicates: results.len() - queued - refused,
        refused,
        results,
    };
    Ok(if queued > 0 {
        Either::This(answers::Accepted(results))
    } else {
        Either::That(Json(results))
    })
}

/// Stores and queues what is new; what each is.
async fn store(context: &Context, caller: &Admission, ready: &[Ready]) -> Result<Vec<Decision>> {
    let (store, customer) = (caller.store(), caller.customer_id);
    let actor = caller.principal.into();
    let (objects, _) = context.documents().await?;
    let items: Vec<Item<'_>> = ready.iter().map(|one| one.item(actor)).collect();
    for _ in 0..RACES {
        let decisions = store.decide_batch(customer, &items).await?;
        let (bytes, starts) = bundle(ready, &decisions);
        if decisions.iter().all(|decision| decision.stored().is_none()) {
            return Ok(decisions);
        }
        let bundle = Uuid::new_v4();
        let key = storage::bundle_key(customer, bundle);
        objects.put(&key, "application/octet-stream", bytes).await?;
        let added = store
            .add_batch(customer, &items, &decisions, bundle, &starts, actor)
            .await;
        // Only where it is certain that no row names the bundle: the answer to a COMMIT may be lost.
        let refused = match &added {
            Ok(added) => added.is_none(),
            Err(error) => matches!(
                error.kind(),
                Kind::Conflict | Kind::Invalid | Kind::NotFound
            ),
        };
        if refused && let Err(error) = objects.delete(&key).await {
            let cause = error.internal();
            tracing::warn!(cause, "bundle that nobody names is left behind");
        }
        if let Some(pending) = added? {
            context.dispatch_many(customer, &pending).await;
            tracing::info!(customer_id = %customer, documents = pending.len(), "batch queued");
            return Ok(decisions);
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "busy_document",
        "Others keep changing these documents. Try again.",
    ))
}

/// What is to be stored, one after the other, and where each begins.
fn bundle(ready: &[Ready], decisions: &[Decision]) -> (Bytes, Vec<u64>) {
    let mut bytes = BytesMut::new();
    let mut starts = Vec::with_capacity(ready.len());
    for (one, decision) in ready.iter().zip(decisions) {
        starts.push(bytes.len() as u64);
        if decision.stored().is_some() {
            bytes.extend_from_slice(&one.content.bytes);
        }
    }
    (bytes.freeze(), starts)
}

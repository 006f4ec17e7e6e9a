//! Adds many documents at once.
//!
//! A batch is cheap: its originals are one S3 object, its rows one transaction, and its jobs are sent ten per request
//! to the bulk queue, so that single documents do not wait behind them.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the S3 write | nothing | |
//! | after it | a bundle without a row | not recovered: it costs its storage |
//! | after the commit | rows in the outbox | `sweep` sends the jobs |
//! | before all duplicates have their new descriptions | some unchanged | the caller, who sends the batch again |

use bytes::{Bytes, BytesMut};
use dynrag_domain::{
    DocumentId, Error, Result,
    collections::{self, CollectionTarget},
    documents::OnDuplicate,
    jobs::Lane,
    storage,
};
use dynrag_store::{
    admission::Admission,
    bundles::{Decision, Item},
    uploads::{NewDocument, external_id_taken, limit_reached},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    ATTEMPTS, AddedDocument, Content, Description, busy,
    originals::{delete_if_refused, delete_unnamed},
    redescribe::redescribe,
};
use crate::App;

/// A document with valid fields.
struct Ready {
    id: DocumentId,
    description: Description,
    content: Content,
    target: CollectionTarget,
    title: String,
    hash: [u8; 32],
}

impl Ready {
    fn new(caller: &Admission, description: Description, content: Content) -> Result<Self> {
        Ok(Self {
            id: DocumentId::generate(),
            target: caller.collection_target(description.collection_id)?,
            title: description.title(None),
            hash: Sha256::digest(&content.bytes).into(),
            description,
            content,
        })
    }

    fn item(&self, caller: &Admission) -> Result<Item<'_>> {
        let (description, content) = (&self.description, &self.content);
        let new = description.new_document(caller, &self.title, content.source, content.format)?;
        Ok(Item {
            new: NewDocument {
                target: self.target,
                reprocess: description.on_duplicate == OnDuplicate::NewVersion,
                lane: Lane::Bulk,
                ..new
            },
            on_duplicate: description.on_duplicate,
            bytes: i64::try_from(content.bytes.len()).unwrap_or(i64::MAX),
            content_hash: self.hash,
            id: self.id,
        })
    }

    async fn added(
        &self,
        app: &App,
        caller: &Admission,
        decision: &Decision,
    ) -> Result<Result<AddedDocument>> {
        Ok(match decision {
            Decision::Store(_) => {
                let id = decision.stored().map_or(self.id, |(id, _)| id);
                Ok(AddedDocument::queued(id))
            }
            Decision::Duplicate { id, status } => {
                let updated = redescribe(app, caller, *id, &self.description).await?;
                Ok(AddedDocument::duplicate(*id, *status, updated))
            }
            Decision::TwiceInBatch => {
                let detail = "unique in the batch: an earlier document has it, with other content";
                Err(Error::field("/externalId", detail))
            }
            Decision::Taken => Err(external_id_taken()),
            Decision::NoCollection => Err(collections::unknown()),
            Decision::OverLimit(quota) => Err(limit_reached(*quota)),
        })
    }
}

/// Stores and queues the documents that can be added. Returns a result for each, in order.
///
/// # Errors
/// For the batch: `budget_exceeded`, `platform_budget_exceeded` (payment required); `busy_document` (conflict);
/// `unavailable`. For one document: `invalid_fields`, `external_id_taken`, `document_limit`.
pub async fn add_many(
    app: &App,
    caller: &Admission,
    documents: Vec<(Description, Content)>,
) -> Result<Vec<Result<AddedDocument>>> {
    caller.check_budget()?;
    let mut added: Vec<Option<Result<AddedDocument>>> = Vec::with_capacity(documents.len());
    let mut ready = Vec::new();
    for (description, content) in documents {
        match Ready::new(caller, description, content) {
            Ok(one) => {
                ready.push((added.len(), one));
                added.push(None);
            }
            Err(error) => added.push(Some(Err(error))),
        }
    }
    if !ready.is_empty() {
        let documents: Vec<&Ready> = ready.iter().map(|(_, one)| one).collect();
        let decisions = store(app, caller, &documents).await?;
        for ((index, one), decision) in ready.iter().zip(&decisions) {
            added[*index] = Some(one.added(app, caller, decision).await?);
        }
    }
    Ok(added.into_iter().flatten().collect())
}

/// Stores and queues the new documents. Returns the decision on each.
async fn store(app: &App, caller: &Admission, ready: &[&Ready]) -> Result<Vec<Decision>> {
    let (store, customer) = (caller.store(), caller.tenant());
    let actor = caller.principal.into();
    let (objects, _) = app.documents().await?;
    let items: Vec<Item<'_>> = ready
        .iter()
        .map(|one| one.item(caller))
        .collect::<Result<_>>()?;
    for _ in 0..ATTEMPTS {
        let decisions = store.decide_batch(customer, &items).await?;
        let (bytes, starts) = bundle(ready, &decisions);
        if decisions.iter().all(|decision| decision.stored().is_none()) {
            return Ok(decisions);
        }
        let bundle = Uuid::new_v4();
        let key = storage::bundle_key(customer.customer_id(), bundle);
        objects.put(&key, "application/octet-stream", bytes).await?;
        let added = store
            .add_batch(customer, &items, &decisions, bundle, &starts, actor)
            .await;
        match &added {
            Ok(Some(_)) => {}
            Ok(None) => delete_unnamed(objects, &key).await,
            Err(error) => delete_if_refused(objects, &key, error).await,
        }
        if let Some(pending) = added? {
            app.dispatch_many(customer, &pending).await;
            tracing::info!(customer_id = %customer, documents = pending.len(), "batch queued");
            return Ok(decisions);
        }
    }
    Err(busy())
}

/// Returns the new documents' bytes, concatenated, and the offset of each.
fn bundle(ready: &[&Ready], decisions: &[Decision]) -> (Bytes, Vec<u64>) {
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

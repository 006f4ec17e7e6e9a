//! Many small documents at once, with their originals in one S3 object: a bundle.
//!
//! When a document of a bundle is deleted, its text must not stay. The other documents move to a new bundle. Its id is
//! derived from the ids of the old bundle and the deleted document, so that a repeated deletion writes the same object
//! and leaves none behind.

use dynrag_domain::{
    CollectionId, DocumentId, Error, Result, VersionNumber,
    audit::{Action, Actor},
    documents::{OnDuplicate, Status},
    jobs::{Job, Lane},
    metadata::Metadata,
    quotas::Quota,
};
use serde_json::json;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::{
    Store, Tenant, TenantId, audit, collections,
    outbox::{self, Pending},
    publication::StoreStep,
    uploads::{self, NewDocument, Target},
};

/// A document of a batch.
#[derive(Clone, Copy)]
pub struct Item<'a> {
    /// The document.
    pub new: NewDocument<'a>,
    /// The action if a document with the same content exists.
    pub on_duplicate: OnDuplicate,
    /// Size of the original.
    pub bytes: i64,
    /// SHA-256 of the original.
    pub content_hash: [u8; 32],
    /// The document's id, if it turns out to be new.
    pub id: DocumentId,
}

/// The decision on a document of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// The document is to be stored.
    Store(Target),
    /// A document with the same content exists, or an earlier document of the batch has it.
    Duplicate {
        /// The existing document.
        id: DocumentId,
        /// Its status.
        status: Status,
    },
    /// An earlier document of the batch has the same external id and different content.
    TwiceInBatch,
    /// The customer has reached its document limit.
    OverLimit(Quota),
    /// The collection does not exist.
    NoCollection,
    /// A document outside the caller's bounds has the same external id.
    Taken,
}

impl Decision {
    /// Returns the document and version to store.
    pub fn stored(&self) -> Option<(DocumentId, VersionNumber)> {
        match self {
            Self::Store(Target::New { id }) => Some((*id, VersionNumber::FIRST)),
            Self::Store(Target::Next { id, version }) => Some((*id, *version)),
            _ => None,
        }
    }

    /// Returns whether both lead to the same rows, whatever the present status of a duplicate.
    fn same_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Duplicate { id, .. }, Self::Duplicate { id: there, .. }) => id == there,
            (one, other) => one == other,
        }
    }
}

/// The byte range of a remaining document in a bundle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stretch {
    /// The document.
    pub document_id: DocumentId,
    /// The version.
    pub version: VersionNumber,
    /// Start, in bytes.
    pub offset: u64,
    /// Length, in bytes.
    pub bytes: u64,
}

impl Store {
    /// Decides on each document of a batch, in order.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn decide_batch(
        &self,
        customer: TenantId,
        items: &[Item<'_>],
    ) -> Result<Vec<Decision>> {
        let tx = self.tenant(customer).await?;
        let decisions = decide(&tx, items).await?;
        tx.commit().await?;
        Ok(decisions)
    }

    /// Adds the documents of a decision of [`decide_batch`](Self::decide_batch) in one transaction, once the bundle is
    /// in the bucket. `starts` holds the offset of each document in the bundle. Returns `None` if a decision would be
    /// different now: delete the bundle and decide again.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn add_batch(
        &self,
        customer: TenantId,
        items: &[Item<'_>],
        decisions: &[Decision],
        bundle: Uuid,
        starts: &[u64],
        actor: Actor,
    ) -> Result<Option<Vec<Pending>>> {
        let tx = self.tenant(customer).await?;
        // The lock keeps others from adding documents until this transaction ends.
        let now = decide(&tx, items).await?;
        if !now.iter().zip(decisions).all(|(a, b)| a.same_as(b)) {
            return Ok(None);
        }
        let mut stored = Vec::new();
        for ((item, decision), start) in items.iter().zip(decisions).zip(starts) {
            if let Decision::Store(target) = *decision {
                let start = i64::try_from(*start).map_err(Error::internal_fault)?;
                stored.push((item, target, start));
            }
        }
        if !insert(&tx, &stored, bundle, actor).await? {
            return Ok(None);
        }
        let jobs: Vec<Job> = decisions
            .iter()
            .filter_map(Decision::stored)
            .map(|(id, version)| Job::process_in(Lane::Bulk, customer.customer_id(), id, version))
            .collect();
        let pending = outbox::insert_many(&tx, &jobs).await?;
        tx.commit().await?;
        Ok(Some(pending))
    }

    /// Returns the bundles that hold originals of documents.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn bundles_of(
        &self,
        customer: TenantId,
        documents: &[DocumentId],
    ) -> Result<Vec<Uuid>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/bundles/of_documents.sql"),
                &[&customer, &documents],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(|row| row.get("object_id")).collect()
    }
}

impl StoreStep {
    /// Returns the byte ranges of a bundle's remaining documents, in order.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn bundle_rest(&self, bundle: Uuid) -> Result<Vec<Stretch>> {
        let rows = self
            .tx
            .query(
                include_str!("../queries/bundles/rest.sql"),
                &[&self.tx.customer_id(), &bundle],
            )
            .await?;
        rows.iter()
            .map(|row| {
                let number = |name: &str| -> Result<u64> {
                    let number: i64 = row.get(name)?;
                    u64::try_from(number).map_err(Error::internal_fault)
                };
                Ok(Stretch {
                    document_id: row.get("document_id")?,
                    version: row.get("version")?,
                    offset: number("bundle_offset")?,
                    bytes: number("bytes")?,
                })
            })
            .collect()
    }

    /// Points versions to their byte ranges in another bundle, and ends the step.
    ///
    /// # Errors
    /// `unavailable`; the deletion is then repeated.
    pub async fn move_bundle(self, old: Uuid, new: Uuid, moved: &[Stretch]) -> Result<()> {
        let documents: Vec<DocumentId> = moved.iter().map(|s| s.document_id).collect();
        let versions: Vec<VersionNumber> = moved.iter().map(|s| s.version).collect();
        let starts = moved
            .iter()
            .map(|s| i64::try_from(s.offset))
            .collect::<Result<Vec<_>, _>>()
            .map_err(Error::internal_fault)?;
        self.tx
            .query(
                include_str!("../queries/bundles/move.sql"),
                &[
                    &self.tx.customer_id(),
                    &old,
                    &new,
                    &documents,
                    &versions,
                    &starts,
                ],
            )
            .await?;
        self.tx.commit().await
    }
}

/// Requires the lock of the document limit, which is held until the transaction ends.
async fn decide(tx: &Tenant, items: &[Item<'_>]) -> Result<Vec<Decision>> {
    let mut quota = uploads::lock_limit(tx).await?;
    let external_ids: Vec<Option<&str>> = items.iter().map(|item| item.new.external_id).collect();
    let hashes: Vec<&[u8; 32]> = items.iter().map(|item| &item.content_hash).collect();
    let rows = tx
        .query(
            include_str!("../queries/bundles/resolve.sql"),
            &[&tx.customer_id(), &external_ids, &hashes, &tx.own_only()],
        )
        .await?;
    let mut known: Vec<Option<Target>> = vec![None; items.len()];
    for row in &rows {
        let ordinal: i64 = row.get("ordinal")?;
        let at = usize::try_from(ordinal - 1).map_err(Error::internal_fault)?;
        if let (Some(slot), Some(item)) = (known.get_mut(at), items.get(at)) {
            *slot = Some(uploads::target(row, item.on_duplicate)?);
        }
    }
    let unknown = external_ids.iter().zip(&known);
    let unknown: Vec<&str> = unknown
        .filter_map(|(id, known)| id.filter(|_| known.is_none()))
        .collect();
    let taken = uploads::find_taken(tx, &unknown, &[]).await?;
    let named: Vec<CollectionId> = items
        .iter()
        .filter_map(|item| item.new.target.collection())
        .collect();
    let collections = collections::lock_all(tx, &named).await?;
    let mut decisions: Vec<Decision> = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        if let Some(collection) = item.new.target.collection()
            && !collections.contains(&collection)
        {
            decisions.push(Decision::NoCollection);
            continue;
        }
        let earlier = items.iter().zip(&decisions).find(|(other, decision)| {
            // Both are versions of the same document.
            decision.stored().is_some()
                && match (item.new.external_id, other.new.external_id) {
                    (Some(mine), Some(theirs)) => mine == theirs,
                    (None, None) => item.content_hash == other.content_hash,
                    _ => false,
                }
        });
        let decision = match (earlier, known.get(at).copied().flatten()) {
            (Some((other, decision)), _) if other.content_hash == item.content_hash => {
                let id = decision.stored().map_or(item.id, |(id, _)| id);
                let status = Status::Queued;
                Decision::Duplicate { id, status }
            }
            (Some(_), _) => Decision::TwiceInBatch,
            (None, Some(Target::Duplicate { id, status })) => Decision::Duplicate { id, status },
            (None, Some(target)) => Decision::Store(target),
            (None, None) if item.new.external_id.is_some_and(|id| taken.contains(id)) => {
                Decision::Taken
            }
            (None, None) if quota.used >= quota.limit => Decision::OverLimit(quota),
            (None, None) => {
                quota.used += 1;
                Decision::Store(Target::New { id: item.id })
            }
        };
        decisions.push(decision);
    }
    Ok(decisions)
}

/// Returns false if a concurrent caller has added a version, or has taken an external id; the transaction must then not
/// be committed.
async fn insert(
    tx: &Tenant,
    stored: &[(&Item<'_>, Target, i64)],
    bundle: Uuid,
    actor: Actor,
) -> Result<bool> {
    let customer = tx.customer_id();
    let empty = Metadata::default();
    let new: Vec<_> = stored
        .iter()
        .filter(|(_, target, _)| matches!(target, Target::New { .. }))
        .map(|(item, ..)| item)
        .collect();
    let ids: Vec<DocumentId> = new.iter().map(|item| item.id).collect();
    let titles: Vec<&str> = new.iter().map(|item| item.new.title).collect();
    let external_ids: Vec<Option<&str>> = new.iter().map(|item| item.new.external_id).collect();
    let metadata: Vec<Json<&Metadata>> = new
        .iter()
        .map(|item| Json(item.new.metadata.unwrap_or(&empty)))
        .collect();
    let chunking: Vec<_> = new.iter().map(|item| item.new.chunking.map(Json)).collect();
    let collections: Vec<_> = new
        .iter()
        .map(|item| item.new.target.collection())
        .collect();
    let options = new.iter().map(|item| item.new.extraction);
    let (hidden, attachments): (Vec<Option<bool>>, Vec<Option<bool>>) = options
        .map(|extraction| (extraction.include_hidden, extraction.attachments))
        .unzip();
    let created_by = uploads::created_by(actor);
    let inserted = tx
        .try_query(
            include_str!("../queries/bundles/insert_documents.sql"),
            &[
                &customer,
                &ids,
                &titles,
                &external_ids,
                &metadata,
                &created_by,
                &chunking,
                &collections,
                &hidden,
                &attachments,
                &actor.id(),
            ],
        )
        .await?;
    if !uploads::inserted(inserted)? {
        return Ok(false);
    }

    let mut next = Vec::new();
    for (item, target, _) in stored {
        if let Target::Next { id, version } = target {
            next.push((*id, *version, item));
        }
    }
    let ids: Vec<DocumentId> = next.iter().map(|(id, ..)| *id).collect();
    let versions: Vec<VersionNumber> = next.iter().map(|(_, version, _)| *version).collect();
    let titles: Vec<&str> = next.iter().map(|(.., item)| item.new.title).collect();
    let metadata: Vec<Option<Json<&Metadata>>> = next
        .iter()
        .map(|(.., item)| item.new.metadata.map(Json))
        .collect();
    let chunking: Vec<_> = next
        .iter()
        .map(|(.., item)| item.new.chunking.map(Json))
        .collect();
    let collections: Vec<_> = next
        .iter()
        .map(|(.., item)| item.new.target.collection())
        .collect();
    let options = next.iter().map(|(.., item)| item.new.extraction);
    let (hidden, attachments): (Vec<Option<bool>>, Vec<Option<bool>>) = options
        .map(|extraction| (extraction.include_hidden, extraction.attachments))
        .unzip();
    let moved = tx
        .query(
            include_str!("../queries/bundles/new_versions.sql"),
            &[
                &customer,
                &ids,
                &versions,
                &titles,
                &metadata,
                &chunking,
                &collections,
                &hidden,
                &attachments,
            ],
        )
        .await?;
    if moved.len() != next.len() {
        return Ok(false);
    }
    insert_versions(tx, stored, bundle).await?;
    let lines: Vec<_> = stored
        .iter()
        .map(|(item, target, _)| {
            let (action, id, version) = match target {
                Target::Next { id, version } => (Action::DocumentUpdated, *id, *version),
                _ => (Action::DocumentAdded, item.id, VersionNumber::FIRST),
            };
            let new = &item.new;
            let details = json!({"version": version, "source": new.source, "format": new.format});
            (action, id.as_uuid(), details)
        })
        .collect();
    audit::record_many(tx, actor, &lines).await?;
    Ok(true)
}

async fn insert_versions(
    tx: &Tenant,
    stored: &[(&Item<'_>, Target, i64)],
    bundle: Uuid,
) -> Result<()> {
    let (mut ids, mut versions, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    let (mut formats, mut bytes, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
    let mut reprocess = Vec::new();
    for (item, target, start) in stored {
        let (id, version) = Decision::Store(*target)
            .stored()
            .ok_or_else(|| Error::internal_fault("duplicate was to be stored"))?;
        ids.push(id);
        versions.push(version);
        starts.push(*start);
        formats.push(item.new.format);
        bytes.push(item.bytes);
        hashes.push(&item.content_hash);
        reprocess.push(item.new.reprocess);
    }
    tx.query(
        include_str!("../queries/bundles/insert_versions.sql"),
        &[
            &tx.customer_id(),
            &ids,
            &versions,
            &bundle,
            &starts,
            &formats,
            &bytes,
            &hashes,
            &reprocess,
        ],
    )
    .await
    .map(drop)
}

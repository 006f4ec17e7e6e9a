//! Additions of documents: deciding what an upload is, and adding it.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, Error, Kind, Result, UserId, VersionNumber,
    audit::{Action, Actor},
    collections::CollectionTarget,
    config::Chunking,
    documents::{ExtractionOptions, FailureCode, Format, OnDuplicate, Source, Status},
    jobs::{Job, Lane},
    metadata::Metadata,
    quotas::Quota,
};
use serde_json::json;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::{
    Store, Tenant, TenantId, attachments, audit, collections,
    document_passwords::{self, SealedPassword},
    error,
    outbox::{self, Pending},
    row::Row,
};

/// A document to add, with known content.
#[derive(Clone, Copy)]
pub struct NewDocument<'a> {
    /// Title.
    pub title: &'a str,
    /// Whether a caller gave the title. Otherwise it stays only until the content provides one, and never replaces a
    /// title that was given before.
    pub title_given: bool,
    /// The source of the document.
    pub source: Source,
    /// The detected format.
    pub format: Format,
    /// The caller's own id.
    pub external_id: Option<&'a str>,
    /// Name of the uploaded file.
    pub file_name: Option<&'a str>,
    /// Metadata object.
    pub metadata: Option<&'a Metadata>,
    /// The normalised URL it was fetched from, which identifies it if it has no external id.
    pub source_url: Option<&'a str>,
    /// The document's own chunking, if it differs from that of its collection or customer.
    pub chunking: Option<Chunking>,
    /// The collection to add it to.
    pub target: CollectionTarget,
    /// Options for reading it.
    pub extraction: ExtractionOptions,
    /// The email it is attached to. It is not added if that was deleted.
    pub attached_to: Option<DocumentId>,
    /// The password, if it is password-protected.
    pub password: Option<&'a SealedPassword>,
    /// Whether it is published even if its content equals the published one's.
    pub reprocess: bool,
    /// The queue of its job.
    pub lane: Lane,
    /// The actor who adds it.
    pub actor: Actor,
}

impl<'a> NewDocument<'a> {
    /// Creates a standalone document with nothing but a title, which stays until the content provides one.
    pub const fn new(title: &'a str, source: Source, format: Format, actor: Actor) -> Self {
        Self {
            title,
            title_given: false,
            source,
            format,
            external_id: None,
            file_name: None,
            metadata: None,
            source_url: None,
            chunking: None,
            target: CollectionTarget::Unchanged,
            extraction: ExtractionOptions {
                include_hidden: None,
                attachments: None,
            },
            attached_to: None,
            password: None,
            reprocess: false,
            lane: Lane::Single,
            actor,
        }
    }
}

/// The version that an upload will become, decided before its bytes are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A document with the same content exists.
    Duplicate {
        /// The existing document.
        id: DocumentId,
        /// Its status.
        status: Status,
    },
    /// A new document.
    New {
        /// Its id.
        id: DocumentId,
    },
    /// The next version of a document.
    Next {
        /// The document.
        id: DocumentId,
        /// The version.
        version: VersionNumber,
    },
}

/// The result of an upload.
pub enum Added {
    /// The document is queued; send the job.
    Queued(Pending),
    /// A concurrent caller took this version: decide again.
    Raced,
}

/// Returns the error for a customer that has reached its document limit.
pub fn limit_reached(quota: Quota) -> Error {
    let instead = "Delete some first, or ask the platform's operator for a higher maxDocuments.";
    quota.reached(FailureCode::DocumentLimit.as_str(), "documents", instead)
}

/// Returns the number of the customer's documents and its limit. The lock keeps others from adding any.
pub(crate) async fn lock_limit(tx: &Tenant) -> Result<Quota> {
    let customer = tx.customer_id();
    let locked = tx
        .query_one(
            include_str!("../queries/documents/lock_limit.sql"),
            &[&customer],
        )
        .await?;
    let counted = tx
        .query_one_unbound(include_str!("../queries/documents/count.sql"), &[&customer])
        .await?;
    let limit: i32 = locked.get("max_documents")?;
    Ok(Quota {
        used: counted.get("documents")?,
        limit: limit.into(),
    })
}

pub(crate) async fn check_limit(tx: &Tenant) -> Result<()> {
    let quota = lock_limit(tx).await?;
    match quota.used < quota.limit {
        true => Ok(()),
        false => Err(limit_reached(quota)),
    }
}

impl Store {
    /// Decides whether an upload is a duplicate, a new document or the next version of one.
    ///
    /// # Errors
    /// `invalid_fields` if its collection does not exist; `unavailable` without a database.
    pub async fn resolve_upload(
        &self,
        customer: TenantId,
        new: &NewDocument<'_>,
        content_hash: &[u8; 32],
        on_duplicate: OnDuplicate,
    ) -> Result<Target> {
        let tx = self.tenant(customer).await?;
        collections::lock(&tx, new.target).await?;
        let target = resolve(&tx, new, content_hash, on_duplicate).await?;
        tx.commit().await?;
        Ok(target)
    }

    /// Adds the result of [`resolve_upload`](Self::resolve_upload), once the bytes are in the bucket: document, version
    /// and job in one transaction.
    ///
    /// # Errors
    /// `document_limit` (conflict); `invalid_fields` if its collection does not exist; `not_found` if the email it is
    /// attached to does not exist; `unavailable` without a database.
    pub async fn add_document(
        &self,
        customer: TenantId,
        target: Target,
        new: &NewDocument<'_>,
        object: Uuid,
        bytes: i64,
        content_hash: &[u8; 32],
    ) -> Result<Added> {
        let tx = self.tenant(customer).await?;
        collections::lock(&tx, new.target).await?;
        let (action, id, version) = match target {
            Target::Duplicate { .. } => {
                return Err(Error::internal_fault("duplicate was to be added"));
            }
            Target::New { id } => {
                check_limit(&tx).await?;
                if let Some(mail) = new.attached_to
                    && !attachments::lock_email(&tx, mail).await?
                {
                    return Err(Error::not_found("mail"));
                }
                // This is under the limit's lock: the same content may have been added since the first check.
                if resolve(&tx, new, content_hash, OnDuplicate::Skip)
                    .await?
                    .is_known()
                {
                    return Ok(Added::Raced);
                }
                if !insert(&tx, id, new, Status::Queued, None).await? {
                    return Ok(Added::Raced);
                }
                (Action::DocumentAdded, id, VersionNumber::FIRST)
            }
            Target::Next { id, version } => {
                if !move_on(&tx, id, version, new).await? {
                    return Ok(Added::Raced);
                }
                (Action::DocumentUpdated, id, version)
            }
        };
        insert_version(
            &tx,
            id,
            version,
            object,
            new,
            Some(bytes),
            Some(content_hash),
        )
        .await?;
        set_password(&tx, id, new).await?;
        tell(&tx, new, action, id, version).await?;
        let job = Job::process_in(new.lane, customer.customer_id(), id, version);
        let pending = outbox::insert(&tx, job).await?;
        tx.commit().await?;
        Ok(Added::Queued(pending))
    }
}

impl Target {
    fn is_known(self) -> bool {
        !matches!(self, Self::New { .. })
    }
}

async fn resolve(
    tx: &Tenant,
    new: &NewDocument<'_>,
    content_hash: &[u8; 32],
    on_duplicate: OnDuplicate,
) -> Result<Target> {
    let row = tx
        .query_opt(
            include_str!("../queries/documents/find_same.sql"),
            &[
                &tx.customer_id(),
                &new.external_id,
                &content_hash,
                &new.source_url,
                &tx.own_only(),
            ],
        )
        .await?;
    match row {
        Some(row) => {
            attachments::check(&row, new)?;
            let same = row.get::<Option<&[u8]>>("content_hash")? == Some(content_hash.as_slice());
            known(&row, same, on_duplicate)
        }
        None => {
            check_free(tx, new).await?;
            Ok(Target::New {
                id: DocumentId::generate(),
            })
        }
    }
}

/// Checks documents that were not found: no document outside the caller's bounds may have their external ids or URLs,
/// which are unique among all of the customer's documents.
///
/// # Errors
/// `external_id_taken` or `source_url_taken` (conflict).
pub(crate) async fn check_free(tx: &Tenant, new: &NewDocument<'_>) -> Result<()> {
    let url = new.source_url.filter(|_| new.external_id.is_none());
    let free = find_taken(tx, new.external_id.as_slice(), url.as_slice())
        .await?
        .is_empty();
    match (free, new.external_id) {
        (true, _) => Ok(()),
        (false, Some(_)) => Err(external_id_taken()),
        (false, None) => Err(Error::new(
            Kind::Conflict,
            "source_url_taken",
            "This URL belongs to a document that your key cannot access. Send it with an externalId.",
        )),
    }
}

/// Returns those of the external ids and URLs that documents have, in a bound transaction including documents outside
/// its bounds. The result is empty if the transaction is not bound: it has found them itself.
pub(crate) async fn find_taken(
    tx: &Tenant,
    external_ids: &[&str],
    urls: &[&str],
) -> Result<HashSet<String>> {
    if !tx.is_bound() || external_ids.is_empty() && urls.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = tx
        .query_unbound(
            include_str!("../queries/documents/find_taken.sql"),
            &[&tx.customer_id(), &external_ids, &urls],
        )
        .await?;
    rows.iter().map(|row| row.get("known_by")).collect()
}

/// Returns the error for an external id of a document outside the caller's bounds.
pub fn external_id_taken() -> Error {
    Error::new(
        Kind::Conflict,
        "external_id_taken",
        "This externalId belongs to a document that your key cannot access. Choose another one.",
    )
}

/// Does the same as [`resolve`], from a row that tells itself whether its content is the `same`.
pub(crate) fn target(row: &Row, on_duplicate: OnDuplicate) -> Result<Target> {
    known(row, row.get("same")?, on_duplicate)
}

fn known(row: &Row, same: bool, on_duplicate: OnDuplicate) -> Result<Target> {
    let id: DocumentId = row.get("id")?;
    let status: Status = row.get("status")?;
    // A failed document is processed again when the same content is uploaded: that is what the caller wants.
    if same
        && on_duplicate == OnDuplicate::Skip
        && !matches!(status, Status::Failed | Status::NeedsAction)
    {
        return Ok(Target::Duplicate { id, status });
    }
    let latest: VersionNumber = row.get("latest_version")?;
    Ok(Target::Next {
        id,
        version: latest.next(),
    })
}

/// Points a document at its next version; false if a concurrent caller was faster.
pub(crate) async fn move_on(
    tx: &Tenant,
    id: DocumentId,
    version: VersionNumber,
    new: &NewDocument<'_>,
) -> Result<bool> {
    let moved = tx
        .query_opt(
            include_str!("../queries/documents/new_version.sql"),
            &[
                &tx.customer_id(),
                &id,
                &version,
                &new.title,
                &new.metadata.map(Json),
                &new.file_name,
                &new.source_url,
                &new.lane,
                &new.chunking.map(Json),
                &new.target.moves(),
                &new.target.collection(),
                &new.extraction.include_hidden,
                &new.extraction.attachments,
                &new.title_given,
            ],
        )
        .await?;
    Ok(moved.is_some())
}

/// Writes the addition to the audit log, without the title, which is content.
pub(crate) async fn tell(
    tx: &Tenant,
    new: &NewDocument<'_>,
    action: Action,
    id: DocumentId,
    version: VersionNumber,
) -> Result<()> {
    let details = json!({"version": version, "source": new.source, "format": new.format});
    audit::record(tx, new.actor, action, id.as_uuid(), &details).await
}

/// Inserts the row; false if its external id was taken meanwhile (the transaction is then over).
pub(crate) async fn insert(
    tx: &Tenant,
    id: DocumentId,
    new: &NewDocument<'_>,
    status: Status,
    upload_expires_at: Option<DateTime<Utc>>,
) -> Result<bool> {
    let empty = Metadata::default();
    let created_by = created_by(new.actor);
    let answer = tx
        .try_query(
            include_str!("../queries/documents/insert.sql"),
            &[
                &tx.customer_id(),
                &id,
                &new.title,
                &new.source,
                &new.external_id,
                &new.file_name,
                &Json(new.metadata.unwrap_or(&empty)),
                &status,
                &upload_expires_at,
                &created_by,
                &new.source_url,
                &new.lane,
                &new.chunking.map(Json),
                &new.target.collection(),
                &new.extraction.include_hidden,
                &new.extraction.attachments,
                &new.attached_to,
                &new.title_given,
                &new.actor.id(),
            ],
        )
        .await?;
    inserted(answer)
}

/// Returns the user, if the actor is one.
pub(crate) fn created_by(actor: Actor) -> Option<UserId> {
    match actor {
        Actor::User(id) => Some(id),
        Actor::ApiKey(_) | Actor::Webhook(_) | Actor::System => None,
    }
}

/// Returns false if the external id, or the URL, was taken meanwhile.
pub(crate) fn inserted(answer: Result<Vec<Row>, tokio_postgres::Error>) -> Result<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(e)
            if matches!(
                error::constraint(&e),
                Some("documents_external_id_key" | "documents_source_url_key")
            ) =>
        {
            Ok(false)
        }
        Err(e) => Err(error::statement(&e)),
    }
}

pub(crate) async fn set_password(tx: &Tenant, id: DocumentId, new: &NewDocument<'_>) -> Result<()> {
    match new.password {
        Some(password) => document_passwords::set(tx, id, password).await,
        None => Ok(()),
    }
}

pub(crate) async fn insert_version(
    tx: &Tenant,
    id: DocumentId,
    version: VersionNumber,
    object: Uuid,
    new: &NewDocument<'_>,
    bytes: Option<i64>,
    content_hash: Option<&[u8; 32]>,
) -> Result<()> {
    tx.query(
        include_str!("../queries/documents/insert_version.sql"),
        &[
            &tx.customer_id(),
            &id,
            &version,
            &object,
            &new.format,
            &bytes,
            &content_hash,
            &new.reprocess,
        ],
    )
    .await
    .map(drop)
}

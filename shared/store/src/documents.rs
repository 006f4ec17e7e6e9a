//! Documents as rows. Lists are in [`crate::document_list`], additions in [`crate::uploads`], processing in
//! [`crate::timeline`] and [`crate::versions`], and deletion in [`crate::deletion`].

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, Error, Kind, Result, VersionNumber,
    audit::{Action, Actor},
    documents::{FailureCode, Format, Source, Stage, Status},
    fetches::Fetch,
    jobs::Job,
    metadata::Metadata,
    warnings::Warnings,
};
use serde_json::{Value, json};

use crate::{
    Store, Tenant, TenantId, audit,
    document_passwords::{self, SealedPassword},
    outbox::{self, Outgoing, Pending},
    row::Row,
};

/// A row of the list, with the details of its published version (or of its latest, before that).
#[derive(Clone, Debug)]
pub struct Document {
    /// Id.
    pub id: DocumentId,
    /// Title.
    pub title: String,
    /// The source of the document.
    pub source: Source,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// Name of the uploaded file.
    pub file_name: Option<String>,
    /// The URL it was fetched from.
    pub source_url: Option<String>,
    /// Metadata object.
    pub metadata: Metadata,
    /// Whether hidden content is read too.
    pub include_hidden: bool,
    /// Whether the attachments of an email become documents of their own.
    pub attachments: bool,
    /// The email it is attached to.
    pub attached_to: Option<DocumentId>,
    /// The collection it belongs to.
    pub collection: Option<CollectionId>,
    /// The document's status.
    pub status: Status,
    /// The processing step.
    pub stage: Option<Stage>,
    /// The failure code.
    pub code: Option<FailureCode>,
    /// HTTP status of the page's server, for `http_status`.
    pub http_status: Option<i32>,
    /// Newest requested version.
    pub latest_version: VersionNumber,
    /// Version that is searchable.
    pub published_version: Option<VersionNumber>,
    /// Claims of the latest version so far.
    pub attempts: i32,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Time of the last change of the row.
    pub updated_at: DateTime<Utc>,
    /// Time of the last publication.
    pub completed_at: Option<DateTime<Utc>>,
    /// Time of the deletion, if it can be undeleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Time until which it can be undeleted.
    pub purge_at: Option<DateTime<Utc>>,
    /// Format.
    pub format: Format,
    /// Size of the original.
    pub bytes: Option<i64>,
    /// SHA-256 of the original.
    pub content_hash: Option<Vec<u8>>,
    /// Pages, for formats that have pages.
    pub pages: Option<i32>,
    /// Characters of text.
    pub characters: Option<i64>,
    /// Chunks.
    pub chunks: Option<i32>,
    /// Tokens embedded.
    pub tokens: Option<u64>,
    /// Embedding model.
    pub embedding_model: Option<String>,
    /// The file's own metadata.
    pub properties: Option<Value>,
    /// Warnings of the reader: parts left out or replaced.
    pub warnings: Warnings,
}

/// Returns the error for a password of a document that is not password-protected.
pub fn no_password() -> Error {
    Error::field("/password", "only for a PDF")
}

impl Store {
    /// Returns a document.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn get_document(&self, customer: TenantId, id: DocumentId) -> Result<Document> {
        let tx = self.tenant(customer).await?;
        let found = get(&tx, id).await?;
        tx.commit().await?;
        found
    }

    /// Queues a failed document again, with a password if one is given, and writes its job.
    ///
    /// # Errors
    /// `not_found`; `not_retryable` (conflict); `invalid_fields` for a password of a document that cannot have one;
    /// `unavailable` without a database.
    pub async fn retry_document(
        &self,
        customer: TenantId,
        actor: Actor,
        id: DocumentId,
        password: Option<&SealedPassword>,
    ) -> Result<Pending<Outgoing>> {
        let tx = self.tenant(customer).await?;
        let queued = tx
            .query_opt(
                include_str!("../queries/documents/retry.sql"),
                &[&customer, &id, &FailureCode::UploadExpired],
            )
            .await?;
        let Some(queued) = queued else {
            let document = get(&tx, id).await??;
            let detail = match document.code {
                Some(_) => "The document's file was never uploaded. Request a new presigned upload and send it.".to_owned(),
                None => format!(
                    "The document is {}. Only documents that are failed or needs_action can be retried.",
                    document.status.as_str()
                ),
            };
            return Err(Error::new(Kind::Conflict, "not_retryable", detail));
        };
        let version: VersionNumber = queued.get("latest_version")?;
        let to_fetch: bool = queued.get("to_fetch")?;
        if let Some(password) = password {
            // Content that is still to be fetched may turn out to be a PDF.
            if !to_fetch && queued.get::<Format>("format")? != Format::Pdf {
                return Err(no_password());
            }
            document_passwords::set(&tx, id, password).await?;
        }
        let (target, details) = (id.as_uuid(), json!({"version": version}));
        audit::record(&tx, actor, Action::DocumentRetried, target, &details).await?;
        let message = if to_fetch {
            Outgoing::Fetch(Fetch::document(customer.customer_id(), id, version))
        } else {
            Outgoing::Job(Job::process(customer.customer_id(), id, version))
        };
        let pending = outbox::insert(&tx, message).await?;
        tx.commit().await?;
        Ok(pending)
    }
}

impl Document {
    /// Returns what happened and what to do, if the document failed.
    pub fn reason(&self) -> Option<Cow<'static, str>> {
        self.code.map(|code| code.reason(self.http_status))
    }
}

pub(crate) async fn get(tx: &Tenant, id: DocumentId) -> Result<Result<Document>> {
    let row = tx
        .query_opt(
            include_str!("../queries/documents/get.sql"),
            &[&tx.customer_id(), &id],
        )
        .await?;
    Ok(row.map_or_else(|| Err(Error::not_found("document")), |row| document(&row)))
}

pub(crate) fn document(row: &Row) -> Result<Document> {
    let code = row.get("code")?;
    Ok(Document {
        id: row.get("id")?,
        title: row.get("title")?,
        source: row.get("source")?,
        external_id: row.get("external_id")?,
        file_name: row.get("file_name")?,
        source_url: row.get("source_url")?,
        metadata: row.json("metadata")?,
        include_hidden: row.get("include_hidden")?,
        attachments: row.get("attachments")?,
        attached_to: row.get("attached_to")?,
        collection: row.get("collection_id")?,
        status: row.get("status")?,
        stage: row.get("stage")?,
        code,
        // With another code, this is a leftover of an earlier attempt.
        http_status: row
            .get::<Option<i32>>("http_status")?
            .filter(|_| code == Some(FailureCode::HttpStatus)),
        latest_version: row.get("latest_version")?,
        published_version: row.get("published_version")?,
        attempts: row.get("attempts")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
        completed_at: row.get("completed_at")?,
        deleted_at: row.get("deleted_at")?,
        purge_at: row.get("purge_at")?,
        format: row.get("format")?,
        bytes: row.get("bytes")?,
        content_hash: row.get("content_hash")?,
        pages: row.get("pages")?,
        characters: row.get("characters")?,
        chunks: row.get("chunks")?,
        tokens: row.get("tokens")?,
        embedding_model: row.get("embedding_model")?,
        properties: row.get("properties")?,
        warnings: row.json("warnings")?,
    })
}

/// Queues documents that wait for the customer, with these codes, again; `sweep` sends them. Returns their number.
///
/// # Errors
/// `unavailable` without a database.
pub async fn release(tx: &Tenant, codes: &[FailureCode]) -> Result<usize> {
    let rows = tx
        .query(
            include_str!("../queries/documents/release.sql"),
            &[&tx.customer_id(), &codes],
        )
        .await?;
    Ok(rows.len())
}

//! Documents as rows. Lists are in [`crate::document_list`]; how documents come in is in [`crate::uploads`], what becomes
//! of them in [`crate::timeline`] and [`crate::versions`], and how they go in [`crate::deletion`].

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, CustomerId, DocumentId, Error, Kind, Result,
    audit::{Action, Actor},
    documents::{FailureCode, Format, Source, Stage, Status},
    fetches::Fetch,
    jobs::Job,
    metadata::Metadata,
    warnings::Warnings,
};
use serde_json::{Value, json};
use tokio_postgres::{
    Row,
    types::{Json, Type},
};
use uuid::Uuid;

use crate::{
    Store, Tenant, audit,
    document_passwords::{self, SealedPassword},
    outbox::{self, Outgoing, Pending},
};

/// A row of the list, with the facts of its published version (or of its latest, before that).
#[derive(Clone, Debug)]
pub struct Document {
    /// Id.
    pub id: DocumentId,
    /// Title.
    pub title: String,
    /// Which way it came.
    pub source: Source,
    /// The caller's own id.
    pub external_id: Option<String>,
    /// Name of the uploaded file.
    pub file_name: Option<String>,
    /// Where it was fetched from.
    pub source_url: Option<String>,
    /// Metadata object.
    pub metadata: Metadata,
    /// Whether hidden content is read too.
    pub include_hidden: bool,
    /// Whether the attachments of a mail become documents of their own.
    pub attachments: bool,
    /// The mail it is attached to.
    pub attached_to: Option<DocumentId>,
    /// The collection it belongs to.
    pub collection: Option<CollectionId>,
    /// Where it stands.
    pub status: Status,
    /// What is being done with it.
    pub stage: Option<Stage>,
    /// Why it ended badly.
    pub code: Option<FailureCode>,
    /// What the page's server answered, for `http_status`.
    pub http_status: Option<i32>,
    /// Newest version asked for.
    pub latest_version: i32,
    /// Version that is searched.
    pub published_version: Option<i32>,
    /// Claims of the latest version so far.
    pub attempts: i32,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When its row last changed.
    pub updated_at: DateTime<Utc>,
    /// When it last became searchable.
    pub completed_at: Option<DateTime<Utc>>,
    /// When it was deleted, of one that can be undeleted.
    pub deleted_at: Option<DateTime<Utc>>,
    /// Until when it can be undeleted.
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
    pub tokens: Option<i64>,
    /// Model that embedded them.
    pub embedding_model: Option<String>,
    /// What the file says of itself.
    pub properties: Option<Value>,
    /// What the reader left out or replaced.
    pub warnings: Warnings,
}

fn column(error: tokio_postgres::Error) -> Error {
    Error::internal_fault(format!("documents: {error}"))
}

/// The refusal of a password that opens nothing.
pub fn no_password() -> Error {
    Error::field("/password", "only for a PDF")
}

impl Store {
    /// A document.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn get_document(&self, customer: CustomerId, id: DocumentId) -> Result<Document> {
        let tx = self.tenant(customer).await?;
        let found = get(&tx, id).await?;
        tx.commit().await?;
        found
    }

    /// Queues a document that ended badly again, with a password where one is given, and writes its job.
    ///
    /// # Errors
    /// `not_found`; `not_retryable` (conflict); `invalid_fields` for a password of what has none; `unavailable`
    /// without a database.
    pub async fn retry_document(
        &self,
        customer: CustomerId,
        actor: Actor,
        id: DocumentId,
        password: Option<&SealedPassword>,
    ) -> Result<Pending<Outgoing>> {
        let tx = self.tenant(customer).await?;
        let queued = tx
            .query_opt(
                include_str!("../queries/documents/retry.sql"),
                &[
                    (&customer.as_uuid(), Type::UUID),
                    (&id.as_uuid(), Type::UUID),
                    (&FailureCode::UploadExpired.as_str(), Type::TEXT),
                ],
            )
            .await?;
        let Some(queued) = queued else {
            let document = get(&tx, id).await??;
            let detail = match document.code {
                Some(_) => "Its file never arrived. Ask for a new form and upload it.".to_owned(),
                None => format!(
                    "It is {}; only what is failed or needs_action can be tried again.",
                    document.status.as_str()
                ),
            };
            return Err(Error::new(Kind::Conflict, "not_retryable", detail));
        };
        let version: i32 = queued.try_get("latest_version").map_err(column)?;
        let to_fetch: bool = queued.try_get("to_fetch").map_err(column)?;
        if let Some(password) = password {
            // What is still to be fetched may turn out to be a PDF.
            if !to_fetch && required::<Format>(&queued, "format")? != Format::Pdf {
                return Err(no_password());
            }
            document_passwords::set(&tx, id, password).await?;
        }
        let (target, details) = (id.as_uuid(), json!({"version": version}));
        audit::record(&tx, actor, Action::DocumentRetried, target, &details).await?;
        let message = if to_fetch {
            Outgoing::Fetch(Fetch::document(customer, id, version))
        } else {
            Outgoing::Job(Job::process(customer, id, version))
        };
        let pending = outbox::insert(&tx, message).await?;
        tx.commit().await?;
        Ok(pending)
    }
}

impl Document {
    /// What happened and what to do, where it ended badly.
    pub fn reason(&self) -> Option<Cow<'static, str>> {
        self.code.map(|code| code.reason(self.http_status))
    }
}

pub(crate) async fn get(tx: &Tenant, id: DocumentId) -> Result<Result<Document>> {
    let row = tx
        .query_opt(
            include_str!("../queries/documents/get.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&id.as_uuid(), Type::UUID),
            ],
        )
        .await?;
    Ok(row.map_or_else(|| Err(Error::not_found("document")), |row| document(&row)))
}

pub(crate) fn parsed<T: std::str::FromStr<Err = Error>>(
    row: &Row,
    name: &str,
) -> Result<Option<T>> {
    row.try_get::<_, Option<String>>(name)
        .map_err(column)?
        .map(|text| text.parse())
        .transpose()
}

pub(crate) fn required<T: std::str::FromStr<Err = Error>>(row: &Row, name: &str) -> Result<T> {
    row.try_get::<_, String>(name).map_err(column)?.parse()
}

pub(crate) fn document(row: &Row) -> Result<Document> {
    let code = parsed(row, "code")?;
    Ok(Document {
        id: row.try_get::<_, Uuid>("id").map_err(column)?.into(),
        title: row.try_get("title").map_err(column)?,
        source: required(row, "source")?,
        external_id: row.try_get("external_id").map_err(column)?,
        file_name: row.try_get("file_name").map_err(column)?,
        source_url: row.try_get("source_url").map_err(column)?,
        metadata: row.try_get::<_, Json<_>>("metadata").map_err(column)?.0,
        include_hidden: row.try_get("include_hidden").map_err(column)?,
        attachments: row.try_get("attachments").map_err(column)?,
        attached_to: row
            .try_get::<_, Option<Uuid>>("attached_to")
            .map_err(column)?
            .map(DocumentId::from),
        collection: row
            .try_get::<_, Option<Uuid>>("collection_id")
            .map_err(column)?
            .map(CollectionId::from),
        status: required(row, "status")?,
        stage: parsed(row, "stage")?,
        code,
        // Left over from an earlier try where the code is another.
        http_status: row
            .try_get::<_, Option<i32>>("http_status")
            .map_err(column)?
            .filter(|_| code == Some(FailureCode::HttpStatus)),
        latest_version: row.try_get("latest_version").map_err(column)?,
        published_version: row.try_get("published_version").map_err(column)?,
        attempts: row.try_get("attempts").map_err(column)?,
        created_at: row.try_get("created_at").map_err(column)?,
        updated_at: row.try_get("updated_at").map_err(column)?,
        completed_at: row.try_get("completed_at").map_err(column)?,
        deleted_at: row.try_get("deleted_at").map_err(column)?,
        purge_at: row.try_get("purge_at").map_err(column)?,
        format: required(row, "format")?,
        bytes: row.try_get("bytes").map_err(column)?,
        content_hash: row.try_get("content_hash").map_err(column)?,
        pages: row.try_get("pages").map_err(column)?,
        characters: row.try_get("characters").map_err(column)?,
        chunks: row.try_get("chunks").map_err(column)?,
        tokens: row.try_get("tokens").map_err(column)?,
        embedding_model: row.try_get("embedding_model").map_err(column)?,
        properties: row.try_get("properties").map_err(column)?,
        warnings: row.try_get::<_, Json<_>>("warnings").map_err(column)?.0,
    })
}

/// Queues documents that wait for the customer, with these codes, again; `sweep` sends them. How many.
///
/// # Errors
/// `unavailable` without a database.
pub async fn release(tx: &Tenant, codes: &[FailureCode]) -> Result<usize> {
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let rows = tx
        .query(
            include_str!("../queries/documents/release.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&codes, Type::TEXT_ARRAY),
            ],
        )
        .await?;
    Ok(rows.len())
}

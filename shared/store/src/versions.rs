//! Versions of documents: their list, and new versions made from earlier ones.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, Error, Kind, Result, VersionNumber,
    audit::{Action, Actor},
    collections::CollectionTarget,
    config::Chunking,
    documents::{ExtractionOptions, Format, VersionStatus},
    jobs::Job,
    metadata::Metadata,
    warnings::Warnings,
};
use serde_json::json;
use tokio_postgres::types::Json;

use crate::{
    Store, TenantId, audit, collections,
    documents::get,
    outbox::{self, Pending},
    row::Row,
};

/// A version of a document.
#[derive(Clone, Debug)]
pub struct Version {
    /// The version's number.
    pub version: VersionNumber,
    /// The version's status.
    pub status: VersionStatus,
    /// The format.
    pub format: Format,
    /// Size of the original.
    pub bytes: Option<i64>,
    /// SHA-256 of the original.
    pub content_hash: Option<Vec<u8>>,
    /// Pages, for formats that have pages.
    pub pages: Option<i32>,
    /// Characters of the text.
    pub characters: Option<i64>,
    /// Stored chunks.
    pub chunks: Option<i32>,
    /// Embedded tokens.
    pub tokens: Option<u64>,
    /// The embedding model.
    pub embedding_model: Option<String>,
    /// Warnings of the reader: parts left out or replaced.
    pub warnings: Warnings,
    /// Time of the publication.
    pub published_at: Option<DateTime<Utc>>,
    /// Time at which it was superseded.
    pub superseded_at: Option<DateTime<Utc>>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
}

/// The properties that a version made from an earlier one changes.
#[derive(Clone, Copy, Default, Debug)]
pub struct Change<'a> {
    /// Title.
    pub title: Option<&'a str>,
    /// Metadata object.
    pub metadata: Option<&'a Metadata>,
    /// Chunking.
    pub chunking: Option<Chunking>,
    /// Options for reading it.
    pub extraction: ExtractionOptions,
    /// The collection that it moves to.
    pub target: CollectionTarget,
}

impl Store {
    /// Creates the next version of a document from the original of an existing one, with other title, metadata or
    /// chunking if they are given. Returns `None` if a concurrent caller was faster: decide again.
    ///
    /// # Errors
    /// `not_found`; `no_original` (conflict) if that version never had one; `invalid_fields` if the collection does not
    /// exist; `unavailable` without a database.
    pub async fn process_again(
        &self,
        customer: TenantId,
        actor: Actor,
        id: DocumentId,
        of: Option<VersionNumber>,
        change: &Change<'_>,
    ) -> Result<Option<(VersionNumber, Pending)>> {
        let tx = self.tenant(customer).await?;
        let document = get(&tx, id).await??;
        collections::lock(&tx, change.target).await?;
        let of = of
            .or(document.published_version)
            .unwrap_or(document.latest_version);
        let next = document.latest_version.next();
        let made = tx
            .query_opt(
                include_str!("../queries/documents/again.sql"),
                &[
                    &customer,
                    &id,
                    &of,
                    &next,
                    &change.title,
                    &change.metadata.map(Json),
                    &change.chunking.map(Json),
                    &change.target.moves(),
                    &change.target.collection(),
                    &change.extraction.include_hidden,
                    &change.extraction.attachments,
                ],
            )
            .await?;
        if made.is_none() {
            let now = get(&tx, id).await??;
            if now.latest_version != document.latest_version {
                return Ok(None);
            }
            let detail = format!("Version {of} has no original to read.");
            return Err(Error::new(Kind::Conflict, "no_original", detail));
        }
        let (target, details) = (id.as_uuid(), json!({"version": next, "of": of}));
        audit::record(&tx, actor, Action::DocumentUpdated, target, &details).await?;
        let pending = outbox::insert(&tx, Job::process(customer.customer_id(), id, next)).await?;
        tx.commit().await?;
        Ok(Some((next, pending)))
    }

    /// Returns whether a change differs from a document's title, metadata or reading options. False if the document has
    /// been removed.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn is_described_otherwise(
        &self,
        customer: TenantId,
        id: DocumentId,
        change: &Change<'_>,
    ) -> Result<bool> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/documents/described.sql"),
                &[
                    &customer,
                    &id,
                    &change.title,
                    &change.metadata.map(Json),
                    &change.extraction.include_hidden,
                    &change.extraction.attachments,
                ],
            )
            .await?;
        tx.commit().await?;
        row.map_or(Ok(false), |row| row.get("otherwise"))
    }

    /// Returns the time at which a version was published; `None` if the caller knows of no such publication.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn published_at(
        &self,
        customer: TenantId,
        document: DocumentId,
        version: VersionNumber,
    ) -> Result<Option<DateTime<Utc>>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/documents/published_at.sql"),
                &[&customer, &document, &version],
            )
            .await?;
        tx.commit().await?;
        row.map_or(Ok(None), |row| row.get("published_at"))
    }

    /// Returns versions of a document with lower numbers than a given one, newest first.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn document_versions(
        &self,
        customer: TenantId,
        id: DocumentId,
        below: Option<VersionNumber>,
        limit: i64,
    ) -> Result<Vec<Version>> {
        let tx = self.tenant(customer).await?;
        get(&tx, id).await??;
        let rows = tx
            .query(
                include_str!("../queries/documents/versions.sql"),
                &[&customer, &id, &below, &limit],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(version).collect()
    }
}

fn version(row: &Row) -> Result<Version> {
    Ok(Version {
        version: row.get("version")?,
        status: row.get("status")?,
        format: row.get("format")?,
        bytes: row.get("bytes")?,
        content_hash: row.get("content_hash")?,
        pages: row.get("pages")?,
        characters: row.get("characters")?,
        chunks: row.get("chunks")?,
        tokens: row.get("tokens")?,
        embedding_model: row.get("embedding_model")?,
        published_at: row.get("published_at")?,
        warnings: row.json("warnings")?,
        superseded_at: row.get("superseded_at")?,
        created_at: row.get("created_at")?,
    })
}

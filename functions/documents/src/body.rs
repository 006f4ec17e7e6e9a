//! A document in JSON.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, VersionNumber,
    documents::{FailureCode, Format, Source, Stage, Status},
    metadata::Metadata,
    warnings::Warnings,
};
use dynrag_store::documents::Document;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A document. Fields without a value are left out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Document)]
pub(crate) struct DocumentBody {
    id: DocumentId,
    title: String,
    source: Source,
    format: Format,
    content_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    /// The URL it was fetched from.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_url: Option<String>,
    #[schema(value_type = Object)]
    metadata: Metadata,
    /// Whether hidden content is extracted too.
    include_hidden: bool,
    /// Whether the attachments of an email become documents of their own.
    attachments: bool,
    /// The email whose attachment it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    attached_to: Option<DocumentId>,
    /// The document's collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_id: Option<CollectionId>,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    /// What happened and what to do, in words; for `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
    /// The HTTP status of the page's server, for code `http_status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<i32>,
    latest_version: VersionNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_version: Option<VersionNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    characters: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunks: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_model: Option<String>,
    /// Properties from the file: `author`, `language`, `created`, `modified`, if known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    properties: Option<Value>,
    /// Content that was left out, replaced or guessed during extraction; empty if there is none.
    warnings: Warnings,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<DateTime<Utc>>,
    /// When it was deleted; only of documents that can be undeleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted_at: Option<DateTime<Utc>>,
    /// Until when it can be undeleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge_at: Option<DateTime<Utc>>,
}

impl From<Document> for DocumentBody {
    fn from(d: Document) -> Self {
        Self {
            reason: d.reason(),
            http_status: d.http_status,
            id: d.id,
            title: d.title,
            source: d.source,
            format: d.format,
            content_type: d.format.media_type(),
            external_id: d.external_id,
            file_name: d.file_name,
            source_url: d.source_url,
            metadata: d.metadata,
            include_hidden: d.include_hidden,
            attachments: d.attachments,
            attached_to: d.attached_to,
            collection_id: d.collection,
            status: d.status,
            stage: d.stage,
            code: d.code,
            latest_version: d.latest_version,
            published_version: d.published_version,
            bytes: d.bytes,
            content_hash: d.content_hash.map(hex::encode),
            pages: d.pages,
            characters: d.characters,
            chunks: d.chunks,
            tokens: d.tokens,
            embedding_model: d.embedding_model,
            properties: d.properties,
            warnings: d.warnings,
            created_at: d.created_at,
            updated_at: d.updated_at,
            completed_at: d.completed_at,
            deleted_at: d.deleted_at,
            purge_at: d.purge_at,
        }
    }
}

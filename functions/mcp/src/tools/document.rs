//! A document, as tools show it.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, VersionNumber,
    documents::{FailureCode, Format, Status},
    metadata::Metadata,
};
use dynrag_store::documents::Document;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{call::Call, versions};

/// A document. Fields without a value are left out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentShown {
    /// For `fetch`: the version that is searched, or the latest if none is yet.
    id: String,
    document_id: DocumentId,
    title: String,
    /// Where the text of the version is.
    url: String,
    status: Status,
    /// Why it failed or needs action.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    /// What happened and what to do, in words; for `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
    format: Format,
    latest_version: VersionNumber,
    /// The version that is searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    published_version: Option<VersionNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_id: Option<CollectionId>,
    /// The customer's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_name: Option<String>,
    /// The URL it was fetched from.
    #[serde(skip_serializing_if = "Option::is_none")]
    source_url: Option<String>,
    #[schema(value_type = Object)]
    metadata: Metadata,
    /// Length of its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    characters: Option<i64>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl DocumentShown {
    pub(crate) fn new(call: &Call, document: Document) -> Self {
        let version = versions::meant(&document, None);
        Self {
            id: versions::id(document.id, version),
            url: call.url(document.id, version),
            reason: document.reason(),
            document_id: document.id,
            title: document.title,
            status: document.status,
            code: document.code,
            format: document.format,
            latest_version: document.latest_version,
            published_version: document.published_version,
            collection_id: document.collection,
            external_id: document.external_id,
            file_name: document.file_name,
            source_url: document.source_url,
            metadata: document.metadata,
            characters: document.characters,
            created_at: document.created_at,
            updated_at: document.updated_at,
        }
    }
}

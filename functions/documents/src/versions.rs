//! `GET /api/documents/{id}/versions`.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json, Path, Query,
    paging::{Page, Paging},
    scopes::DocumentsRead,
};
use dynrag_domain::{
    DocumentId, VersionNumber,
    documents::{Format, VersionStatus},
    warnings::Warnings,
};
use dynrag_store::versions::Version;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentVersion)]
pub(crate) struct VersionBody {
    version: VersionNumber,
    status: VersionStatus,
    format: Format,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<i64>,
    /// SHA-256 of the original, in hex.
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
    /// Content that was left out, replaced or guessed during extraction.
    warnings: Warnings,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    superseded_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<Version> for VersionBody {
    fn from(version: Version) -> Self {
        Self {
            version: version.version,
            status: version.status,
            format: version.format,
            bytes: version.bytes,
            content_hash: version.content_hash.map(hex::encode),
            pages: version.pages,
            characters: version.characters,
            chunks: version.chunks,
            tokens: version.tokens,
            embedding_model: version.embedding_model,
            warnings: version.warnings,
            published_at: version.published_at,
            superseded_at: version.superseded_at,
            created_at: version.created_at,
        }
    }
}

/// Lists the versions of a document, newest first.
pub(crate) async fn versions(
    caller: Caller<DocumentsRead>,
    Path(id): Path<DocumentId>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<VersionBody>>> {
    let (limit, after) = (paging.limit()?, paging.after::<VersionNumber>()?);
    let rows = caller
        .store()
        .document_versions(
            caller.tenant(),
            id,
            after.map(|(_, version)| version),
            limit.rows(),
        )
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.version))?;
    Ok(Json(page.map(VersionBody::from)))
}

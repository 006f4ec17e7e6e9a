//! `GET /api/documents/{id}/original?version=`: a download link for the original file.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{Answer, App, Caller, Json, Path, Query, scopes::DocumentsRead};
use dynrag_app::documents;
use dynrag_domain::{DocumentId, Error, VersionNumber};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OriginalQuery {
    /// Version number. Default: the published version, else the latest.
    #[schema(minimum = 1)]
    version: Option<i32>,
}

/// A link to download a file without credentials.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OriginalLink {
    doc_id: DocumentId,
    version: VersionNumber,
    url: String,
    expires_at: DateTime<Utc>,
    /// The original file name, or one made from the title.
    file_name: String,
    content_type: &'static str,
    bytes: u64,
}

/// Returns a link.
pub(crate) async fn original(
    caller: Caller<DocumentsRead>,
    State(app): State<Arc<App>>,
    Path(id): Path<DocumentId>,
    Query(query): Query<OriginalQuery>,
) -> Answer<Json<OriginalLink>> {
    let version = query.version.map(VersionNumber::try_from).transpose();
    let version = version.map_err(|_| Error::field("/version", "from 1"))?;
    let link = documents::original_link(&app, &caller, id, version).await?;
    Ok(Json(OriginalLink {
        doc_id: id,
        version: link.version,
        url: link.url,
        expires_at: link.expires_at,
        file_name: link.file_name,
        content_type: link.format.media_type(),
        bytes: link.bytes,
    }))
}

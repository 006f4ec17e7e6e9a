//! `POST /api/documents/{id}/versions/{version}/restore`: an earlier version's content, as the next version.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Link, Path, responses::Accepted, scopes::DocumentsWrite};
use dynrag_app::documents;
use dynrag_domain::{DocumentId, VersionNumber, documents::Status};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RestoredDocument {
    doc_id: DocumentId,
    /// The number of the new version.
    version: VersionNumber,
    status: Status,
    status_url: Link,
}

/// Restores a version.
pub(crate) async fn restore(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path((id, of)): Path<(DocumentId, VersionNumber)>,
) -> Answer<Accepted<RestoredDocument>> {
    let version = documents::restore(&app, &caller, id, of).await?;
    Ok(Accepted(RestoredDocument {
        doc_id: id,
        version,
        status: Status::Queued,
        status_url: Link::to_document_status(id),
    }))
}

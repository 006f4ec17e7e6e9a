//! `POST /api/documents/{id}/undelete`: reverts a deletion, within `deletionRetentionDays`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Json, Link, Path, scopes::DocumentsWrite};
use dynrag_app::documents;
use dynrag_domain::{DocumentId, documents::Status};
use serde::Serialize;
use utoipa::ToSchema;

/// An undeleted document, without its content: the caller may have permission to write only.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UndeletedDocument {
    doc_id: DocumentId,
    status: Status,
    status_url: Link,
}

/// Undeletes a document, and with an email the documents deleted with it.
pub(crate) async fn undelete(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(id): Path<DocumentId>,
) -> Answer<Json<UndeletedDocument>> {
    let status = documents::undelete(&app, &caller, id).await?;
    Ok(Json(UndeletedDocument {
        doc_id: id,
        status,
        status_url: Link::to_document_status(id),
    }))
}

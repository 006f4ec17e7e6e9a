//! `POST /api/documents/{id}/retry`: another attempt at a failed document.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Link, Path, responses::Accepted, scopes::DocumentsWrite,
};
use dynrag_app::documents;
use dynrag_domain::{DocumentId, document_passwords::DocumentPassword, documents::Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Input that the previous attempt lacked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryRequest {
    /// Password of an encrypted PDF. It is stored encrypted until the document is removed.
    password: Option<DocumentPassword>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RetriedDocument {
    doc_id: DocumentId,
    status: Status,
    status_url: Link,
}

/// Queues the document's latest version again, with a full number of attempts.
pub(crate) async fn retry(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(id): Path<DocumentId>,
    body: Option<Json<RetryRequest>>,
) -> Answer<Accepted<RetriedDocument>> {
    let password = body.and_then(|Json(body)| body.password);
    documents::retry(&app, &caller, id, password.as_ref()).await?;
    Ok(Accepted(RetriedDocument {
        doc_id: id,
        status: Status::Queued,
        status_url: Link::to_document_status(id),
    }))
}

//! `POST /api/documents/{id}/retry`: another try for what ended badly.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Path, answers::Accepted, scopes::DocumentsWrite};
use dynrag_domain::{DocumentId, documents::Status};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RetriedDocument)]
pub(crate) struct Retried {
    doc_id: DocumentId,
    status: Status,
    status_url: String,
}

/// Queues the document's latest version again, with all its tries.
pub(crate) async fn retry(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Path(id): Path<DocumentId>,
) -> Answer<Accepted<Retried>> {
    caller.check_budget()?;
    let pending = context
        .store()
        .await?
        .retry_document(caller.customer_id, caller.principal.into(), id)
        .await?;
    context.dispatch_any(&pending).await;
    Ok(Accepted(Retried {
        doc_id: id,
        status: Status::Queued,
        status_url: format!("/api/documents/{id}/status"),
    }))
}

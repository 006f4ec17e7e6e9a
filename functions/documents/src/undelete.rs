//! `POST /api/documents/{id}/undelete`: takes a deletion back, for `deletionRetentionDays`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, Link, Path, scopes::DocumentsWrite};
use dynrag_domain::{DocumentId, documents::Status};
use serde::Serialize;
use utoipa::ToSchema;

/// No more than every writer may know: what a document holds is for its readers.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UndeletedDocument)]
pub(crate) struct Undeleted {
    doc_id: DocumentId,
    status: Status,
    status_url: Link,
}

/// Undeletes a document, and with a mail what was deleted with it.
pub(crate) async fn undelete(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Path(id): Path<DocumentId>,
) -> Answer<Json<Undeleted>> {
    let (customer, actor) = (caller.customer_id, caller.principal.into());
    let (document, pending) = caller
        .store()
        .undelete_document(customer, actor, id)
        .await?;
    context.dispatch_many(customer, &pending).await;
    tracing::info!(customer_id = %customer, document_id = %id, "document undeleted");
    Ok(Json(Undeleted {
        doc_id: id,
        status: document.status,
        status_url: Link::to_document_status(id),
    }))
}

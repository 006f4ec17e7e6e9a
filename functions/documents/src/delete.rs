//! `DELETE /api/documents/{id}`: hidden when this answers, gone soon after.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Path, answers::Accepted, scopes::DocumentsWrite};
use dynrag_domain::{DocumentId, Result};
use dynrag_store::admission::Admission;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentDeletion)]
pub(crate) struct Deleting {
    doc_id: DocumentId,
    status: &'static str,
}

/// Deletes a document, and with a mail the documents attached to it.
pub(crate) async fn delete(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Path(id): Path<DocumentId>,
) -> Answer<Accepted<Deleting>> {
    Ok(Accepted(hide(&context, &caller, id).await?))
}

/// Hides a document and sends the jobs that remove it.
///
/// # Errors
/// `not_found`.
pub(crate) async fn hide(
    context: &Context,
    caller: &Admission,
    id: DocumentId,
) -> Result<Deleting> {
    let pending = caller
        .store()
        .delete_document(caller.customer_id, caller.principal.into(), id)
        .await?;
    context
        .dispatch_deletions(caller.customer_id, &pending)
        .await;
    tracing::info!(customer_id = %caller.customer_id, document_id = %id, "document is being deleted");
    Ok(Deleting {
        doc_id: id,
        status: "deleting",
    })
}

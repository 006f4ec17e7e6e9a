//! `POST /api/documents/{id}/undelete`: takes a deletion back, for `deletionRetentionDays`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, Path, scopes::DocumentsWrite};
use dynrag_domain::DocumentId;

use crate::body::DocumentBody;

/// Undeletes a document, and with a mail what was deleted with it.
pub(crate) async fn undelete(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Path(id): Path<DocumentId>,
) -> Answer<Json<DocumentBody>> {
    let (customer, actor) = (caller.customer_id, caller.principal.into());
    let (document, pending) = caller
        .store()
        .undelete_document(customer, actor, id)
        .await?;
    for one in &pending {
        context.dispatch(one).await;
    }
    tracing::info!(customer_id = %customer, document_id = %id, "document undeleted");
    Ok(Json(document.into()))
}

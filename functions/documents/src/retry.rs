//! `POST /api/documents/{id}/retry`: another try for what ended badly.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Caller, Context, Json, Link, Path, answers::Accepted, scopes::DocumentsWrite,
};
use dynrag_domain::{DocumentId, document_passwords::DocumentPassword, documents::Status};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was missing.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RetryRequest)]
pub(crate) struct Body {
    /// Of a PDF that wants one; it is kept, sealed, for as long as the document is.
    password: Option<DocumentPassword>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RetriedDocument)]
pub(crate) struct Retried {
    doc_id: DocumentId,
    status: Status,
    status_url: Link,
}

/// Queues the document's latest version again, with all its tries.
pub(crate) async fn retry(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Path(id): Path<DocumentId>,
    body: Option<Json<Body>>,
) -> Answer<Accepted<Retried>> {
    caller.check_budget()?;
    let password = match body.and_then(|Json(body)| body.password) {
        Some(password) => {
            let customer = caller.customer_id;
            Some(context.seal_document_password(customer, &password).await?)
        }
        None => None,
    };
    let pending = caller
        .store()
        .retry_document(
            caller.customer_id,
            caller.principal.into(),
            id,
            password.as_ref(),
        )
        .await?;
    context.dispatch(&pending).await;
    Ok(Accepted(Retried {
        doc_id: id,
        status: Status::Queued,
        status_url: Link::to_document_status(id),
    }))
}

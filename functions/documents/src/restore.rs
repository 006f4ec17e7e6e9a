//! `POST /api/documents/{id}/versions/{version}/restore`: an earlier version's content, as the next version.
//!
//! Its texts were embedded once and are not paid for again.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Link, Path, answers::Accepted, scopes::DocumentsWrite};
use dynrag_domain::{
    DocumentId, Error, Kind,
    documents::{Status, VersionNumber},
};
use dynrag_store::versions::Change;
use serde::Serialize;
use utoipa::ToSchema;

const RACES: usize = 5;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RestoredDocument)]
pub(crate) struct Restored {
    doc_id: DocumentId,
    /// The version that is being made of it.
    version: i32,
    status: Status,
    status_url: Link,
}

/// Queues it.
pub(crate) async fn restore(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Path((id, of)): Path<(DocumentId, VersionNumber)>,
) -> Answer<Accepted<Restored>> {
    caller.check_budget()?;
    let store = caller.store();
    let (customer, actor) = (caller.customer_id, caller.principal.into());
    for _ in 0..RACES {
        let made = store
            .process_again(customer, actor, id, Some(of.get()), &Change::default())
            .await?;
        if let Some((version, pending)) = made {
            context.dispatch(&pending).await;
            return Ok(Accepted(Restored {
                doc_id: id,
                version,
                status: Status::Queued,
                status_url: Link::to_document_status(id),
            }));
        }
    }
    Err(Error::new(
        Kind::Conflict,
        "busy_document",
        "Others keep changing this document. Try again.",
    )
    .into())
}

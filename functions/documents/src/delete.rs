//! `DELETE /api/documents/{id}`: hidden when this answers; gone soon after, or when the time is over in which it can be
//! undeleted.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{Answer, Caller, Context, Path, Query, answers::Accepted, scopes::DocumentsWrite};
use dynrag_domain::{DocumentId, Result};
use dynrag_store::admission::Admission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DocumentDeletionQuery)]
pub(crate) struct Wanted {
    /// It cannot be undeleted, whatever `deletionRetentionDays` says. Takes also a document that is deleted already.
    #[serde(default)]
    permanent: bool,
}

/// What becomes of something deleted.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deletion {
    /// It is being removed.
    Deleting,
    /// It can be undeleted until `purgeAt`.
    Deleted,
}

impl Deletion {
    pub(crate) const fn of(purge_at: Option<DateTime<Utc>>) -> Self {
        match purge_at {
            Some(_) => Self::Deleted,
            None => Self::Deleting,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentDeletion)]
pub(crate) struct Deleting {
    doc_id: DocumentId,
    status: Deletion,
    /// Until when it can be undeleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge_at: Option<DateTime<Utc>>,
}

/// Deletes a document, and with a mail the documents attached to it.
pub(crate) async fn delete(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Path(id): Path<DocumentId>,
    Query(wanted): Query<Wanted>,
) -> Answer<Accepted<Deleting>> {
    let deleting = hide(&context, &caller, id, wanted.permanent).await?;
    Ok(Accepted(deleting))
}

/// Hides a document and sends the jobs that remove it, if it is removed now.
///
/// # Errors
/// `not_found`.
pub(crate) async fn hide(
    context: &Context,
    caller: &Admission,
    id: DocumentId,
    permanent: bool,
) -> Result<Deleting> {
    let (customer, actor) = (caller.customer_id, caller.principal.into());
    let (hidden, pending) = caller
        .store()
        .delete_document(customer, actor, id, permanent)
        .await?;
    context.dispatch_many(customer, &pending).await;
    tracing::info!(customer_id = %customer, document_id = %id, purge_at = ?hidden.purge_at, "document deleted");
    Ok(Deleting {
        doc_id: id,
        status: Deletion::of(hidden.purge_at),
        purge_at: hidden.purge_at,
    })
}

//! `DELETE /api/documents/{id}`: the document is hidden at once, and removed soon after or when it can no longer be
//! undeleted.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{Answer, App, Caller, Path, Query, responses::Accepted, scopes::DocumentsWrite};
use dynrag_app::documents;
use dynrag_domain::DocumentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentDeletionQuery {
    /// Delete permanently, without undelete, regardless of `deletionRetentionDays`. Works on a document that is already
    /// deleted, too.
    #[serde(default)]
    permanent: bool,
}

/// The state of a deletion.
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
pub(crate) struct DocumentDeletion {
    doc_id: DocumentId,
    status: Deletion,
    /// Until when it can be undeleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge_at: Option<DateTime<Utc>>,
}

impl From<documents::Deletion> for DocumentDeletion {
    fn from(deletion: documents::Deletion) -> Self {
        Self {
            doc_id: deletion.id,
            status: Deletion::of(deletion.purge_at),
            purge_at: deletion.purge_at,
        }
    }
}

/// Deletes a document, and with an email the documents attached to it.
pub(crate) async fn delete(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(id): Path<DocumentId>,
    Query(query): Query<DocumentDeletionQuery>,
) -> Answer<Accepted<DocumentDeletion>> {
    let deletion = documents::delete(&app, &caller, id, query.permanent).await?;
    Ok(Accepted(deletion.into()))
}

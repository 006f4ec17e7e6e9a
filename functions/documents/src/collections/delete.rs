//! `DELETE /api/collections/{id}?documents=keep|delete`.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, App, Caller, Path, Query,
    responses::{Accepted, Either, NoContent},
    scopes::{DocumentsWrite, Unbound},
};
use dynrag_app::collections;
use dynrag_domain::{CollectionId, collections::DocumentsOnDelete};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::delete::Deletion;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CollectionDeletionQuery {
    /// What happens to its documents. If left out, only an empty collection can be deleted.
    documents: Option<DocumentsOnDelete>,
    /// With `documents=delete`: delete them permanently, without undelete, regardless of `deletionRetentionDays`.
    #[serde(default)]
    permanent: bool,
}

/// The documents deleted with their collection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CollectionDeletion {
    collection_id: CollectionId,
    status: Deletion,
    /// Number of documents.
    documents: usize,
    /// Until when they can be undeleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge_at: Option<DateTime<Utc>>,
}

/// Deletes a collection.
pub(crate) async fn delete(
    caller: Caller<Unbound<DocumentsWrite>>,
    State(app): State<Arc<App>>,
    Path(id): Path<CollectionId>,
    Query(query): Query<CollectionDeletionQuery>,
) -> Answer<Either<Accepted<CollectionDeletion>, NoContent>> {
    let (documents, permanent) = (query.documents, query.permanent);
    let deleted = collections::delete(&app, &caller, id, documents, permanent).await?;
    if deleted.documents == 0 {
        return Ok(Either::Right(NoContent));
    }
    Ok(Either::Left(Accepted(CollectionDeletion {
        collection_id: id,
        status: Deletion::of(deleted.purge_at),
        documents: deleted.documents,
        purge_at: deleted.purge_at,
    })))
}

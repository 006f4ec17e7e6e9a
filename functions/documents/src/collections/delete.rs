//! `DELETE /api/collections/{id}?documents=keep|delete`.
//!
//! One transaction takes the collection away and hides its documents, with the jobs that remove them.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the commit | nothing | |
//! | after it | rows in the outbox | `sweep` sends the jobs |
//!
//! Where documents can be undeleted they have no job yet (`dynrag_store::deletion`); they come back in no collection.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Context, Path, Query,
    answers::{Accepted, Either, NoContent},
    scopes::{DocumentsWrite, Unbound},
};
use dynrag_domain::{CollectionId, collections::Leftovers};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::delete::Deletion;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CollectionDeletionQuery)]
pub(crate) struct Wanted {
    /// What becomes of its documents. Where it is left out, only an empty collection is deleted.
    documents: Option<Leftovers>,
    /// With `documents=delete`: they cannot be undeleted, whatever `deletionRetentionDays` says.
    #[serde(default)]
    permanent: bool,
}

/// Documents that are being deleted with their collection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CollectionDeletion)]
pub(crate) struct Deleting {
    collection_id: CollectionId,
    status: Deletion,
    /// How many documents.
    documents: usize,
    /// Until when they can be undeleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    purge_at: Option<DateTime<Utc>>,
}

/// Deletes a collection.
pub(crate) async fn delete(
    caller: Caller<Unbound<DocumentsWrite>>,
    State(context): State<Arc<Context>>,
    Path(id): Path<CollectionId>,
    Query(wanted): Query<Wanted>,
) -> Answer<Either<Accepted<Deleting>, NoContent>> {
    let store = caller.store();
    let (customer, actor) = (caller.customer_id, caller.principal.into());
    let (hidden, pending) = store
        .delete_collection(customer, actor, id, wanted.documents, wanted.permanent)
        .await?;
    if hidden.is_empty() {
        return Ok(Either::That(NoContent));
    }
    let documents = hidden.len();
    let purge_at = hidden.iter().find_map(|one| one.purge_at);
    context.dispatch_many(customer, &pending).await;
    tracing::info!(customer_id = %customer, collection_id = %id, documents, "collection is being deleted");
    Ok(Either::This(Accepted(Deleting {
        collection_id: id,
        status: Deletion::of(purge_at),
        documents,
        purge_at,
    })))
}

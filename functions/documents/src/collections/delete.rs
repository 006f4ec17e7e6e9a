//! `DELETE /api/collections/{id}?documents=keep|delete`.
//!
//! One transaction takes the collection away and hides its documents, with the jobs that remove them.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the commit | nothing | |
//! | after it | rows in the outbox | `sweep` sends the jobs |

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Caller, Context, Path, Query,
    answers::{Accepted, Either, NoContent},
    scopes::{DocumentsWrite, Unbound},
};
use dynrag_domain::{CollectionId, collections::Leftovers};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CollectionDeletionQuery)]
pub(crate) struct Wanted {
    /// What becomes of its documents. Where it is left out, only an empty collection is deleted.
    documents: Option<Leftovers>,
}

/// Documents that are being deleted with their collection.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CollectionDeletion)]
pub(crate) struct Deleting {
    collection_id: CollectionId,
    status: &'static str,
    /// How many documents.
    documents: usize,
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
    let pending = store
        .delete_collection(customer, actor, id, wanted.documents)
        .await?;
    if pending.is_empty() {
        return Ok(Either::That(NoContent));
    }
    let documents = pending.len();
    context.dispatch_deletions(customer, &pending).await;
    tracing::info!(customer_id = %customer, collection_id = %id, documents, "collection is being deleted");
    Ok(Either::This(Accepted(Deleting {
        collection_id: id,
        status: "deleting",
        documents,
    })))
}

//! `PUT /api/collections/{id}`: its name, description or chunking. Documents keep their chunks until they are
//! reprocessed.

use dynrag_api::{
    Answer, Caller, Json, Path,
    scopes::{DocumentsWrite, Unbound},
};
use dynrag_domain::CollectionId;

use super::body::{CollectionBody, CollectionChange};

/// Changes a collection.
pub(crate) async fn update(
    caller: Caller<Unbound<DocumentsWrite>>,
    Path(id): Path<CollectionId>,
    Json(body): Json<CollectionChange>,
) -> Answer<Json<CollectionBody>> {
    let change = body.check()?;
    let store = caller.store();
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    let changed = store
        .update_collection(customer, actor, id, &change.row())
        .await?;
    Ok(Json(changed.into()))
}

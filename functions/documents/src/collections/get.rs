//! `GET /api/collections/{id}`.

use dynrag_api::{
    Answer, Caller, Json, Path,
    scopes::{AnyOf, DocumentsRead, Search},
};
use dynrag_domain::CollectionId;

use super::body::CollectionBody;

/// Returns a collection.
pub(crate) async fn get(
    caller: Caller<AnyOf<DocumentsRead, Search>>,
    Path(id): Path<CollectionId>,
) -> Answer<Json<CollectionBody>> {
    let store = caller.store();
    let found = store.get_collection(caller.tenant(), id).await?;
    Ok(Json(found.into()))
}

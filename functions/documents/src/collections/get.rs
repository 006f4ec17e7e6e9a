//! `GET /api/collections/{id}`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Json, Path, scopes::DocumentsRead};
use dynrag_domain::CollectionId;

use super::body::CollectionBody;

/// Shows a collection.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    State(context): State<Arc<Context>>,
    Path(id): Path<CollectionId>,
) -> Answer<Json<CollectionBody>> {
    let store = context.store().await?;
    let found = store.get_collection(caller.customer_id, id).await?;
    Ok(Json(found.into()))
}

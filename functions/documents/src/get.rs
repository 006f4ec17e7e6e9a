//! `GET /api/documents/{id}`.

use dynrag_api::{Answer, Caller, Json, Path, scopes::DocumentsRead};
use dynrag_domain::DocumentId;

use crate::body::DocumentBody;

/// Returns a document.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    Path(id): Path<DocumentId>,
) -> Answer<Json<DocumentBody>> {
    let document = caller.store().get_document(caller.tenant(), id).await?;
    Ok(Json(document.into()))
}

//! `GET /api/collections?limit=&cursor=`: newest first.

use dynrag_api::{
    Answer, Caller, Json, Query,
    paging::{Page, Paging},
    scopes::{AnyOf, DocumentsRead, Search},
};

use super::body::CollectionBody;

/// Returns a page.
pub(crate) async fn list(
    caller: Caller<AnyOf<DocumentsRead, Search>>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<CollectionBody>>> {
    let (after, limit) = (paging.after()?, paging.limit()?);
    let store = caller.store();
    let rows = store
        .list_collections(caller.tenant(), after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(page.map(CollectionBody::from)))
}

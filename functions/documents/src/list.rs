//! `GET /api/documents?limit=&cursor=&status=&collectionId=`: newest first.

use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Json, Query, cursor,
    paging::{Limit, Page},
    scopes::DocumentsRead,
};
use dynrag_domain::{CollectionId, DocumentId, documents::Status};
use dynrag_store::documents::{Document, Position};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::body::DocumentBody;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Filter {
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    cursor: Option<String>,
    status: Option<Status>,
    /// Those of a collection.
    collection_id: Option<CollectionId>,
}

/// Answers a page.
pub(crate) async fn list(
    caller: Caller<DocumentsRead>,
    Query(filter): Query<Filter>,
) -> Answer<Json<Page<DocumentBody>>> {
    let limit = Limit::new(filter.limit)?;
    let after = filter
        .cursor
        .as_deref()
        .map(cursor::decode::<(DateTime<Utc>, DocumentId)>)
        .transpose()?;
    let after = after.map(|(created_at, id)| Position { created_at, id });
    let store = caller.store();
    let rows = store
        .list_documents(
            caller.customer_id,
            filter.status,
            filter.collection_id,
            after,
            limit.rows(),
        )
        .await?;
    let page = Page::new(rows, limit, |row: &Document| (row.created_at, row.id))?;
    Ok(Json(page.map(DocumentBody::from)))
}

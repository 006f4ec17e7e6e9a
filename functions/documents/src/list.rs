//! `GET /api/documents?limit=&cursor=&status=`: newest first.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{Answer, Caller, Context, Json, Query, cursor, scopes::DocumentsRead};
use dynrag_domain::{DocumentId, Error, documents::Status};
use dynrag_store::documents::{Document, Position};
use serde::{Deserialize, Serialize};

use crate::body::DocumentBody;

const MAX_LIMIT: u32 = 200;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    #[serde(default = "default_limit")]
    limit: u32,
    cursor: Option<String>,
    status: Option<Status>,
}

fn default_limit() -> u32 {
    50
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Page {
    items: Vec<DocumentBody>,
    next_cursor: Option<String>,
}

/// Answers a page.
pub(crate) async fn list(
    caller: Caller<DocumentsRead>,
    State(context): State<Arc<Context>>,
    Query(filter): Query<Filter>,
) -> Answer<Json<Page>> {
    if !(1..=MAX_LIMIT).contains(&filter.limit) {
        return Err(Error::field("/limit", format!("from 1 to {MAX_LIMIT}")).into());
    }
    let after = filter
        .cursor
        .as_deref()
        .map(cursor::decode::<(DateTime<Utc>, DocumentId)>)
        .transpose()?;
    let after = after.map(|(created_at, id)| Position { created_at, id });
    let store = context.store().await?;
    // One more than asked for tells whether there is a next page.
    let mut items = store
        .list_documents(
            caller.customer_id,
            filter.status,
            after,
            i64::from(filter.limit) + 1,
        )
        .await?;
    let more = items.len() > filter.limit as usize;
    items.truncate(filter.limit as usize);
    let next_cursor = match items.last() {
        Some(Document { created_at, id, .. }) if more => Some(cursor::encode(&(created_at, id))?),
        _ => None,
    };
    Ok(Json(Page {
        items: items.into_iter().map(DocumentBody::from).collect(),
        next_cursor,
    }))
}

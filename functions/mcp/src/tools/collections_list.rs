//! `collections_list`: the collections that searches can be limited to.

use chrono::{DateTime, Utc};
use dynrag_api::cursor;
use dynrag_domain::{CollectionId, Result, identity::Scope};
use dynrag_store::collections::Collection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    call::Call,
    pages,
    tools::{Callable, Shown},
};

/// Collections of a result.
const MOST: usize = 100;

pub(crate) struct CollectionsList;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CollectionsListArguments)]
pub(crate) struct Arguments {
    /// `nextCursor` of the result before.
    #[schema(max_length = 200)]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CollectionsShown)]
pub(crate) struct Results {
    /// The collections, the newest first.
    collections: Vec<Shelf>,
    /// Send it as `cursor` for more; null if there is no more.
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CollectionShown)]
struct Shelf {
    collection_id: CollectionId,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    /// Number of documents in it.
    documents: i64,
}

impl Callable for CollectionsList {
    const NAME: &'static str = "collections_list";
    const TITLE: &'static str = "List collections";
    const DESCRIPTION: &'static str = "Lists the collections of documents, with their ids: what chunks_search, catalog_search and ask can be limited to, and \
         what a document can be added to.";
    const SCOPE: Scope = Scope::DocumentsRead;
    type Arguments = Arguments;
    type Output = Results;

    async fn call(call: &Call, arguments: Arguments) -> Result<Shown<Results>> {
        let after: Option<(DateTime<Utc>, CollectionId)> = arguments
            .cursor
            .as_deref()
            .map(cursor::decode)
            .transpose()?;
        let (store, customer) = (call.caller.store(), call.caller.tenant());
        let rows = store
            .list_collections(customer, after, MOST as i64 + 1)
            .await?;
        let places: Vec<_> = rows.iter().map(|row| (row.created_at, row.id)).collect();
        let found = rows.len();
        let shelf = |row: Collection| Shelf {
            collection_id: row.id,
            name: row.name,
            description: row.description,
            documents: row.documents,
        };
        let mut collections: Vec<Shelf> = rows.into_iter().take(MOST).map(shelf).collect();
        collections.truncate(pages::fit(&collections)?);
        let last = collections.len().checked_sub(1);
        let behind = last.and_then(|last| places.get(last));
        let next_cursor = match behind {
            Some(behind) if collections.len() < found => Some(cursor::encode(behind)?),
            _ => None,
        };
        let results = Results {
            collections,
            next_cursor,
        };
        Ok(results.into())
    }
}

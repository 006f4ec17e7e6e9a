//! `catalog_search`: documents by their names and properties.

use dynrag_api::cursor;
use dynrag_domain::{
    CollectionId, Error, Kind, Result,
    documents::{
        Status,
        filter::{self, Filter, Sort},
    },
    identity::Scope,
    search::filter::FilterInput,
};
use dynrag_store::document_list::Position;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    call::Call,
    pages,
    tools::{Callable, Shown, document::DocumentShown},
};

/// Most documents of a result.
const MOST: u32 = 100;
const SORT: Sort = Sort::UpdatedAtDescending;

pub(crate) struct CatalogSearch;

#[derive(Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = CatalogSearchArguments)]
pub(crate) struct Arguments {
    /// Words, each of which is part of the title, the file name, the external id or the URL. Left out: all documents.
    #[schema(min_length = 1, max_length = 512)]
    query: Option<String>,
    /// Only documents that meet this, such as `{"field": "metadata.year", "op": "gte", "value": 2020}`.
    filter: Option<FilterInput>,
    /// Only documents of this collection; see `collections_list`.
    collection_id: Option<CollectionId>,
    /// Only documents with this status.
    status: Option<Status>,
    /// Most documents.
    #[serde(default = "default_limit")]
    #[schema(default = 20, minimum = 1, maximum = 100)]
    limit: u32,
    /// `nextCursor` of the result before, with the same arguments otherwise.
    #[serde(skip_serializing)]
    #[schema(max_length = 1000)]
    cursor: Option<String>,
}

fn default_limit() -> u32 {
    20
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CatalogFound)]
pub(crate) struct Results {
    /// The documents, those that were changed last first.
    documents: Vec<DocumentShown>,
    /// Send it as `cursor` for more; null if there is no more.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// A cursor's content: the fingerprint of the call, and a place in the list.
#[derive(Serialize, Deserialize)]
struct Mark {
    asked: String,
    behind: Position,
}

impl Arguments {
    fn filter(&self) -> Result<Filter> {
        if !(1..=MOST).contains(&self.limit) {
            return Err(Error::field("/limit", format!("from 1 to {MOST}")));
        }
        let words = self.query.as_deref();
        let meets = self.filter.as_ref();
        Filter {
            words: words
                .map(|text| filter::words("/query", text))
                .transpose()?,
            meets: meets
                .map(|filter| filter.parse_documents("/filter"))
                .transpose()?,
            collection: self.collection_id.map(Some),
            statuses: self.status.map(|status| vec![status]),
            ..Filter::default()
        }
        .check("")
    }

    fn after(&self, asked: &str) -> Result<Option<Position>> {
        let Some(text) = self.cursor.as_deref() else {
            return Ok(None);
        };
        let mark: Mark = cursor::decode(text)?;
        match mark.asked == asked && mark.behind.is_of(SORT) {
            true => Ok(Some(mark.behind)),
            false => Err(Error::new(
                Kind::Invalid,
                "invalid_cursor",
                pages::OTHER_CALL,
            )),
        }
    }
}

impl Callable for CatalogSearch {
    const NAME: &'static str = "catalog_search";
    const TITLE: &'static str = "List documents";
    const DESCRIPTION: &'static str = "Lists documents by words of their title, file name, external id or URL, and by their properties, those that were \
         changed last first. To search what documents say, call search or chunks_search.";
    const SCOPE: Scope = Scope::DocumentsRead;
    type Arguments = Arguments;
    type Output = Results;

    async fn call(call: &Call, arguments: Arguments) -> Result<Shown<Results>> {
        let asked = pages::fingerprint(&arguments)?;
        let (filter, after) = (arguments.filter()?, arguments.after(&asked)?);
        let (store, customer) = (call.caller.store(), call.caller.tenant());
        let most = arguments.limit as usize;
        let rows = i64::from(arguments.limit) + 1;
        let rows = store.list_documents(customer, &filter, SORT, after.as_ref(), rows);
        let rows = rows.await?;
        let places: Vec<Position> = rows.iter().map(|row| Position::behind(row, SORT)).collect();
        let found = rows.len();
        let mut documents: Vec<DocumentShown> = rows
            .into_iter()
            .take(most)
            .map(|row| DocumentShown::new(call, row))
            .collect();
        documents.truncate(pages::fit(&documents)?);
        let last = documents.len().checked_sub(1);
        let behind = last.and_then(|last| places.into_iter().nth(last));
        let next_cursor = match behind {
            Some(behind) if documents.len() < found => {
                Some(cursor::encode(&Mark { asked, behind })?)
            }
            _ => None,
        };
        let results = Results {
            documents,
            next_cursor,
        };
        Ok(results.into())
    }
}

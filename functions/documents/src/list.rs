//! `GET /api/documents`: the documents that meet all conditions, sorted.

use dynrag_api::{
    Answer, Caller, Json, Query, cursor,
    paging::{Limit, Page},
    scopes::DocumentsRead,
};
use dynrag_domain::{
    Error, Kind, Result,
    documents::{
        FailureCode, Format, Source, Status,
        filter::{self, Filter, Presence, Sort},
    },
    metadata::Metadata,
    search::{self, filter::FilterInput},
};
use dynrag_store::{document_list::Position, documents::Document};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use crate::{body::DocumentBody, several::Several};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct DocumentsQuery {
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `nextCursor` of the previous page, with the same conditions and order.
    cursor: Option<String>,
    sort: Option<Sort>,
    /// Whether to count all documents that meet the conditions.
    total: Option<bool>,
    /// List deleted documents that can be undeleted, instead of present ones.
    deleted: Option<bool>,
    /// Words, each of which is part of the title, the file name, the external id or the URL, case-insensitive.
    #[schema(min_length = 1, max_length = 512)]
    q: Option<String>,
    /// A filter as in searches, as JSON, on properties of documents.
    filter: Option<String>,
    /// The customer's own id of the document.
    #[schema(min_length = 1, max_length = 256)]
    external_id: Option<String>,
    /// Part of the title, case-insensitive.
    #[schema(min_length = 1, max_length = 512)]
    title: Option<String>,
    /// The whole file name.
    #[schema(min_length = 1, max_length = 512)]
    file_name: Option<String>,
    /// Formats, separated by commas; a document has one of them.
    #[schema(value_type = Option<Vec<Format>>, min_items = 1)]
    format: Option<Several<Format>>,
    /// Sources, separated by commas; a document has one of them.
    #[schema(value_type = Option<Vec<Source>>, min_items = 1)]
    source: Option<Several<Source>>,
    /// Statuses, separated by commas; a document has one of them.
    #[schema(value_type = Option<Vec<Status>>, min_items = 1)]
    status: Option<Several<Status>>,
    /// Failed, or needs action, for this reason.
    code: Option<FailureCode>,
    /// A collection's id, or `none` for documents in no collection.
    collection_id: Option<String>,
    /// A JSON object; the document's metadata contains these members with these values.
    metadata: Option<String>,
    /// Added after this time (RFC 3339).
    #[schema(value_type = Option<String>, format = DateTime)]
    created_after: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    created_before: Option<String>,
    /// Last changed after this time (RFC 3339).
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_after: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_before: Option<String>,
}

/// A page of documents.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentPage)]
pub(crate) struct Documents {
    items: Vec<DocumentBody>,
    #[schema(required)]
    next_cursor: Option<String>,
    /// Number of documents that meet the conditions, if requested with `total=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
}

/// A cursor's content: a position, and the fingerprint of its list.
#[derive(Serialize, Deserialize)]
struct Mark {
    list: String,
    behind: Position,
}

impl DocumentsQuery {
    fn filter(self) -> Result<Filter> {
        let time = |pointer: &str, text: Option<String>| {
            text.map(|text| filter::time(pointer, &text)).transpose()
        };
        let metadata = match self.metadata {
            Some(text) => Some(Metadata::parse(&text).ok_or_else(|| {
                Error::field("/metadata", r#"a JSON object such as {"year":2026}"#)
            })?),
            None => None,
        };
        let collection = self
            .collection_id
            .map(|text| filter::collection("/collectionId", &text));
        Filter {
            presence: match self.deleted {
                Some(true) => Presence::Deleted,
                _ => Presence::Present,
            },
            ids: None,
            words: self.q.map(|text| filter::words("/q", &text)).transpose()?,
            meets: self.filter.map(|text| meets(&text)).transpose()?,
            external_id: self.external_id,
            title: self.title,
            file_name: self.file_name,
            formats: self.format.map(|several| several.0),
            sources: self.source.map(|several| several.0),
            statuses: self.status.map(|several| several.0),
            code: self.code,
            collection: collection.transpose()?,
            metadata,
            created_after: time("/createdAfter", self.created_after)?,
            created_before: time("/createdBefore", self.created_before)?,
            updated_after: time("/updatedAfter", self.updated_after)?,
            updated_before: time("/updatedBefore", self.updated_before)?,
        }
        .check("")
    }
}

/// Parses a filter in a query.
fn meets(text: &str) -> Result<search::filter::Filter> {
    let input: FilterInput = serde_json::from_str(text).map_err(|_| {
        Error::field(
            "/filter",
            r#"JSON such as {"field":"metadata.year","op":"gte","value":2020}"#,
        )
    })?;
    input.parse_documents("/filter")
}

/// Returns the fingerprint of a list: a hash of its conditions and order.
fn fingerprint(filter: &Filter, sort: Sort) -> Result<String> {
    let list = serde_json::to_vec(&(filter, sort)).map_err(Error::internal_fault)?;
    Ok(hex::encode(&Sha256::digest(list)[..12]))
}

/// Decodes a cursor of this list.
fn position(cursor: &str, list: &str, sort: Sort) -> Result<Position> {
    let mark: Mark = cursor::decode(cursor)?;
    if mark.list == list && mark.behind.is_of(sort) {
        return Ok(mark.behind);
    }
    Err(Error::new(
        Kind::Invalid,
        "invalid_cursor",
        "The cursor belongs to a list with other conditions or another order. Send it with those of the first page, or \
         start again without it.",
    ))
}

/// Returns a page.
pub(crate) async fn list(
    caller: Caller<DocumentsRead>,
    Query(query): Query<DocumentsQuery>,
) -> Answer<Json<Documents>> {
    let limit = Limit::new(query.limit)?;
    let sort = query.sort.unwrap_or_default();
    let count = query.total.unwrap_or_default();
    let cursor = query.cursor.clone();
    let filter = query.filter()?;
    let list = fingerprint(&filter, sort)?;
    let after = cursor.map(|cursor| position(&cursor, &list, sort));
    let after = after.transpose()?;
    let (store, customer) = (caller.store(), caller.tenant());
    let rows = store
        .list_documents(customer, &filter, sort, after.as_ref(), limit.rows())
        .await?;
    let total = match count {
        true => Some(store.count_documents(customer, &filter).await?),
        false => None,
    };
    let page = Page::new(rows, limit, |row: &Document| Mark {
        list: list.clone(),
        behind: Position::behind(row, sort),
    })?;
    let (items, next_cursor) = page.map(DocumentBody::from).into_parts();
    Ok(Json(Documents {
        items,
        next_cursor,
        total,
    }))
}

#[cfg(test)]
mod tests {
    use dynrag_domain::DocumentId;
    use dynrag_store::document_list::Key;

    use super::*;

    #[test]
    fn a_cursor_belongs_to_one_list() {
        let filter = |title: &str| Filter {
            title: Some(title.to_owned()),
            ..Filter::default()
        };
        let list = fingerprint(&filter("a"), Sort::Title).unwrap();
        let mark = |key| Mark {
            list: list.clone(),
            behind: Position {
                key,
                id: DocumentId::generate(),
            },
        };
        let by_title = cursor::encode(&mark(Key::Title("T".to_owned()))).unwrap();
        assert!(position(&by_title, &list, Sort::Title).is_ok());
        let other = fingerprint(&filter("b"), Sort::Title).unwrap();
        let turned = fingerprint(&filter("a"), Sort::TitleDescending).unwrap();
        let by_time = cursor::encode(&mark(Key::Time(chrono::Utc::now()))).unwrap();
        for refused in [
            position(&by_title, &other, Sort::Title),
            position(&by_title, &turned, Sort::TitleDescending),
            position(&by_time, &list, Sort::Title),
        ] {
            assert_eq!(refused.unwrap_err().code(), "invalid_cursor");
        }
    }
}

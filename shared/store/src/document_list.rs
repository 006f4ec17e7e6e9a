//! Lists of documents: filtered, in an order, page by page; and where the documents of hits come from.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, CustomerId, DocumentId, Error, Result,
    documents::{
        FailureCode, Format, Source, Status,
        filter::{Filter, Presence, Sort},
    },
    search::Origin,
};
use serde::{Deserialize, Serialize};
use tokio_postgres::{
    Row,
    types::{Json, ToSql, Type},
};
use uuid::Uuid;

use crate::{
    Store,
    connection::Param,
    documents::{Document, document},
};

/// What a list is ordered by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Key {
    /// A time.
    Time(DateTime<Utc>),
    /// A title.
    Title(String),
}

/// A position in a list: behind the last document seen.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Position {
    /// What the list is ordered by, of that document.
    pub key: Key,
    /// Its id.
    pub id: DocumentId,
}

impl Position {
    /// The position behind a document, in this order.
    pub fn behind(document: &Document, sort: Sort) -> Self {
        let key = match sort {
            Sort::CreatedAt | Sort::CreatedAtDescending => Key::Time(document.created_at),
            Sort::UpdatedAt | Sort::UpdatedAtDescending => Key::Time(document.updated_at),
            Sort::Title | Sort::TitleDescending => Key::Title(document.title.clone()),
        };
        Self {
            key,
            id: document.id,
        }
    }

    /// Whether it is a position of this order.
    pub fn is_of(&self, sort: Sort) -> bool {
        let by_title = matches!(sort, Sort::Title | Sort::TitleDescending);
        by_title == matches!(self.key, Key::Title(_))
    }
}

/// The parts of list.sql that are an order's.
struct Order {
    key: &'static str,
    value: &'static str,
    descending: bool,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        let (key, value, descending) = match sort {
            Sort::CreatedAt => ("d.created_at", "$18::timestamptz", false),
            Sort::CreatedAtDescending => ("d.created_at", "$18::timestamptz", true),
            Sort::UpdatedAt => ("d.updated_at", "$18::timestamptz", false),
            Sort::UpdatedAtDescending => ("d.updated_at", "$18::timestamptz", true),
            Sort::Title => ("lower(d.title)", "lower($18::text)", false),
            Sort::TitleDescending => ("lower(d.title)", "lower($18::text)", true),
        };
        Self {
            key,
            value,
            descending,
        }
    }
}

impl Order {
    fn sql(&self, presence: Presence) -> String {
        let (direction, beyond) = if self.descending {
            ("DESC", "<")
        } else {
            ("ASC", ">")
        };
        matching(include_str!("../queries/documents/list.sql"), presence)
            .replace("{key}", self.key)
            .replace("{value}", self.value)
            .replace("{direction}", direction)
            .replace("{beyond}", beyond)
    }
}

/// A statement with the conditions of matching.sql put in.
pub(crate) fn matching(sql: &str, presence: Presence) -> String {
    let conditions = include_str!("../queries/documents/matching.sql");
    present(&sql.replace("{matching}", conditions), presence)
}

/// A statement with the condition put in that documents d are there, or deleted. It is text, not a parameter, as it leads
/// to an index.
pub(crate) fn present(sql: &str, presence: Presence) -> String {
    let condition = match presence {
        Presence::There => "d.deleted_at IS NULL",
        Presence::Deleted => "d.purge_at IS NOT NULL",
        Presence::Either => "(d.deleted_at IS NULL OR d.purge_at IS NOT NULL)",
    };
    sql.replace("{present}", condition)
}

/// The values of matching.sql, `$1` to `$16`.
pub(crate) struct Values<'a> {
    customer: Uuid,
    filter: &'a Filter,
    ids: Option<Vec<Uuid>>,
    title: Option<String>,
    formats: Option<Vec<&'static str>>,
    sources: Option<Vec<&'static str>>,
    statuses: Option<Vec<&'static str>>,
    code: Option<&'static str>,
    collection: Option<Uuid>,
    in_none: bool,
    metadata: Option<Json<&'a dynrag_domain::metadata::Metadata>>,
}

impl<'a> Values<'a> {
    pub(crate) fn new(customer: CustomerId, filter: &'a Filter) -> Self {
        let names = |formats: &Vec<Format>| formats.iter().map(|one| one.as_str()).collect();
        Self {
            customer: customer.as_uuid(),
            filter,
            ids: filter
                .ids
                .as_ref()
                .map(|ids| ids.iter().map(DocumentId::as_uuid).collect()),
            title: filter.title.as_deref().map(part_of),
            formats: filter.formats.as_ref().map(names),
            sources: filter
                .sources
                .as_ref()
                .map(|all| all.iter().copied().map(Source::as_str).collect()),
            statuses: filter
                .statuses
                .as_ref()
                .map(|all| all.iter().copied().map(Status::as_str).collect()),
            code: filter.code.map(FailureCode::as_str),
            collection: filter.collection.flatten().map(|id| id.as_uuid()),
            in_none: filter.collection == Some(None),
            metadata: filter.metadata.as_ref().map(Json),
        }
    }

    pub(crate) fn params(&self) -> Vec<Param<'_>> {
        let filter = self.filter;
        vec![
            (&self.customer, Type::UUID),
            (&filter.external_id, Type::TEXT),
            (&self.title, Type::TEXT),
            (&filter.file_name, Type::TEXT),
            (&self.formats, Type::TEXT_ARRAY),
            (&self.sources, Type::TEXT_ARRAY),
            (&self.statuses, Type::TEXT_ARRAY),
            (&self.code, Type::TEXT),
            (&self.collection, Type::UUID),
            (&self.in_none, Type::BOOL),
            (&self.metadata, Type::JSONB),
            (&filter.created_after, Type::TIMESTAMPTZ),
            (&filter.created_before, Type::TIMESTAMPTZ),
            (&filter.updated_after, Type::TIMESTAMPTZ),
            (&filter.updated_before, Type::TIMESTAMPTZ),
            (&self.ids, Type::UUID_ARRAY),
        ]
    }
}

/// The pattern of texts that contain this one.
fn part_of(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn column(error: tokio_postgres::Error) -> Error {
    Error::internal_fault(format!("document list: {error}"))
}

impl Store {
    /// A page of the documents that match, in this order.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_documents(
        &self,
        customer: CustomerId,
        filter: &Filter,
        sort: Sort,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<Document>> {
        let values = Values::new(customer, filter);
        let (time, title) = match after.map(|position| &position.key) {
            Some(Key::Time(time)) => (Some(*time), None),
            Some(Key::Title(title)) => (None, Some(title.as_str())),
            None => (None, None),
        };
        let key: (&(dyn ToSql + Sync), Type) = match sort {
            Sort::Title | Sort::TitleDescending => (&title, Type::TEXT),
            _ => (&time, Type::TIMESTAMPTZ),
        };
        let id = after.map(|position| position.id.as_uuid());
        let mut params = values.params();
        params.extend([(&limit as _, Type::INT8), key, (&id as _, Type::UUID)]);
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(&Order::from(sort).sql(filter.presence), &params)
            .await?;
        tx.commit().await?;
        rows.iter().map(document).collect()
    }

    /// How many documents match.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn count_documents(&self, customer: CustomerId, filter: &Filter) -> Result<i64> {
        let count = include_str!("../queries/documents/count_matching.sql");
        let sql = matching(count, filter.presence);
        let tx = self.tenant(customer).await?;
        let values = Values::new(customer, filter);
        let row = tx.query_opt(&sql, &values.params()).await?;
        tx.commit().await?;
        row.ok_or_else(|| Error::internal_fault("count returned no row"))?
            .try_get("documents")
            .map_err(column)
    }

    /// The document that has this external id.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn document_by_external_id(
        &self,
        customer: CustomerId,
        external_id: &str,
    ) -> Result<Document> {
        let filter = Filter {
            external_id: Some(external_id.to_owned()),
            ..Filter::default()
        };
        let found = self
            .list_documents(customer, &filter, Sort::default(), None, 1)
            .await?;
        let found = found.into_iter().next();
        found.ok_or_else(|| Error::not_found("document"))
    }

    /// All documents that have this external id: one that is there at most, and any number that are deleted.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn documents_by_external_id(
        &self,
        customer: CustomerId,
        external_id: &str,
    ) -> Result<Vec<DocumentId>> {
        let filter = Filter {
            presence: Presence::Either,
            external_id: Some(external_id.to_owned()),
            ..Filter::default()
        };
        let found = self
            .list_documents(customer, &filter, Sort::default(), None, i64::MAX)
            .await?;
        Ok(found.into_iter().map(|document| document.id).collect())
    }

    /// Where the documents of hits come from. One that was deleted is left out.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn document_origins(
        &self,
        customer: CustomerId,
        documents: &[DocumentId],
    ) -> Result<HashMap<DocumentId, Origin>> {
        let ids: Vec<Uuid> = documents.iter().map(DocumentId::as_uuid).collect();
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/documents/origins.sql"),
                &[(&customer.as_uuid(), Type::UUID), (&ids, Type::UUID_ARRAY)],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(origin).collect()
    }
}

fn origin(row: &Row) -> Result<(DocumentId, Origin)> {
    let id: Uuid = row.try_get("id").map_err(column)?;
    let collection: Option<Uuid> = row.try_get("collection_id").map_err(column)?;
    let origin = Origin {
        source_url: row.try_get("source_url").map_err(column)?,
        external_id: row.try_get("external_id").map_err(column)?,
        collection_id: collection.map(CollectionId::from),
        file_name: row.try_get("file_name").map_err(column)?,
    };
    Ok((id.into(), origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_makes_a_whole_statement() {
        for sort in Sort::ALL {
            let sql = Order::from(*sort).sql(Presence::There);
            let code: String = sql.lines().filter(|line| !line.starts_with("--")).collect();
            assert!(!code.contains('{'), "{code}");
            assert_eq!(sql.contains(" DESC"), sort.as_str().starts_with('-'));
        }
    }

    #[test]
    fn a_part_of_a_title_is_taken_to_the_letter() {
        assert_eq!(part_of(r"50% _a\b"), r"%50\% \_a\\b%");
    }
}

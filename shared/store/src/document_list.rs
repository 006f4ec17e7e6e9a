//! Lists of documents, filtered, sorted and paginated; and the origins of the documents of hits.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, Error, Result,
    documents::filter::{Filter, Presence, Sort},
    search::Origin,
};
use serde::{Deserialize, Serialize};
use tokio_postgres::types::Json;

use crate::{
    Store, TenantId,
    document_filter::Condition,
    documents::{Document, document},
    params::Param,
    row::Row,
};

/// Number of values of matching.sql without those of the filter.
const MATCHING: usize = 17;

/// The value of a sort key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Key {
    /// A time.
    Time(DateTime<Utc>),
    /// A title.
    Title(String),
}

/// A position in a list: after the last document of a page.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Position {
    /// The sort key of that document.
    pub key: Key,
    /// The id of that document.
    pub id: DocumentId,
}

impl Position {
    /// Returns the position after a document in this order.
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

    /// Returns whether the position belongs to this order.
    pub fn is_of(&self, sort: Sort) -> bool {
        let by_title = matches!(sort, Sort::Title | Sort::TitleDescending);
        by_title == matches!(self.key, Key::Title(_))
    }
}

/// The parts of list.sql that depend on the order.
struct Order {
    key: &'static str,
    value: &'static str,
    descending: bool,
}

impl From<Sort> for Order {
    fn from(sort: Sort) -> Self {
        let (key, value, descending) = match sort {
            Sort::CreatedAt => ("d.created_at", "$19::timestamptz", false),
            Sort::CreatedAtDescending => ("d.created_at", "$19::timestamptz", true),
            Sort::UpdatedAt => ("d.updated_at", "$19::timestamptz", false),
            Sort::UpdatedAtDescending => ("d.updated_at", "$19::timestamptz", true),
            Sort::Title => ("lower(d.title)", "lower($19::text)", false),
            Sort::TitleDescending => ("lower(d.title)", "lower($19::text)", true),
        };
        Self {
            key,
            value,
            descending,
        }
    }
}

impl Order {
    /// Returns the statement of a list in this order.
    fn fill(&self, sql: &str) -> String {
        let (direction, beyond) = if self.descending {
            ("DESC", "<")
        } else {
            ("ASC", ">")
        };
        sql.replace("{key}", self.key)
            .replace("{value}", self.value)
            .replace("{direction}", direction)
            .replace("{beyond}", beyond)
    }
}

/// Returns a statement with the condition inserted that documents `d` are present, or deleted. It is text and not a
/// parameter, so that the planner can use an index.
pub(crate) fn present(sql: &str, presence: Presence) -> String {
    let condition = match presence {
        Presence::Present => "d.deleted_at IS NULL",
        Presence::Deleted => "d.purge_at IS NOT NULL",
        Presence::Either => "(d.deleted_at IS NULL OR d.purge_at IS NOT NULL)",
    };
    sql.replace("{present}", condition)
}

/// The values of matching.sql, `$1` to `$17`, and those of the filter, which follow the statement's own.
pub(crate) struct Values<'a> {
    customer: TenantId,
    filter: &'a Filter,
    words: Option<Vec<String>>,
    meets: Option<Condition>,
    title: Option<String>,
    collection: Option<CollectionId>,
    in_none: bool,
    metadata: Option<Json<&'a dynrag_domain::metadata::Metadata>>,
}

impl<'a> Values<'a> {
    /// Of a statement that has so many values of its own.
    ///
    /// # Errors
    /// `internal_error` if the filter has a condition on chunks.
    pub(crate) fn new(customer: TenantId, filter: &'a Filter, own: usize) -> Result<Self> {
        let meets = match &filter.meets {
            Some(meets) => Some(Condition::of_documents(meets, MATCHING + own + 1)?),
            None => None,
        };
        let words = filter.words.as_ref();
        Ok(Self {
            customer,
            filter,
            meets,
            words: words.map(|words| words.iter().map(|word| part_of(word)).collect()),
            title: filter.title.as_deref().map(part_of),
            collection: filter.collection.flatten(),
            in_none: filter.collection == Some(None),
            metadata: filter.metadata.as_ref().map(Json),
        })
    }

    /// Returns a statement with the conditions inserted.
    pub(crate) fn matching(&self, sql: &str) -> String {
        let conditions = include_str!("../queries/documents/matching.sql");
        let meets = self.meets.as_ref().map_or("true", |meets| &meets.sql);
        let sql = sql.replace("{matching}", conditions);
        present(&sql.replace("{meets}", meets), self.filter.presence)
    }

    /// Returns all values; `own` are those of the statement.
    pub(crate) fn params<'p>(&'p self, own: &[&'p dyn Param]) -> Vec<&'p dyn Param> {
        let filter = self.filter;
        let mut params: Vec<&dyn Param> = vec![
            &self.customer,
            &filter.external_id,
            &self.title,
            &filter.file_name,
            &filter.formats,
            &filter.sources,
            &filter.statuses,
            &filter.code,
            &self.collection,
            &self.in_none,
            &self.metadata,
            &filter.created_after,
            &filter.created_before,
            &filter.updated_after,
            &filter.updated_before,
            &filter.ids,
            &self.words,
        ];
        params.extend(own);
        params.extend(self.meets.iter().flat_map(Condition::params));
        params
    }
}

/// Returns the LIKE pattern of texts that contain this text.
pub(crate) fn part_of(text: &str) -> String {
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

impl Store {
    /// Returns a page of the documents that match, in this order.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_documents(
        &self,
        customer: TenantId,
        filter: &Filter,
        sort: Sort,
        after: Option<&Position>,
        limit: i64,
    ) -> Result<Vec<Document>> {
        let values = Values::new(customer, filter, 3)?;
        let (time, title) = match after.map(|position| &position.key) {
            Some(Key::Time(time)) => (Some(*time), None),
            Some(Key::Title(title)) => (None, Some(title.as_str())),
            None => (None, None),
        };
        let key: &dyn Param = match sort {
            Sort::Title | Sort::TitleDescending => &title,
            _ => &time,
        };
        let id = after.map(|position| position.id);
        let sql = values.matching(include_str!("../queries/documents/list.sql"));
        let sql = Order::from(sort).fill(&sql);
        let tx = self.tenant(customer).await?;
        let rows = tx.query(&sql, &values.params(&[&limit, key, &id])).await?;
        tx.commit().await?;
        rows.iter().map(document).collect()
    }

    /// Returns the number of documents that match.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn count_documents(&self, customer: TenantId, filter: &Filter) -> Result<i64> {
        let values = Values::new(customer, filter, 0)?;
        let sql = values.matching(include_str!("../queries/documents/count_matching.sql"));
        let tx = self.tenant(customer).await?;
        let row = tx.query_one(&sql, &values.params(&[])).await?;
        tx.commit().await?;
        row.get("documents")
    }

    /// Returns the document with this external id.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn document_by_external_id(
        &self,
        customer: TenantId,
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

    /// Returns all documents with this external id: at most one that is not deleted, and any number of deleted ones.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn documents_by_external_id(
        &self,
        customer: TenantId,
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

    /// Returns the origins of the documents of hits. Deleted documents are left out.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn document_origins(
        &self,
        customer: TenantId,
        documents: &[DocumentId],
    ) -> Result<HashMap<DocumentId, Origin>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/documents/origins.sql"),
                &[&customer, &documents],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(origin).collect()
    }
}

fn origin(row: &Row) -> Result<(DocumentId, Origin)> {
    let origin = Origin {
        source_url: row.get("source_url")?,
        external_id: row.get("external_id")?,
        collection_id: row.get("collection_id")?,
        file_name: row.get("file_name")?,
    };
    Ok((row.get("id")?, origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_makes_a_whole_statement() {
        let list = include_str!("../queries/documents/list.sql").replace("{matching}", "true");
        for sort in Sort::ALL {
            let sql = Order::from(*sort).fill(&list);
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

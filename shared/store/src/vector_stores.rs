//! Collections as vector stores of the OpenAI-compatible API.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use dynrag_domain::{CollectionId, Error, Result, config::Chunking};
use tokio_postgres::types::Json;

use crate::{Store, Tenant, TenantId, row::Row};

/// A collection, and how many of its documents have which status.
#[derive(Clone, PartialEq, Debug)]
pub struct VectorStore {
    /// Its id.
    pub id: CollectionId,
    /// Its name.
    pub name: String,
    /// Chunking of its documents.
    pub chunking: Option<Chunking>,
    /// Texts by name.
    pub metadata: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it or a document in it was last changed.
    pub last_at: DateTime<Utc>,
    /// Documents that can be searched.
    pub completed: i64,
    /// Those that cannot be read.
    pub failed: i64,
    /// Those that are being processed.
    pub in_progress: i64,
    /// Bytes of their originals.
    pub bytes: i64,
}

fn vector_store(row: &Row) -> Result<VectorStore> {
    let updated_at: DateTime<Utc> = row.get("updated_at")?;
    let last_at: Option<DateTime<Utc>> = row.get("last_at")?;
    Ok(VectorStore {
        id: row.get("id")?,
        name: row.get("name")?,
        chunking: row.get::<Option<Json<_>>>("chunking")?.map(|json| json.0),
        metadata: row.json("metadata")?,
        created_at: row.get("created_at")?,
        last_at: last_at.map_or(updated_at, |at| at.max(updated_at)),
        completed: row.get("completed")?,
        failed: row.get("failed")?,
        in_progress: row.get("in_progress")?,
        bytes: row.get("bytes")?,
    })
}

fn unknown() -> Error {
    Error::not_found("vector store")
}

/// The rows of collections that the caller sees. It sees all of their documents then, which the database need not ask of each.
async fn counted(tx: &Tenant, seen: &[CollectionId]) -> Result<Vec<Row>> {
    let get = include_str!("../queries/vector_stores/get.sql");
    tx.query_unbound(get, &[&tx.customer_id(), &seen]).await
}

impl Store {
    /// Returns some of a customer's vector stores, in the order of their creation, after one of them.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn vector_stores(
        &self,
        customer: TenantId,
        is_descending: bool,
        after: Option<CollectionId>,
        limit: i64,
    ) -> Result<Vec<VectorStore>> {
        let (direction, beyond) = match is_descending {
            true => ("DESC", "<"),
            false => ("ASC", ">"),
        };
        let page = include_str!("../queries/vector_stores/page.sql");
        let page = page
            .replace("{direction}", direction)
            .replace("{beyond}", beyond);
        let tx = self.tenant(customer).await?;
        let rows = tx.query(&page, &[&customer, &after, &limit]).await?;
        let ids: Vec<CollectionId> = rows
            .iter()
            .map(|row| row.get("id"))
            .collect::<Result<_>>()?;
        let rows = counted(&tx, &ids).await?;
        tx.commit().await?;
        let mut found: Vec<_> = rows.iter().map(vector_store).collect::<Result<_>>()?;
        found.sort_by_key(|one| ids.iter().position(|id| *id == one.id));
        Ok(found)
    }

    /// Checks that a vector store exists.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn has_vector_store(&self, customer: TenantId, id: CollectionId) -> Result<()> {
        let tx = self.tenant(customer).await?;
        let exists = include_str!("../queries/collections/exists.sql");
        let row = tx.query_opt(exists, &[&customer, &id]).await?;
        tx.commit().await?;
        row.map(drop).ok_or_else(unknown)
    }

    /// Returns a vector store.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn vector_store(&self, customer: TenantId, id: CollectionId) -> Result<VectorStore> {
        let tx = self.tenant(customer).await?;
        let exists = include_str!("../queries/collections/exists.sql");
        tx.query_opt(exists, &[&customer, &id])
            .await?
            .ok_or_else(unknown)?;
        let rows = counted(&tx, &[id]).await?;
        tx.commit().await?;
        vector_store(rows.first().ok_or_else(unknown)?)
    }
}

//! Files that were put into a vector store together.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, Error, FileBatchId, Result,
    audit::{Action, Actor},
};
use serde_json::json;

use crate::{Store, TenantId, audit};

/// A batch, and how many of its documents have which status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileBatch {
    /// Its id.
    pub id: FileBatchId,
    /// Its documents, as they were given.
    pub documents: Vec<DocumentId>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether it was cancelled.
    pub is_cancelled: bool,
    /// All.
    pub total: i64,
    /// Those that can be searched.
    pub completed: i64,
    /// Those that cannot be read.
    pub failed: i64,
    /// Those that are being processed.
    pub in_progress: i64,
}

impl Store {
    /// Records a batch.
    ///
    /// # Errors
    /// `internal_error` without its collection; `unavailable` without a database.
    pub async fn add_file_batch(
        &self,
        customer: TenantId,
        collection: CollectionId,
        documents: &[DocumentId],
    ) -> Result<FileBatchId> {
        let id = FileBatchId::generate();
        let tx = self.tenant(customer).await?;
        let insert = include_str!("../queries/file_batches/insert.sql");
        tx.query(insert, &[&customer, &id, &collection, &documents])
            .await?;
        tx.commit().await?;
        Ok(id)
    }

    /// Returns a batch of a collection.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn file_batch(
        &self,
        customer: TenantId,
        collection: CollectionId,
        id: FileBatchId,
    ) -> Result<FileBatch> {
        let tx = self.tenant(customer).await?;
        let get = include_str!("../queries/file_batches/get.sql");
        let row = tx.query_opt(get, &[&customer, &collection, &id]).await?;
        tx.commit().await?;
        let row = row.ok_or_else(|| Error::not_found("file batch"))?;
        Ok(FileBatch {
            id: row.get("id")?,
            documents: row.get("document_ids")?,
            created_at: row.get("created_at")?,
            is_cancelled: row.get("is_cancelled")?,
            total: row.get("total")?,
            completed: row.get("completed")?,
            failed: row.get("failed")?,
            in_progress: row.get("in_progress")?,
        })
    }

    /// Cancels a batch: its documents that are not ready leave the collection. They are processed nevertheless.
    ///
    /// # Errors
    /// `not_found`; `invalid_fields` for a caller that cannot move documents out of its collections; `unavailable` without a
    /// database.
    pub async fn cancel_file_batch(
        &self,
        customer: TenantId,
        actor: Actor,
        collection: CollectionId,
        id: FileBatchId,
    ) -> Result<()> {
        let tx = self.tenant(customer).await?;
        crate::collections::lock(&tx, Some(None).into()).await?;
        let cancel = include_str!("../queries/file_batches/cancel.sql");
        let row = tx.query_one(cancel, &[&customer, &collection, &id]).await?;
        if row.get::<i64>("batches")? == 0 {
            return Err(Error::not_found("file batch"));
        }
        let moved: Option<Vec<DocumentId>> = row.get("moved")?;
        for document in moved.unwrap_or_default() {
            let (target, details) = (document.as_uuid(), json!({"collectionId": null}));
            audit::record(&tx, actor, Action::DocumentMoved, target, &details).await?;
        }
        tx.commit().await
    }
}

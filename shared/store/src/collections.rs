//! Collections as rows, and the documents in them.
//!
//! A transaction that puts something into a collection [locks](lock) the collection until its end, and one that deletes
//! a collection locks it first. So a document is either added before the deletion, which sees it, or refused.

use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, DocumentId, Error, Kind, Result,
    audit::{Action, Actor},
    collections::{self, CollectionTarget, DocumentsOnDelete, MAX_COLLECTIONS},
    config::Chunking,
    documents::Status,
    quotas::Quota,
};
use serde_json::json;
use tokio_postgres::types::Json;

use crate::{
    Store, Tenant, TenantId, audit,
    deletion::{self, Hidden},
    error,
    outbox::Pending,
    params::Param,
    row::Row,
};

/// A collection for display.
#[derive(Clone, Debug)]
pub struct Collection {
    /// Its id.
    pub id: CollectionId,
    /// The name, unique per customer regardless of case.
    pub name: String,
    /// The collection's purpose.
    pub description: Option<String>,
    /// Chunking of documents that specify none themselves.
    pub chunking: Option<Chunking>,
    /// Weight of the vectors in hybrid searches of it.
    pub alpha: Option<f64>,
    /// Texts by name.
    pub metadata: BTreeMap<String, String>,
    /// Number of documents, without those under deletion.
    pub documents: i64,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// A collection to create.
#[derive(Clone, Copy, Debug)]
pub struct NewCollection<'a> {
    /// Its name.
    pub name: &'a str,
    /// The collection's purpose.
    pub description: Option<&'a str>,
    /// Chunking of its documents.
    pub chunking: Option<Chunking>,
    /// Weight of the vectors in hybrid searches of it.
    pub alpha: Option<f64>,
    /// Texts by name.
    pub metadata: Option<&'a BTreeMap<String, String>>,
}

/// Changes to a collection; an inner `None` removes the value.
#[derive(Clone, Copy, Default, Debug)]
pub struct CollectionChange<'a> {
    /// Its name.
    pub name: Option<&'a str>,
    /// The collection's purpose.
    pub description: Option<Option<&'a str>>,
    /// Chunking of its documents.
    pub chunking: Option<Option<Chunking>>,
    /// Weight of the vectors in hybrid searches of it.
    pub alpha: Option<Option<f64>>,
    /// Texts by name.
    pub metadata: Option<&'a BTreeMap<String, String>>,
}

fn collection(row: &Row) -> Result<Collection> {
    Ok(Collection {
        id: row.get("id")?,
        name: row.get("name")?,
        description: row.get("description")?,
        chunking: row.get::<Option<Json<_>>>("chunking")?.map(|json| json.0),
        alpha: row.get("alpha")?,
        metadata: row.json("metadata")?,
        documents: row.get("documents")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// Returns the row of an insert or update, which fails if the name is taken.
fn named(answer: Result<Vec<Row>, tokio_postgres::Error>) -> Result<Option<Collection>> {
    let rows = answer.map_err(|e| match error::constraint(&e) {
        Some("collections_name_key") => Error::new(
            Kind::Conflict,
            "collection_exists",
            "A collection with this name already exists (names are case-insensitive). Choose another name.",
        ),
        _ => error::statement(&e),
    })?;
    rows.first().map(collection).transpose()
}

/// Keeps a collection from being deleted until the transaction ends, and checks that a document does not leave the
/// collections that the transaction is bound to.
///
/// # Errors
/// `invalid_fields` if it does not exist; `unavailable` without a database.
pub async fn lock(tx: &Tenant, target: CollectionTarget) -> Result<()> {
    match target.collection() {
        None if tx.is_bound() && target.moves() => Err(Error::field(
            "/collectionId",
            "one of the key's collections, because the key cannot move documents out of them",
        )),
        Some(id) if lock_all(tx, &[id]).await?.is_empty() => Err(collections::unknown()),
        _ => Ok(()),
    }
}

/// Does the same as [`lock`] for many collections, and returns those that exist.
pub(crate) async fn lock_all(tx: &Tenant, ids: &[CollectionId]) -> Result<HashSet<CollectionId>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = tx
        .query(
            include_str!("../queries/collections/lock_existing.sql"),
            &[&tx.customer_id(), &ids],
        )
        .await?;
    rows.iter().map(|row| row.get("id")).collect()
}

/// Checks that the customer may have one more collection. The lock keeps others from creating any.
async fn check_room(tx: &Tenant) -> Result<()> {
    let customer = tx.customer_id();
    tx.query(
        include_str!("../queries/documents/lock_limit.sql"),
        &[&customer],
    )
    .await?;
    let counted = tx
        .query_one(
            include_str!("../queries/collections/count.sql"),
            &[&customer],
        )
        .await?;
    let quota = Quota {
        used: counted.get("collections")?,
        limit: MAX_COLLECTIONS,
    };
    quota.check("collection_limit", "collections", "Delete some first.")
}

impl Store {
    /// Returns a page of a customer's collections, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_collections(
        &self,
        customer: TenantId,
        after: Option<(DateTime<Utc>, CollectionId)>,
        limit: i64,
    ) -> Result<Vec<Collection>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/collections/list.sql"),
                &[
                    &customer,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(collection).collect()
    }

    /// Returns a collection.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn get_collection(&self, customer: TenantId, id: CollectionId) -> Result<Collection> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/collections/get.sql"),
                &[&customer, &id],
            )
            .await?;
        tx.commit().await?;
        collection(&row.ok_or_else(|| Error::not_found("collection"))?)
    }

    /// Creates a collection.
    ///
    /// # Errors
    /// `collection_exists` or `collection_limit` (conflict); `unavailable` without a database.
    pub async fn create_collection(
        &self,
        customer: TenantId,
        actor: Actor,
        new: &NewCollection<'_>,
    ) -> Result<Collection> {
        self.create_collection_of(customer, actor, new, &[]).await
    }

    /// Creates a collection with documents in it, which are in none so far; both or neither.
    ///
    /// # Errors
    /// As [`create_collection`](Self::create_collection); `busy_document` (conflict) if a document was moved or deleted meanwhile.
    pub async fn create_collection_of(
        &self,
        customer: TenantId,
        actor: Actor,
        new: &NewCollection<'_>,
        documents: &[DocumentId],
    ) -> Result<Collection> {
        let tx = self.tenant(customer).await?;
        check_room(&tx).await?;
        let id = CollectionId::generate();
        let answer = tx
            .try_query(
                include_str!("../queries/collections/insert.sql"),
                &[
                    &customer,
                    &id,
                    &new.name,
                    &new.description,
                    &new.chunking.map(Json),
                    &new.alpha,
                    &Json(new.metadata.unwrap_or(&BTreeMap::new())),
                ],
            )
            .await?;
        let made = named(answer)?.ok_or_else(|| Error::internal_fault("insert returned no row"))?;
        let (target, details) = (id.as_uuid(), json!({"name": new.name}));
        audit::record(&tx, actor, Action::CollectionCreated, target, &details).await?;
        put(&tx, actor, id, documents).await?;
        tx.commit().await?;
        Ok(made)
    }

    /// Changes a collection.
    ///
    /// # Errors
    /// `not_found`; `collection_exists` (conflict); `unavailable` without a database.
    pub async fn update_collection(
        &self,
        customer: TenantId,
        actor: Actor,
        id: CollectionId,
        change: &CollectionChange<'_>,
    ) -> Result<Collection> {
        let tx = self.tenant(customer).await?;
        let answer = tx
            .try_query(
                include_str!("../queries/collections/update.sql"),
                &[
                    &customer,
                    &id,
                    &change.name,
                    &change.description.is_some(),
                    &change.description.flatten(),
                    &change.chunking.is_some(),
                    &change.chunking.flatten().map(Json),
                    &change.alpha.is_some(),
                    &change.alpha.flatten(),
                    &change.metadata.map(Json),
                ],
            )
            .await?;
        let changed = named(answer)?.ok_or_else(|| Error::not_found("collection"))?;
        let (target, details) = (id.as_uuid(), json!({"name": changed.name}));
        audit::record(&tx, actor, Action::CollectionUpdated, target, &details).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Deletes a collection, with or without its documents; if neither is chosen, the collection must be empty. The
    /// documents are hidden with it, and the jobs that remove them are to be sent.
    ///
    /// # Errors
    /// `not_found`; `collection_not_empty` (conflict); `unavailable` without a database.
    pub async fn delete_collection(
        &self,
        customer: TenantId,
        actor: Actor,
        id: CollectionId,
        documents: Option<DocumentsOnDelete>,
        permanent: bool,
    ) -> Result<(Vec<Hidden>, Vec<Pending>)> {
        let tx = self.tenant(customer).await?;
        let named: [&dyn Param; 2] = [&customer, &id];
        let locked = tx
            .query_opt(include_str!("../queries/collections/lock.sql"), &named)
            .await?
            .ok_or_else(|| Error::not_found("collection"))?;
        let name: String = locked.get("name")?;
        let mut hidden = Vec::new();
        match documents {
            None => check_empty(&tx, id).await?,
            // The deletion of these documents removes them from the collection.
            Some(DocumentsOnDelete::Keep) => {}
            Some(DocumentsOnDelete::Delete) => {
                let delete = include_str!("../queries/collections/delete_documents.sql");
                let [customer, id] = named;
                for row in tx.query(delete, &[customer, id, &permanent]).await? {
                    hidden.push(Hidden::from_row(&row)?);
                }
            }
        }
        tx.query(include_str!("../queries/collections/delete.sql"), &named)
            .await?;
        let details = json!({"name": name, "documents": documents});
        let (target, with) = (id.as_uuid(), json!({"collectionId": id}));
        audit::record(&tx, actor, Action::CollectionDeleted, target, &details).await?;
        let pending = deletion::record(&tx, actor, &hidden, &with).await?;
        tx.commit().await?;
        Ok((hidden, pending))
    }

    /// Returns the documents of a collection, without those under deletion, and the weight of the vectors in hybrid
    /// searches of it; `None` if the collection does not exist.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn collection_documents(
        &self,
        customer: TenantId,
        id: CollectionId,
    ) -> Result<Option<(Vec<DocumentId>, Option<f64>)>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/collections/document_ids.sql"),
                &[&customer, &id],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| Ok((row.get("documents")?, row.get("alpha")?)))
            .transpose()
    }

    /// Returns the documents within the store's bounds, without those under deletion; `None` if the store is not bound.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn bound_documents(&self, customer: TenantId) -> Result<Option<Vec<DocumentId>>> {
        if !self.is_bound() {
            return Ok(None);
        }
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(include_str!("../queries/documents/ids.sql"), &[&customer])
            .await?;
        tx.commit().await?;
        let ids = rows.iter().map(|row| row.get("id"));
        ids.collect::<Result<_>>().map(Some)
    }

    /// Moves a document into a collection, or out of its collection, and returns its status. The document is not
    /// processed again.
    ///
    /// # Errors
    /// `not_found`; `invalid_fields` if the collection does not exist; `unavailable` without a database.
    pub async fn move_document(
        &self,
        customer: TenantId,
        actor: Actor,
        id: DocumentId,
        to: Option<CollectionId>,
    ) -> Result<Status> {
        let tx = self.tenant(customer).await?;
        lock(&tx, Some(to).into()).await?;
        let moved = tx
            .query_opt(
                include_str!("../queries/documents/move.sql"),
                &[&customer, &id, &to],
            )
            .await?
            .ok_or_else(|| Error::not_found("document"))?;
        let (target, details) = (id.as_uuid(), json!({"collectionId": to}));
        audit::record(&tx, actor, Action::DocumentMoved, target, &details).await?;
        tx.commit().await?;
        moved.get("status")
    }
}

/// Puts documents that are in no collection into one.
async fn put(tx: &Tenant, actor: Actor, id: CollectionId, documents: &[DocumentId]) -> Result<()> {
    if documents.is_empty() {
        return Ok(());
    }
    let put = include_str!("../queries/vector_stores/put.sql");
    let rows = tx.query(put, &[&tx.customer_id(), &id, &documents]).await?;
    if rows.len() < documents.len() {
        return Err(Error::new(
            Kind::Conflict,
            "busy_document",
            "Another request moved or deleted one of the documents. Try again.",
        ));
    }
    for document in documents {
        let (target, details) = (document.as_uuid(), json!({"collectionId": id}));
        audit::record(tx, actor, Action::DocumentMoved, target, &details).await?;
    }
    Ok(())
}

async fn check_empty(tx: &Tenant, id: CollectionId) -> Result<()> {
    let counted = tx
        .query_one(
            include_str!("../queries/collections/count_documents.sql"),
            &[&tx.customer_id(), &id],
        )
        .await?;
    let documents: i64 = counted.get("documents")?;
    if documents == 0 {
        return Ok(());
    }
    Err(Error::new(
        Kind::Conflict,
        "collection_not_empty",
        format!(
            "The collection contains {documents} documents. Send documents=keep to keep them, or documents=delete to delete them too."
        ),
    ))
}

//! `GET POST /v1/vector_stores`, `GET POST DELETE /v1/vector_stores/{id}`: collections as vector stores.

use std::{collections::BTreeMap, fmt::Display, sync::Arc};

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Path, Query,
    scopes::{AnyOf, DocumentsRead, DocumentsWrite, Search, Unbound},
};
use dynrag_app::collections;
use dynrag_domain::{
    CollectionId, DocumentId, Error, Result,
    collections::{self as rules, DocumentsOnDelete},
    config::{Chunking, Strategy, Unit},
};
use dynrag_store::{
    admission::Admission,
    collections::{CollectionChange, NewCollection},
    vector_stores::VectorStore,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    ids::{FileId, VectorStoreId},
    list::{Deleted, HasId, List, Order, Part},
    refused::{self, Refused, never},
    vector_store_files,
};

/// Most vector stores of a page.
const MOST: u32 = 100;
/// Most files that a new vector store begins with.
const MAX_FILES: usize = 500;
/// Names to try if one is taken.
const TRIES: usize = 100;

const REFUSED: [Refused; 1] = [Refused {
    name: "expires_after",
    neutral: never,
    detail: "a vector store stays until it is deleted",
}];

/// How many files have which status.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct FileCounts {
    pub(crate) in_progress: i64,
    pub(crate) completed: i64,
    pub(crate) failed: i64,
    pub(crate) cancelled: i64,
    pub(crate) total: i64,
}

/// A vector store.
#[derive(Serialize, ToSchema)]
#[schema(as = VectorStore)]
pub(crate) struct StoreBody {
    id: VectorStoreId,
    object: &'static str,
    created_at: i64,
    /// Unique among yours, case-insensitive.
    name: String,
    /// Bytes of the originals.
    usage_bytes: i64,
    file_counts: FileCounts,
    /// `in_progress` while a file is being processed, else `completed`.
    status: &'static str,
    last_active_at: i64,
    metadata: BTreeMap<String, String>,
}

impl HasId for StoreBody {
    fn id(&self) -> impl Display {
        self.id
    }
}

impl From<VectorStore> for StoreBody {
    fn from(store: VectorStore) -> Self {
        Self {
            id: VectorStoreId(store.id),
            object: "vector_store",
            created_at: store.created_at.timestamp(),
            name: store.name,
            usage_bytes: store.bytes,
            file_counts: FileCounts {
                in_progress: store.in_progress,
                completed: store.completed,
                failed: store.failed,
                cancelled: 0,
                total: store.in_progress + store.completed + store.failed,
            },
            status: match store.in_progress {
                0 => "completed",
                _ => "in_progress",
            },
            last_active_at: store.last_at.timestamp(),
            metadata: store.metadata,
        }
    }
}

/// How files are cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ChunkingStrategy {
    /// As your configuration says.
    Auto,
    Static {
        r#static: StaticChunking,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
pub(crate) struct StaticChunking {
    #[schema(minimum = 100, maximum = 4096)]
    max_chunk_size_tokens: u32,
    /// At most half of the size.
    chunk_overlap_tokens: u32,
}

impl ChunkingStrategy {
    /// As we have it; none for the customer's own.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn chunking(self) -> Result<Option<Chunking>> {
        let Self::Static { r#static } = self else {
            return Ok(None);
        };
        let chunking = Chunking {
            strategy: Strategy::default(),
            size: r#static.max_chunk_size_tokens,
            overlap: r#static.chunk_overlap_tokens,
            unit: Unit::Tokens,
        };
        chunking
            .check("/chunking_strategy/static")
            .map_err(Error::fields_invalid)?;
        Ok(Some(chunking))
    }
}

/// A vector store to create.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VectorStoreCreate {
    /// If another has it, a number is added. Default: one that no other has.
    #[schema(max_length = 100)]
    name: Option<String>,
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Files to put into it.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, max_items = 500)]
    file_ids: Option<Vec<FileId>>,
    /// How its files are cut, unless they say otherwise themselves.
    chunking_strategy: Option<ChunkingStrategy>,
    /// Up to 16 texts by name.
    metadata: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    #[schema(ignore)]
    rest: Map<String, Value>,
}

/// A change of a vector store. What is left out or null stays.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VectorStoreUpdate {
    #[schema(max_length = 100)]
    name: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
    #[serde(flatten)]
    #[schema(ignore)]
    rest: Map<String, Value>,
}

/// Query parameters of the list.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VectorStoresQuery {
    /// Vector stores of a page. Default: 20; at most 100 are returned.
    #[schema(minimum = 1)]
    limit: Option<u32>,
    /// The id of one after which the page begins.
    #[schema(value_type = Option<String>)]
    after: Option<VectorStoreId>,
    /// The id of one before which the page ends.
    #[schema(value_type = Option<String>)]
    before: Option<VectorStoreId>,
    #[serde(default)]
    order: Order,
}

fn name(text: &str) -> Result<String> {
    rules::name(text).map_err(|field| Error::fields_invalid(vec![field]))
}

fn check_metadata(metadata: Option<&BTreeMap<String, String>>) -> Result<()> {
    match metadata.map(rules::metadata) {
        Some(Err(field)) => Err(Error::fields_invalid(vec![field])),
        _ => Ok(()),
    }
}

/// `Handbook`, `Handbook (2)`, …
fn numbered(name: &str, number: usize) -> String {
    if number == 1 {
        return name.to_owned();
    }
    let suffix = format!(" ({number})");
    let kept = rules::MAX_NAME - suffix.chars().count();
    let name: String = name.chars().take(kept).collect();
    format!("{}{suffix}", name.trim_end())
}

async fn read(caller: &Admission, id: CollectionId) -> Result<StoreBody> {
    let store = caller.store().vector_store(caller.tenant(), id).await?;
    Ok(store.into())
}

/// Lists vector stores.
pub(crate) async fn list(
    caller: Caller<AnyOf<DocumentsRead, Search>>,
    Query(query): Query<VectorStoresQuery>,
) -> Answer<Json<List<StoreBody>>> {
    let part = Part::new(query.limit, MOST, query.order, (query.after, query.before))?;
    let (store, customer) = (caller.store(), caller.tenant());
    if let Some(VectorStoreId(id)) = part.from {
        store.has_vector_store(customer, id).await?;
    }
    let from = part.from.map(|id| id.0);
    let found = store
        .vector_stores(customer, part.is_descending, from, part.rows())
        .await?;
    Ok(Json(
        part.list(found.into_iter().map(StoreBody::from).collect()),
    ))
}

/// Creates a vector store.
pub(crate) async fn create(
    caller: Caller<Unbound<DocumentsWrite>>,
    Json(body): Json<VectorStoreCreate>,
) -> Answer<Json<StoreBody>> {
    refused::check(&body.rest, &REFUSED)?;
    check_metadata(body.metadata.as_ref())?;
    let mut files: Vec<_> = body.file_ids.iter().flatten().map(|file| file.0).collect();
    files.sort_unstable();
    files.dedup();
    if files.len() > MAX_FILES {
        return Err(Error::field("/file_ids", format!("at most {MAX_FILES}")).into());
    }
    for file in &files {
        vector_store_files::check_free(&caller, *file, None, "/file_ids").await?;
    }
    let id = insert(&caller, &body, &files).await?;
    Ok(Json(read(&caller, id).await?))
}

async fn insert(
    caller: &Admission,
    body: &VectorStoreCreate,
    files: &[DocumentId],
) -> Result<CollectionId> {
    let given = body
        .name
        .as_deref()
        .filter(|given| !given.trim().is_empty());
    let name = match given {
        Some(given) => name(given)?,
        None => format!("Vector store {}", uuid::Uuid::new_v4().simple()),
    };
    let description = body
        .description
        .as_deref()
        .filter(|given| !given.trim().is_empty());
    let description = description.map(rules::description).transpose();
    let description = description.map_err(|field| Error::fields_invalid(vec![field]))?;
    let chunking = body
        .chunking_strategy
        .map(ChunkingStrategy::chunking)
        .transpose()?;
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    for number in 1..=TRIES {
        let new = NewCollection {
            name: &numbered(&name, number),
            description: description.as_deref(),
            chunking: chunking.flatten(),
            alpha: None,
            metadata: body.metadata.as_ref(),
        };
        let store = caller.store();
        match store
            .create_collection_of(customer, actor, &new, files)
            .await
        {
            Err(error) if error.code() == "collection_exists" && number < TRIES => {}
            made => return Ok(made?.id),
        }
    }
    Err(Error::internal_fault("the last try has an end of its own"))
}

/// Returns a vector store.
pub(crate) async fn get(
    caller: Caller<AnyOf<DocumentsRead, Search>>,
    Path(VectorStoreId(id)): Path<VectorStoreId>,
) -> Answer<Json<StoreBody>> {
    Ok(Json(read(&caller, id).await?))
}

/// Changes a vector store.
pub(crate) async fn update(
    caller: Caller<Unbound<DocumentsWrite>>,
    Path(VectorStoreId(id)): Path<VectorStoreId>,
    Json(body): Json<VectorStoreUpdate>,
) -> Answer<Json<StoreBody>> {
    refused::check(&body.rest, &REFUSED)?;
    check_metadata(body.metadata.as_ref())?;
    let name = body.name.as_deref().map(name).transpose()?;
    let change = CollectionChange {
        name: name.as_deref(),
        metadata: body.metadata.as_ref(),
        ..CollectionChange::default()
    };
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    caller
        .store()
        .update_collection(customer, actor, id, &change)
        .await?;
    Ok(Json(read(&caller, id).await?))
}

/// Deletes a vector store. Its files stay.
pub(crate) async fn delete(
    caller: Caller<Unbound<DocumentsWrite>>,
    State(app): State<Arc<App>>,
    Path(id): Path<VectorStoreId>,
) -> Answer<Json<Deleted>> {
    collections::delete(&app, &caller, id.0, Some(DocumentsOnDelete::Keep), false).await?;
    Ok(Json(Deleted::new(id, "vector_store.deleted")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        assert_eq!(numbered("Handbook", 1), "Handbook");
        assert_eq!(numbered("Handbook", 12), "Handbook (12)");
        let long = numbered(&"ü".repeat(rules::MAX_NAME), 2);
        assert_eq!(long.chars().count(), rules::MAX_NAME);
        assert!(long.ends_with("ü (2)"));
    }

    #[test]
    fn a_chunking_strategy_is_in_tokens() {
        let of = |json: Value| {
            serde_json::from_value::<ChunkingStrategy>(json)
                .unwrap()
                .chunking()
        };
        assert_eq!(of(json!({"type": "auto"})).unwrap(), None);
        let given = |size: u32, overlap: u32| json!({"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}});
        let chunking = of(given(800, 400)).unwrap().unwrap();
        assert_eq!(
            (chunking.size, chunking.overlap, chunking.unit),
            (800, 400, Unit::Tokens)
        );
        assert!(of(given(800, 500)).is_err() && of(given(10, 0)).is_err());
    }
}

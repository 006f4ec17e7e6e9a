//! `POST /v1/vector_stores/{id}/file_batches`, `GET …/{batchId}`, `…/cancel`, `…/files`: files that are put into a vector store
//! together.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Path, Query,
    scopes::{DocumentsRead, DocumentsWrite},
};
use dynrag_domain::{CollectionId, DocumentId, Error, FileBatchId, Result};
use dynrag_store::{admission::Admission, file_batches::FileBatch};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    attributes::Attributes,
    ids::{BatchId, FileId, VectorStoreId},
    list::List,
    vector_store_files::{
        Beside, Polled, StoreFile, StoreFilesQuery, VectorStoreFileCreate, check_free, put,
    },
    vector_stores::{ChunkingStrategy, FileCounts},
};

/// Most files of a batch.
const MAX_FILES: usize = 500;

/// Files to put into a vector store: `file_ids`, to all of which the rest applies, or `files`, each with its own.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FileBatchCreate {
    #[schema(value_type = Option<Vec<String>>, max_items = 500)]
    file_ids: Option<Vec<FileId>>,
    #[schema(max_items = 500)]
    files: Option<Vec<VectorStoreFileCreate>>,
    #[schema(value_type = Option<Object>)]
    attributes: Option<Attributes>,
    chunking_strategy: Option<ChunkingStrategy>,
}

/// A batch of files.
#[derive(Serialize, ToSchema)]
#[schema(as = FileBatch)]
pub(crate) struct BatchBody {
    id: BatchId,
    object: &'static str,
    created_at: i64,
    vector_store_id: VectorStoreId,
    /// `in_progress`, `completed` or `cancelled`.
    status: &'static str,
    /// `cancelled` are those that left the vector store.
    file_counts: FileCounts,
}

impl FileBatchCreate {
    /// The files, each once, with what changes of them.
    fn files(self) -> Result<Vec<(DocumentId, Beside)>> {
        let files = match (self.file_ids, self.files) {
            (Some(ids), None) => {
                let one = |file_id| VectorStoreFileCreate {
                    file_id,
                    attributes: self.attributes.clone(),
                    chunking_strategy: self.chunking_strategy,
                };
                ids.into_iter().map(one).collect()
            }
            (None, Some(files)) => files,
            _ => return Err(Error::field("/file_ids", "either file_ids or files")),
        };
        if !(1..=MAX_FILES).contains(&files.len()) {
            return Err(Error::field(
                "/file_ids",
                format!("from 1 to {MAX_FILES} files"),
            ));
        }
        let mut found: Vec<(DocumentId, Beside)> = Vec::new();
        for (n, file) in files.iter().enumerate() {
            let beside = file.beside(&format!("/files/{n}"))?;
            if found.iter().all(|(id, _)| *id != file.file_id.0) {
                found.push((file.file_id.0, beside));
            }
        }
        Ok(found)
    }
}

fn body(store: CollectionId, batch: &FileBatch) -> BatchBody {
    let gone = batch.total - batch.completed - batch.failed - batch.in_progress;
    BatchBody {
        id: BatchId(batch.id),
        object: "vector_store.files_batch",
        created_at: batch.created_at.timestamp(),
        vector_store_id: VectorStoreId(store),
        status: match (batch.is_cancelled, batch.in_progress) {
            (true, _) => "cancelled",
            (false, 0) => "completed",
            (false, _) => "in_progress",
        },
        file_counts: FileCounts {
            in_progress: batch.in_progress,
            completed: batch.completed,
            failed: batch.failed,
            cancelled: gone,
            total: batch.total,
        },
    }
}

async fn read(
    caller: &Admission,
    store: CollectionId,
    id: FileBatchId,
) -> Result<Polled<BatchBody>> {
    let batch = caller
        .store()
        .file_batch(caller.tenant(), store, id)
        .await?;
    let body = body(store, &batch);
    let is_in_progress = body.status == "in_progress";
    Ok(Polled::new(body, is_in_progress))
}

/// Puts files into a vector store, none if one of them is not free. What interrupts it afterwards, such as a budget, leaves those
/// before; a repeat puts the rest.
pub(crate) async fn create(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(VectorStoreId(store)): Path<VectorStoreId>,
    Json(request): Json<FileBatchCreate>,
) -> Answer<Polled<BatchBody>> {
    let files = request.files()?;
    let changes = |(_, beside): &(DocumentId, Beside)| beside.changes();
    if files.iter().any(changes) {
        caller.check_budget()?;
    }
    let customer = caller.tenant();
    caller.store().has_vector_store(customer, store).await?;
    for (id, _) in &files {
        check_free(&caller, *id, Some(store), "/file_ids").await?;
    }
    let ids: Vec<DocumentId> = files.iter().map(|(id, _)| *id).collect();
    // First, so that what is interrupted can be seen.
    let batch = caller.store().add_file_batch(customer, store, &ids).await?;
    for (id, beside) in files {
        put(&app, &caller, store, id, beside).await?;
    }
    Ok(read(&caller, store, batch).await?)
}

/// Returns a batch.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    Path((VectorStoreId(store), BatchId(id))): Path<(VectorStoreId, BatchId)>,
) -> Answer<Polled<BatchBody>> {
    Ok(read(&caller, store, id).await?)
}

/// Takes the files that are not ready out of the vector store.
pub(crate) async fn cancel(
    caller: Caller<DocumentsWrite>,
    Path((VectorStoreId(store), BatchId(id))): Path<(VectorStoreId, BatchId)>,
) -> Answer<Polled<BatchBody>> {
    let (customer, actor) = (caller.tenant(), caller.principal.into());
    caller
        .store()
        .cancel_file_batch(customer, actor, store, id)
        .await?;
    Ok(read(&caller, store, id).await?)
}

/// Lists the files of a batch that are in the vector store.
pub(crate) async fn files(
    caller: Caller<DocumentsRead>,
    Path((VectorStoreId(store), BatchId(id))): Path<(VectorStoreId, BatchId)>,
    Query(query): Query<StoreFilesQuery>,
) -> Answer<Json<List<StoreFile>>> {
    let batch = caller
        .store()
        .file_batch(caller.tenant(), store, id)
        .await?;
    Ok(Json(
        query.page(&caller, store, Some(batch.documents)).await?,
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn each_file_is_put_once_with_its_own_attributes() {
        let id = FileId(DocumentId::generate());
        let of = |body: Value| {
            serde_json::from_value::<FileBatchCreate>(body)
                .unwrap()
                .files()
        };
        let files = of(json!({"file_ids": [id, id], "attributes": {"year": 2026}})).unwrap();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].1.attributes.as_ref().unwrap()["year"], 2026);
        let own = of(
            json!({"files": [{"file_id": id, "attributes": {"a": "b"}}], "attributes": {"c": 1}}),
        )
        .unwrap();
        assert_eq!(own[0].1.attributes.as_ref().unwrap()["a"], "b");
        for bad in [
            json!({}),
            json!({"file_ids": []}),
            json!({"file_ids": [id], "files": []}),
            json!({"files": [{"file_id": id, "attributes": {"a": []}}]}),
        ] {
            assert!(of(bad).is_err());
        }
    }
}

//! `GET /api/documents/{id}/chunks`: the chunks of a version, in order.

use axum::extract::State;
use dynrag_api::{Answer, Caller, Json, Path, Query, With, scopes::DocumentsRead};
use dynrag_domain::{DocumentId, Error, FieldError, Result, VersionNumber, chunks::chunk_id};
use dynrag_retrieval::Retriever;
use dynrag_vectors::StoredChunk;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Most chunks of a response: at the largest chunk size they fit into a Lambda response.
const MAX_LIMIT: u32 = 50;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChunksQuery {
    /// Version number. Default: the published version.
    #[schema(minimum = 1)]
    version: Option<i32>,
    /// Index of the first chunk, from 0.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4294967295i64, default = 0)]
    from: Option<u32>,
    #[schema(minimum = 1, maximum = 50, default = 50)]
    limit: Option<u32>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct DocumentChunk {
    chunk_id: String,
    index: u32,
    text: String,
    /// Start and end in characters of the extracted text.
    char_span: (u32, u32),
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<u32>,
    heading_path: Vec<String>,
    /// Index of its parent, from 0, if chunks have parents.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DocumentChunks {
    doc_id: DocumentId,
    version: VersionNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_model: Option<String>,
    items: Vec<DocumentChunk>,
    /// Value of `from` for the next page; null at the end.
    next_from: Option<u32>,
}

impl ChunksQuery {
    /// Returns the version, the first index and the limit.
    fn check(&self) -> Result<(Option<VersionNumber>, u32, u32)> {
        let mut fields = Vec::new();
        let mut bad = |pointer: &str, detail: String| {
            fields.push(FieldError {
                pointer: pointer.to_owned(),
                detail,
            });
        };
        let limit = self.limit.unwrap_or(MAX_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            bad("/limit", format!("from 1 to {MAX_LIMIT}"));
        }
        let version = self.version.map(VersionNumber::try_from).transpose();
        if version.is_err() {
            bad("/version", "from 1".to_owned());
        }
        if fields.is_empty() {
            Ok((version?, self.from.unwrap_or(0), limit))
        } else {
            Err(Error::fields_invalid(fields))
        }
    }
}

/// Returns a page of a version's chunks.
pub(crate) async fn chunks(
    caller: Caller<DocumentsRead>,
    State(With(retriever)): State<With<Retriever>>,
    Path(id): Path<DocumentId>,
    Query(query): Query<ChunksQuery>,
) -> Answer<Json<DocumentChunks>> {
    let (version, from, limit) = query.check()?;
    let document = caller.store().get_document(caller.tenant(), id).await?;
    let version = version
        .or(document.published_version)
        .unwrap_or(document.latest_version);
    // One more than is returned shows whether there is a next page.
    let mut found = retriever
        .chunks(&caller, (id, version), from, limit + 1)
        .await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next_from = found
        .last()
        .filter(|_| more)
        .map(|last| last.chunk.index + 1);
    let embedding_model = found.first().map(|first| first.model.clone());
    let items = found.into_iter().map(|stored| body(id, version, stored));
    Ok(Json(DocumentChunks {
        doc_id: id,
        version,
        embedding_model,
        items: items.collect(),
        next_from,
    }))
}

fn body(id: DocumentId, version: VersionNumber, stored: StoredChunk) -> DocumentChunk {
    let chunk = stored.chunk;
    DocumentChunk {
        chunk_id: chunk_id(id, version, chunk.index),
        index: chunk.index,
        text: chunk.text,
        char_span: chunk.char_span,
        page: chunk.page,
        heading_path: chunk.heading_path,
        parent: chunk.parent,
        language: stored.language,
    }
}

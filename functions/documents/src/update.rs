//! `PUT /api/documents/{id}`: changes content, title, metadata, chunking or collection, or reprocesses the same
//! content.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    AddedAnswer, Answer, App, Caller, Json, Path, Query, WaitQuery, scopes::DocumentsWrite,
};
use dynrag_app::documents;
use dynrag_domain::{
    CollectionId, DocumentId, config::Chunking, documents::ExtractionOptions, metadata::Metadata,
};
use serde::Deserialize;
use utoipa::ToSchema;

/// A change of a document. Fields that are left out stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct DocumentChange {
    #[schema(min_length = 1, max_length = 512)]
    title: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    chunking: Option<Chunking>,
    /// The target collection; null moves the document out of its collection.
    #[serde(default, deserialize_with = "dynrag_api::given")]
    #[schema(value_type = Option<CollectionId>)]
    collection_id: Option<Option<CollectionId>>,
    /// New text content.
    #[schema(min_length = 1)]
    content: Option<String>,
    /// Media type of `content`. Default: `text/plain`.
    content_type: Option<String>,
    /// Whether hidden content is extracted too.
    include_hidden: Option<bool>,
    /// Whether the attachments of an email become documents of their own.
    attachments: Option<bool>,
    /// Extract and chunk the same content again.
    #[serde(default)]
    reprocess: bool,
}

impl From<DocumentChange> for documents::DocumentChange {
    fn from(body: DocumentChange) -> Self {
        Self {
            title: body.title,
            metadata: body.metadata,
            chunking: body.chunking,
            collection_id: body.collection_id,
            content: body.content,
            content_type: body.content_type,
            extraction: ExtractionOptions {
                include_hidden: body.include_hidden,
                attachments: body.attachments,
            },
            reprocess: body.reprocess,
        }
    }
}

/// Creates the next version, or only moves the document.
pub(crate) async fn update(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(id): Path<DocumentId>,
    Query(waiting): Query<WaitQuery>,
    Json(body): Json<DocumentChange>,
) -> Answer<AddedAnswer> {
    let time = waiting.time()?;
    let changed = documents::update(&app, &caller, id, body.into()).await?;
    Ok(documents::wait(&caller, changed, time).await?.into())
}

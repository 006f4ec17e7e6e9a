//! `POST /api/ingest/document`: text in JSON.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    AddedAnswer, Answer, App, Caller, Json, Query, WaitQuery, scopes::DocumentsWrite,
};
use dynrag_app::documents::{self, Description, NewText};
use dynrag_domain::{
    CollectionId,
    config::Chunking,
    documents::{ExtractionOptions, OnDuplicate},
    metadata::Metadata,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::fields;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct NewDocument {
    #[schema(min_length = 1, max_length = 512)]
    pub(crate) title: String,
    #[schema(min_length = 1)]
    pub(crate) content: String,
    #[schema(examples("text/plain", "text/markdown", "text/html"))]
    pub(crate) content_type: Option<String>,
    #[serde(default, deserialize_with = "fields::external_id")]
    #[schema(schema_with = fields::external_id_schema, required = false)]
    pub(crate) external_id: Option<String>,
    #[schema(value_type = Option<Object>)]
    pub(crate) metadata: Option<Metadata>,
    #[serde(default)]
    #[schema(default = "skip")]
    pub(crate) on_duplicate: OnDuplicate,
    /// Chunking. Default: the collection's, else the customer's.
    pub(crate) chunking: Option<Chunking>,
    /// The document's collection. An existing document moves when it gets its next version.
    pub(crate) collection_id: Option<CollectionId>,
    /// Whether hidden text of a page is extracted too.
    pub(crate) include_hidden: Option<bool>,
    /// Whether the attachments of an email become documents of their own.
    pub(crate) attachments: Option<bool>,
}

impl From<NewDocument> for NewText {
    fn from(body: NewDocument) -> Self {
        Self {
            description: Description {
                title: Some(body.title),
                external_id: body.external_id,
                metadata: body.metadata,
                on_duplicate: body.on_duplicate,
                chunking: body.chunking,
                collection_id: body.collection_id,
                extraction: ExtractionOptions {
                    include_hidden: body.include_hidden,
                    attachments: body.attachments,
                },
                ..Description::default()
            },
            content: body.content,
            content_type: body.content_type,
        }
    }
}

/// Adds a text, by default plain text.
pub(crate) async fn document(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Query(waiting): Query<WaitQuery>,
    Json(body): Json<NewDocument>,
) -> Answer<AddedAnswer> {
    let time = waiting.time()?;
    let (description, content) = NewText::from(body).check(&caller.config)?;
    let added = documents::add(&app, &caller, &description, content).await?;
    Ok(documents::wait(&caller, added, time).await?.into())
}

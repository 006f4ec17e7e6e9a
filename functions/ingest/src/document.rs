//! `POST /api/ingest/document`: text in JSON.

use std::sync::Arc;

use axum::extract::State;
use bytes::Bytes;
use dynrag_api::{Answer, Caller, Context, Json, Query, scopes::DocumentsWrite};
use dynrag_domain::{
    CollectionId, Error, Result,
    config::{Chunking, CustomerConfig},
    documents::{Format, OnDuplicate, Reading, Source},
    metadata::Metadata,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    accept::{Content, Outcome, accept},
    fields::{self, Description},
    wait::{Waiting, hold},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewDocument)]
pub(crate) struct Body {
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
    /// As its collection's or the customer's documents are, where it is left out.
    pub(crate) chunking: Option<Chunking>,
    /// The collection it is to belong to; a document that is there moves with its next version.
    pub(crate) collection_id: Option<CollectionId>,
    /// Whether text that a page hides is read too.
    pub(crate) include_hidden: Option<bool>,
    /// Whether the attachments of a mail become documents of their own.
    pub(crate) attachments: Option<bool>,
}

impl Body {
    /// Description and content, checked.
    ///
    /// # Errors
    /// `invalid_fields`, `unsupported_type`, `file_too_large`.
    pub(crate) fn read(self, config: &CustomerConfig) -> Result<(Description, Content)> {
        let media_type = self.content_type.as_deref().unwrap_or("text/plain");
        let format = Format::from_media_type(media_type)
            .filter(|format| !format.has_signature())
            .ok_or_else(|| {
                Error::field(
                    "/contentType",
                    "text/plain, text/markdown, text/html, text/csv, application/json or message/rfc822; send other \
                     files through /api/ingest/file",
                )
            })?;
        let format = fields::check_format(config, format)?;
        let description = Description {
            title: Some(self.title),
            fallback_title: None,
            external_id: self.external_id,
            metadata: self.metadata,
            on_duplicate: self.on_duplicate,
            chunking: self.chunking,
            collection_id: self.collection_id,
            reading: Reading {
                include_hidden: self.include_hidden,
                attachments: self.attachments,
            },
            password: None,
        }
        .check()?;
        if self.content.trim().is_empty() {
            return Err(Error::field("/content", "text; this has none"));
        }
        fields::check_size(config, self.content.len() as u64)?;
        let content = Content {
            source: Source::Api,
            format,
            file_name: None,
            bytes: Bytes::from(self.content),
        };
        Ok((description, content))
    }
}

/// Takes a text: plain unless `contentType` says Markdown or HTML.
pub(crate) async fn document(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Query(waiting): Query<Waiting>,
    Json(body): Json<Body>,
) -> Answer<Outcome> {
    let time = waiting.time()?;
    let (description, content) = body.read(&caller.config)?;
    let outcome = accept(&context, &caller, &description, content).await?;
    Ok(hold(&caller, outcome, time).await?)
}

//! `POST /api/ingest/document`: text in JSON.

use std::sync::Arc;

use axum::extract::State;
use bytes::Bytes;
use dynrag_api::{Answer, Caller, Context, Json, scopes::DocumentsWrite};
use dynrag_domain::{
    Error,
    documents::{Format, OnDuplicate, Source},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    accept::{Accepted, Content, accept},
    fields::{self, Description},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Body {
    title: String,
    content: String,
    content_type: Option<String>,
    external_id: Option<String>,
    metadata: Option<Value>,
    #[serde(default)]
    on_duplicate: OnDuplicate,
}

/// Takes a text: plain unless `contentType` says Markdown or HTML.
pub(crate) async fn document(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Json(body): Json<Body>,
) -> Answer<(StatusCode, Json<Accepted>)> {
    let media_type = body.content_type.as_deref().unwrap_or("text/plain");
    let format = Format::from_media_type(media_type)
        .filter(|format| *format != Format::Pdf)
        .ok_or_else(|| {
            Error::field(
                "/contentType",
                "text/plain, text/markdown or text/html; send other files through /api/ingest/file",
            )
        })?;
    let format = fields::check_format(&caller.config, format)?;
    let description = Description {
        title: Some(body.title),
        external_id: body.external_id,
        metadata: body.metadata,
        on_duplicate: body.on_duplicate,
    }
    .check()?;
    if body.content.trim().is_empty() {
        return Err(Error::field("/content", "text; this has none").into());
    }
    fields::check_size(&caller.config, body.content.len() as u64)?;
    let content = Content {
        source: Source::Api,
        format,
        file_name: None,
        bytes: Bytes::from(body.content),
    };
    Ok(accept(&context, &caller, &description, content).await?)
}

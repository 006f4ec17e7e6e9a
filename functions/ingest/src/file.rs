//! `POST /api/ingest/file`: one file as multipart/form-data, with the fields of a document beside it.

use std::{collections::HashSet, sync::Arc};

use axum::{
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::StatusCode,
};
use bytes::Bytes;
use dynrag_api::{
    Answer, Caller, Context, Failure, Query,
    openapi::{self, Argument},
    scopes::DocumentsWrite,
};
use dynrag_domain::{
    Error, Kind, Result,
    documents::{FailureCode, Format, OnDuplicate, Source},
};
use dynrag_extract::detect;
use utoipa::ToSchema;

use crate::{
    accept::{Content, Outcome, accept},
    fields::{self, Description},
    wait::{Waiting, hold},
};

/// Takes a file. What it is is told by its bytes; its declared type and name only decide between
/// kinds of text.
pub(crate) async fn file(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Query(waiting): Query<Waiting>,
    form: Form,
) -> Answer<Outcome> {
    let time = waiting.time()?;
    let description = form.description.check()?;
    fields::check_size(&caller.config, form.bytes.len() as u64)?;
    let declared = form
        .content_type
        .as_deref()
        .and_then(Format::from_media_type);
    let format = detect(&form.bytes, declared, form.file_name.as_deref())
        .ok_or_else(|| fields::unsupported(&caller.config, "content of this file"))?;
    let format = fields::check_format(&caller.config, format)?;
    if !format.has_signature() && form.bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(empty().into());
    }
    let content = Content {
        source: Source::File,
        format,
        file_name: form.file_name,
        bytes: form.bytes,
    };
    let outcome = accept(&context, &caller, &description, content).await?;
    Ok(hold(&context, caller.customer_id, outcome, time).await?)
}

fn empty() -> Error {
    Error::new(
        Kind::Invalid,
        FailureCode::EmptyDocument.as_str(),
        "The file is empty. Send one that has text.",
    )
}

/// A document as multipart/form-data.
pub(crate) struct Form {
    bytes: Bytes,
    file_name: Option<String>,
    content_type: Option<String>,
    description: Description,
}

/// Its parts.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "read by `Form::read`")]
struct FileUpload {
    /// The document.
    #[schema(value_type = String, format = Binary)]
    file: Bytes,
    title: Option<String>,
    external_id: Option<String>,
    /// An object in JSON.
    metadata: Option<String>,
    on_duplicate: Option<OnDuplicate>,
    /// An object in JSON.
    chunking: Option<String>,
}

impl Argument for Form {
    fn describe(description: &mut openapi::Description) {
        description.body::<FileUpload>("multipart/form-data", true);
    }
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        Ok(Self::read(request).await?)
    }
}

impl Form {
    async fn read(request: Request) -> Result<Self> {
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|e| {
            Error::new(
                Kind::UnsupportedType,
                "unsupported_media_type",
                "Send the file as multipart/form-data, in a part named file.",
            )
            .because(e.body_text())
        })?;
        let mut description = Description::default();
        let mut file = None;
        let mut seen = HashSet::new();
        while let Some(field) = multipart.next_field().await.map_err(|e| malformed(&e))? {
            let Some(name) = field.name().map(str::to_owned) else {
                return Err(Error::field("", "a name for each part of the form"));
            };
            if name == "file" {
                if file.is_some() {
                    return Err(Error::field("/file", "one file a request"));
                }
                let file_name = field.file_name().and_then(fields::file_name);
                let content_type = field.content_type().map(str::to_owned);
                file = Some((
                    field.bytes().await.map_err(|e| malformed(&e))?,
                    file_name,
                    content_type,
                ));
                continue;
            }
            let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
            if !seen.insert(name.clone()) {
                return Err(Error::field(pointer, "once a request"));
            }
            // Not `text()`, which replaces what is no UTF-8.
            let bytes = field.bytes().await.map_err(|e| malformed(&e))?;
            let text = String::from_utf8(bytes.to_vec())
                .map_err(|_| Error::field(pointer.clone(), "text in UTF-8"))?;
            match name.as_str() {
                "title" => description.title = Some(text),
                "externalId" => description.external_id = Some(text),
                "metadata" => {
                    let parsed = serde_json::from_str(&text)
                        .map_err(|_| Error::field("/metadata", "an object in JSON"))?;
                    description.metadata = Some(parsed);
                }
                "chunking" => {
                    let parsed = serde_json::from_str(&text).map_err(|e| {
                        Error::field("/chunking", format!("an object in JSON: {e}"))
                    })?;
                    description.chunking = Some(parsed);
                }
                "onDuplicate" => {
                    description.on_duplicate = serde_json::from_value(text.into())
                        .map_err(|_| Error::field("/onDuplicate", "skip or newVersion"))?;
                }
                _ => {
                    let known = "no such field; known are file, title, externalId, metadata, onDuplicate, chunking";
                    return Err(Error::field(pointer, known));
                }
            }
        }
        let (bytes, file_name, content_type) =
            file.ok_or_else(|| Error::field("/file", "a part named file with the document"))?;
        Ok(Self {
            bytes,
            file_name,
            content_type,
            description,
        })
    }
}

fn malformed(error: &MultipartError) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return dynrag_api::body_too_large();
    }
    Error::new(
        Kind::Malformed,
        "invalid_multipart",
        "The multipart body is not well formed.",
    )
    .because(error.body_text())
}

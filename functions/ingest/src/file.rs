//! `POST /api/ingest/file`: one file as multipart/form-data, with the fields of a document.

use std::{collections::HashSet, sync::Arc};

use axum::extract::{FromRequest, Request, State};
use bytes::Bytes;
use dynrag_api::{
    AddedAnswer, Answer, App, Caller, Failure, Query, WaitQuery,
    multipart::parts,
    openapi::{self, Argument},
    scopes::DocumentsWrite,
};
use dynrag_app::documents::{Content, Description, add, wait};
use dynrag_domain::{
    CollectionId, Error, Result,
    config::CustomerConfig,
    document_passwords::DocumentPassword,
    documents::{Format, OnDuplicate, Source},
};
use dynrag_extract::detect;
use utoipa::ToSchema;

use crate::fields;

/// Takes a file. The format is detected from the bytes; the declared type and the name decide between kinds of text.
pub(crate) async fn file(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Query(waiting): Query<WaitQuery>,
    form: Form,
) -> Answer<AddedAnswer> {
    let time = waiting.time()?;
    let description = form.description.check()?;
    let declared = form.content_type.as_deref();
    let content = content(
        &caller.config,
        Source::File,
        form.bytes,
        form.file_name,
        declared,
    )?;
    let added = add(&app, &caller, &description, content).await?;
    Ok(wait(&caller, added, time).await?.into())
}

/// Checks a file against the customer's configuration.
///
/// # Errors
/// `unsupported_type`, `file_too_large`, `empty_document`.
pub(crate) fn content(
    config: &CustomerConfig,
    source: Source,
    bytes: Bytes,
    file_name: Option<String>,
    declared: Option<&str>,
) -> Result<Content> {
    let declared = declared.and_then(Format::from_media_type);
    let format = detect(&bytes, declared, file_name.as_deref());
    Content::of_file(config, source, (bytes, file_name), format)
}

/// A document as multipart/form-data.
pub(crate) struct Form {
    bytes: Bytes,
    file_name: Option<String>,
    content_type: Option<String>,
    description: Description,
}

/// The parts of the form.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "read by `Form::read`")]
struct FileUpload {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    file: Bytes,
    title: Option<String>,
    external_id: Option<String>,
    /// Metadata, as a JSON object.
    metadata: Option<String>,
    on_duplicate: Option<OnDuplicate>,
    /// Chunking, as a JSON object.
    chunking: Option<String>,
    collection_id: Option<CollectionId>,
    /// Whether hidden content is extracted too: sheets, rows, columns, slides, text.
    include_hidden: Option<bool>,
    /// Whether the attachments of an email become documents of their own.
    attachments: Option<bool>,
    /// Password of an encrypted PDF. It is stored encrypted until the document is removed.
    password: Option<DocumentPassword>,
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
        let mut description = Description::default();
        let mut file = None;
        let mut seen = HashSet::new();
        for part in parts(request).await? {
            if part.name == "file" {
                if file.replace(part).is_some() {
                    return Err(Error::field("/file", "only one file per request"));
                }
                continue;
            }
            if !seen.insert(part.name.clone()) {
                return Err(Error::field(part.pointer(), "only once per request"));
            }
            if !fields::set(&mut description, &part.name, part.text()?)? {
                let known = "unknown; known fields: file, title, externalId, metadata, onDuplicate, chunking, \
                    collectionId, includeHidden, attachments, password";
                return Err(Error::field(part.pointer(), known));
            }
        }
        let file = file.ok_or_else(|| Error::field("/file", "required: a part named file"))?;
        Ok(Self {
            bytes: file.bytes,
            file_name: file.file_name,
            content_type: file.content_type,
            description,
        })
    }
}

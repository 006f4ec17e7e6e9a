//! `POST /api/ingest/file`: one file as multipart/form-data, with the fields of a document.

use std::{collections::HashSet, sync::Arc};

use axum::{
    extract::{FromRequest, Multipart, Request, State, multipart::MultipartError},
    http::{StatusCode, header},
};
use bytes::Bytes;
use dynrag_api::{
    AddedAnswer, Answer, App, Caller, Failure, Query, WaitQuery,
    openapi::{self, Argument},
    scopes::DocumentsWrite,
};
use dynrag_app::documents::{
    Content, Description, add, check_format, check_size, unsupported, wait,
};
use dynrag_domain::{
    CollectionId, Error, Kind, Result,
    config::CustomerConfig,
    document_passwords::DocumentPassword,
    documents::{self, FailureCode, Format, OnDuplicate, Source},
};
use dynrag_extract::detect;
use utoipa::ToSchema;

use crate::{disposition::Disposition, fields};

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
    check_size(config, bytes.len() as u64)?;
    let declared = declared.and_then(Format::from_media_type);
    let format = detect(&bytes, declared, file_name.as_deref())
        .ok_or_else(|| unsupported(config, "content of this file"))?;
    let format = check_format(config, format)?;
    if !format.has_signature() && bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(empty());
    }
    Ok(Content {
        source,
        format,
        file_name,
        bytes,
    })
}

fn empty() -> Error {
    Error::new(
        Kind::Invalid,
        FailureCode::EmptyDocument.as_str(),
        "The file is empty. Send a file that contains text.",
    )
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

/// A part of a form.
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) bytes: Bytes,
}

impl Part {
    /// Its position in the form, as a JSON pointer (RFC 6901).
    pub(crate) fn pointer(&self) -> String {
        format!("/{}", self.name.replace('~', "~0").replace('/', "~1"))
    }

    /// Its text. axum's own conversion would replace invalid UTF-8.
    pub(crate) fn text(&self) -> Result<String> {
        String::from_utf8(self.bytes.to_vec())
            .map_err(|_| Error::field(self.pointer(), "UTF-8 text"))
    }
}

/// Reads all parts of a form.
///
/// # Errors
/// `unsupported_media_type`, `invalid_multipart`, `body_too_large`, `invalid_fields`.
pub(crate) async fn parts(request: Request) -> Result<Vec<Part>> {
    let mut multipart = Multipart::from_request(request, &()).await.map_err(|e| {
        Error::new(
            Kind::UnsupportedType,
            "unsupported_media_type",
            "Send the file as multipart/form-data, in a part named file.",
        )
        .because(e.body_text())
    })?;
    let mut parts = Vec::new();
    while let Some(field) = multipart.next_field().await.map_err(|e| malformed(&e))? {
        let disposition = field.headers().get(header::CONTENT_DISPOSITION);
        let disposition = disposition.map(|value| Disposition::parse(value.as_bytes()));
        let Disposition { name, file_name } = disposition.unwrap_or_default();
        let Some(name) = name else {
            return Err(Error::field("", "a name for each part of the form"));
        };
        parts.push(Part {
            name,
            file_name: file_name.as_deref().and_then(documents::file_name),
            content_type: field.content_type().map(str::to_owned),
            bytes: field.bytes().await.map_err(|e| malformed(&e))?,
        });
    }
    Ok(parts)
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

fn malformed(error: &MultipartError) -> Error {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return dynrag_api::body_too_large();
    }
    Error::new(
        Kind::Malformed,
        "invalid_multipart",
        "The multipart body is malformed.",
    )
    .because(error.body_text())
}

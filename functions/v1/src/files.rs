//! `GET POST /v1/files`, `GET DELETE /v1/files/{id}`, `…/content`: documents as files.

use std::{fmt::Display, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequest, Request, State},
    response::{IntoResponse, Response},
};
use dynrag_api::{
    Answer, App, Caller, Failure, Json, Path, Query,
    multipart::{Part, parts},
    openapi::{Argument, Description, Success},
    scopes::{DocumentsRead, DocumentsWrite},
};
use dynrag_app::documents::{self, Content, Description as Described};
use dynrag_domain::{
    DocumentId, Error, Result,
    documents::{
        Format, Source, Status,
        filter::{Filter, Sort},
    },
};
use dynrag_extract::detect;
use dynrag_store::{admission::Admission, document_list::Position, documents::Document};
use futures::{Stream, stream};
use http::{HeaderValue, header};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    ids::FileId,
    list::{Deleted, HasId, List, Order, Part as Page},
};

/// The purpose of all files: to be searched.
pub(crate) const PURPOSE: &str = "assistants";
/// Purposes that a file may be sent for. OpenAI's others have nothing to do with documents.
const PURPOSES: [&str; 2] = [PURPOSE, "user_data"];
/// Most files of a page, and those that it has unless another number is asked for, as OpenAI has them.
const MOST: u32 = 10_000;

/// A file.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = File)]
pub(crate) struct FileBody {
    id: FileId,
    object: &'static str,
    bytes: i64,
    created_at: i64,
    filename: String,
    purpose: &'static str,
    /// `uploaded` until it can be searched, `processed`, or `error`.
    status: &'static str,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_details: Option<String>,
}

impl HasId for FileBody {
    fn id(&self) -> impl Display {
        self.id
    }
}

/// The name of a document's file, or one that is made of its title.
pub(crate) fn file_name(document: &Document) -> String {
    let name = document.file_name.clone();
    name.unwrap_or_else(|| format!("{}.{}", document.title, document.format.as_str()))
}

impl From<&Document> for FileBody {
    fn from(document: &Document) -> Self {
        Self {
            id: FileId(document.id),
            object: "file",
            bytes: document.bytes.unwrap_or(0),
            created_at: document.created_at.timestamp(),
            filename: file_name(document),
            purpose: PURPOSE,
            status: match document.status {
                Status::Completed => "processed",
                Status::Failed | Status::NeedsAction => "error",
                Status::AwaitingUpload | Status::Queued | Status::Processing => "uploaded",
            },
            status_details: document.reason().map(|reason| reason.into_owned()),
        }
    }
}

/// Checks what a file is for.
///
/// # Errors
/// `invalid_fields`.
pub(crate) fn check_purpose(purpose: &str) -> Result<()> {
    match PURPOSES.contains(&purpose) {
        true => Ok(()),
        false => Err(Error::field(
            "/purpose",
            "assistants or user_data: files are documents, to be searched",
        )),
    }
}

/// A file as multipart/form-data.
pub(crate) struct Form {
    file: Part,
}

/// The parts of the form.
#[derive(ToSchema)]
#[schema(as = FileCreate)]
#[expect(dead_code, reason = "read by `Form::read`")]
struct FormParts {
    #[schema(value_type = String, format = Binary)]
    file: String,
    /// `assistants` or `user_data`.
    purpose: String,
}

impl Argument for Form {
    fn describe(description: &mut Description) {
        description.body::<FormParts>("multipart/form-data", true);
    }
}

impl<S: Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Self, Failure> {
        Ok(Self::of(parts(request).await?)?)
    }
}

impl Form {
    fn of(parts: Vec<Part>) -> Result<Self> {
        let (mut file, mut purpose) = (None, None);
        for part in parts {
            match part.name.as_str() {
                "file" => drop(file.replace(part)),
                "purpose" => purpose = Some(part.text()?),
                name if name.starts_with("expires_after") => {
                    let detail = "not supported here: a file stays until it is deleted";
                    return Err(Error::field("/expires_after", detail));
                }
                _ => {}
            }
        }
        check_purpose(&purpose.ok_or_else(|| Error::field("/purpose", "required"))?)?;
        let file = file.ok_or_else(|| Error::field("/file", "required: a part named file"))?;
        Ok(Self { file })
    }
}

/// Query parameters of the list.
#[derive(Deserialize, ToSchema)]
pub(crate) struct FilesQuery {
    /// Files of a page. Default: 10,000, the most.
    #[schema(minimum = 1)]
    limit: Option<u32>,
    /// The id of a file after which the page begins.
    #[schema(value_type = Option<String>)]
    after: Option<FileId>,
    #[serde(default)]
    order: Order,
    /// Files are for `assistants` or `user_data` alike; for another purpose there are none.
    purpose: Option<String>,
}

/// Returns a part of the documents that match a filter.
///
/// # Errors
/// `not_found` for an unknown file to begin at; `unavailable`.
pub(crate) async fn page(
    caller: &Admission,
    filter: &Filter,
    page: Page<FileId>,
) -> Result<Vec<Document>> {
    let sort = match page.is_descending {
        true => Sort::CreatedAtDescending,
        false => Sort::CreatedAt,
    };
    let (store, customer) = (caller.store(), caller.tenant());
    let from = match page.from {
        Some(FileId(id)) => {
            let document = store.get_document(customer, id).await?;
            Some(Position::behind(&document, sort))
        }
        None => None,
    };
    store
        .list_documents(customer, filter, sort, from.as_ref(), page.rows())
        .await
}

/// The statuses of a document whose file is there.
pub(crate) fn with_file() -> Vec<Status> {
    let all = Status::ALL.iter().copied();
    all.filter(|status| *status != Status::AwaitingUpload)
        .collect()
}

/// Lists files, of all vector stores and of none.
pub(crate) async fn list(
    caller: Caller<DocumentsRead>,
    Query(query): Query<FilesQuery>,
) -> Answer<Json<List<FileBody>>> {
    let limit = query.limit.or(Some(MOST));
    let part = Page::new(limit, MOST, query.order, (query.after, None))?;
    if query
        .purpose
        .is_some_and(|purpose| !PURPOSES.contains(&purpose.as_str()))
    {
        return Ok(Json(List::new(Vec::new(), false)));
    }
    let filter = Filter {
        statuses: Some(with_file()),
        ..Filter::default()
    };
    let documents = page(&caller, &filter, part).await?;
    Ok(Json(
        part.list(documents.iter().map(FileBody::from).collect()),
    ))
}

/// Adds a file. One whose content is there already is that document.
pub(crate) async fn create(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Form { file }: Form,
) -> Answer<Json<FileBody>> {
    let declared = file
        .content_type
        .as_deref()
        .and_then(Format::from_media_type);
    let format = detect(&file.bytes, declared, file.file_name.as_deref());
    let named = (file.bytes, file.file_name);
    let content = Content::of_file(&caller.config, Source::File, named, format)?;
    let added = documents::add(&app, &caller, &Described::default(), content).await?;
    Ok(Json(read(&caller, added.id).await?))
}

/// Returns a document as a file.
///
/// # Errors
/// `not_found`; `unavailable`.
pub(crate) async fn read(caller: &Admission, id: DocumentId) -> Result<FileBody> {
    let document = caller.store().get_document(caller.tenant(), id).await?;
    Ok(FileBody::from(&document))
}

/// Returns a file.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    Path(FileId(id)): Path<FileId>,
) -> Answer<Json<FileBody>> {
    Ok(Json(read(&caller, id).await?))
}

/// Deletes a file, from its vector store too.
pub(crate) async fn delete(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(id): Path<FileId>,
) -> Answer<Json<Deleted>> {
    documents::delete(&app, &caller, id.0, false).await?;
    Ok(Json(Deleted::new(id, "file")))
}

/// The bytes of a file.
pub(crate) struct Download {
    media_type: &'static str,
    body: Body,
}

impl IntoResponse for Download {
    fn into_response(self) -> Response {
        let media_type = HeaderValue::from_static(self.media_type);
        // Nothing that a browser would show as a page of ours.
        let disposition = HeaderValue::from_static("attachment");
        let headers = [
            (header::CONTENT_TYPE, media_type),
            (header::CONTENT_DISPOSITION, disposition),
        ];
        (headers, self.body).into_response()
    }
}

impl Success for Download {
    fn describe(description: &mut Description) {
        description.answers_nothing(200, "OK: the bytes of the file, with its media type");
    }
}

/// Sends the original of a file.
pub(crate) async fn content(
    caller: Caller<DocumentsRead>,
    State(app): State<Arc<App>>,
    Path(FileId(id)): Path<FileId>,
) -> Answer<Download> {
    let (format, reader) = documents::open_original(&app, &caller, id).await?;
    Ok(Download {
        media_type: format.media_type(),
        body: Body::from_stream(pieces(reader)),
    })
}

fn pieces(reader: documents::Reader) -> impl Stream<Item = Result<bytes::Bytes, Error>> {
    stream::try_unfold(reader, async |mut reader| {
        let piece = reader.next().await?;
        Ok(piece.map(|piece| (piece, reader)))
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn part(name: &str, text: &str) -> Part {
        Part {
            name: name.to_owned(),
            file_name: None,
            content_type: None,
            bytes: Bytes::from(text.to_owned()),
        }
    }

    #[test]
    fn a_file_has_a_purpose_that_is_served() {
        let form = |parts: Vec<Part>| Form::of(parts).map(|_| ());
        assert!(form(vec![part("purpose", "assistants"), part("file", "x")]).is_ok());
        for (parts, pointer) in [
            (vec![part("file", "x")], "/purpose"),
            (
                vec![part("purpose", "fine-tune"), part("file", "x")],
                "/purpose",
            ),
            (vec![part("purpose", "user_data")], "/file"),
            (
                vec![
                    part("purpose", "user_data"),
                    part("file", "x"),
                    part("expires_after[seconds]", "1"),
                ],
                "/expires_after",
            ),
        ] {
            assert_eq!(form(parts).unwrap_err().fields()[0].pointer, pointer);
        }
    }
}

//! `GET POST /v1/vector_stores/{id}/files`, `GET POST DELETE …/{fileId}`, `…/{fileId}/content`: documents in a collection.

use std::{fmt::Display, sync::Arc};

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Path, Query,
    openapi::{Description, Success},
    scopes::{DocumentsRead, DocumentsWrite},
};
use dynrag_app::documents::{self, DocumentChange};
use dynrag_domain::{
    CollectionId, DocumentId, Error, Kind, Result,
    config::Chunking,
    documents::{FailureCode, Status, filter::Filter},
    metadata::Metadata,
};
use dynrag_store::{admission::Admission, documents::Document};
use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::{
    attributes::{self, Attributes},
    files,
    ids::{FileId, FileInStore, VectorStoreId},
    list::{Deleted, HasId, List, Order, Part},
    vector_stores::ChunkingStrategy,
};

/// Most files of a page.
const MOST: u32 = 100;
/// When to ask again for what is in progress, in milliseconds.
const POLL_AFTER: HeaderName = HeaderName::from_static("openai-poll-after-ms");
const POLL_AFTER_MS: HeaderValue = HeaderValue::from_static("500");

/// A file of a vector store.
#[derive(Serialize, ToSchema)]
#[schema(as = VectorStoreFile)]
pub(crate) struct StoreFile {
    id: FileId,
    object: &'static str,
    /// Bytes of the original.
    usage_bytes: i64,
    created_at: i64,
    vector_store_id: VectorStoreId,
    /// `in_progress`, `completed` or `failed`.
    status: &'static str,
    #[schema(required)]
    last_error: Option<LastError>,
    /// How it is cut.
    #[schema(value_type = Object)]
    chunking_strategy: Value,
    /// Texts, numbers and truth values of its metadata.
    #[schema(value_type = Object)]
    attributes: Attributes,
}

#[derive(Serialize, ToSchema)]
struct LastError {
    /// `server_error`, `unsupported_file` or `invalid_file`.
    code: &'static str,
    /// What happened and what to do.
    message: String,
}

impl HasId for StoreFile {
    fn id(&self) -> impl Display {
        self.id
    }
}

impl StoreFile {
    pub(crate) fn new(store: CollectionId, document: &Document) -> Self {
        let error = document.code.map(|code| LastError {
            code: error_code(code),
            message: document.reason().unwrap_or_default().into_owned(),
        });
        Self {
            id: FileId(document.id),
            object: "vector_store.file",
            usage_bytes: document.bytes.unwrap_or(0),
            created_at: document.created_at.timestamp(),
            vector_store_id: VectorStoreId(store),
            status: status(document.status),
            last_error: error,
            chunking_strategy: json!({"type": "other"}),
            attributes: attributes::of(&document.metadata),
        }
    }

    fn is_in_progress(&self) -> bool {
        self.status == "in_progress"
    }
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Completed => "completed",
        Status::Failed | Status::NeedsAction => "failed",
        Status::AwaitingUpload | Status::Queued | Status::Processing => "in_progress",
    }
}

fn error_code(code: FailureCode) -> &'static str {
    match code {
        FailureCode::UnsupportedType => "unsupported_file",
        FailureCode::ExtractionCrashed
        | FailureCode::OriginalMissing
        | FailureCode::AttemptsExhausted => "server_error",
        _ => "invalid_file",
    }
}

/// A body, with when to ask again if it is in progress.
pub(crate) struct Polled<T> {
    body: T,
    is_in_progress: bool,
}

impl<T> Polled<T> {
    pub(crate) fn new(body: T, is_in_progress: bool) -> Self {
        Self {
            body,
            is_in_progress,
        }
    }
}

impl<T: Serialize> axum::response::IntoResponse for Polled<T> {
    fn into_response(self) -> axum::response::Response {
        let mut response = Json(self.body).into_response();
        if self.is_in_progress {
            response.headers_mut().insert(POLL_AFTER, POLL_AFTER_MS);
        }
        response
    }
}

impl<T: ToSchema> Success for Polled<T> {
    fn describe(description: &mut Description) {
        description.responds::<T>(
            200,
            "OK; `openai-poll-after-ms` says when to ask again for what is in progress",
        );
    }
}

fn polled(file: StoreFile) -> Polled<StoreFile> {
    let is_in_progress = file.is_in_progress();
    Polled::new(file, is_in_progress)
}

/// A file to put into a vector store.
#[derive(Clone, Deserialize, ToSchema)]
pub(crate) struct VectorStoreFileCreate {
    /// A file is in one vector store at most.
    pub(crate) file_id: FileId,
    #[schema(value_type = Option<Object>)]
    pub(crate) attributes: Option<Attributes>,
    pub(crate) chunking_strategy: Option<ChunkingStrategy>,
}

/// What changes with the vector store.
#[derive(Clone, Default)]
pub(crate) struct Beside {
    pub(crate) attributes: Option<Attributes>,
    pub(crate) chunking: Option<Chunking>,
}

impl Beside {
    /// Whether it makes a version of the document.
    pub(crate) fn changes(&self) -> bool {
        self.attributes.is_some() || self.chunking.is_some()
    }
}

impl VectorStoreFileCreate {
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn beside(&self, pointer: &str) -> Result<Beside> {
        if let Some(attributes) = &self.attributes {
            attributes::check(attributes, &format!("{pointer}/attributes"))?;
        }
        let chunking = self.chunking_strategy.map(ChunkingStrategy::chunking);
        Ok(Beside {
            attributes: self.attributes.clone(),
            chunking: chunking.transpose()?.flatten(),
        })
    }
}

/// Other attributes of a file.
#[derive(Deserialize, ToSchema)]
pub(crate) struct VectorStoreFileUpdate {
    #[schema(value_type = Option<Object>)]
    attributes: Option<Attributes>,
}

/// Query parameters of the list.
#[derive(Deserialize, ToSchema)]
pub(crate) struct StoreFilesQuery {
    /// Files of a page. Default: 20; at most 100 are returned.
    #[schema(minimum = 1)]
    limit: Option<u32>,
    /// The id of a file after which the page begins.
    #[schema(value_type = Option<String>)]
    after: Option<FileId>,
    /// The id of a file before which the page ends.
    #[schema(value_type = Option<String>)]
    before: Option<FileId>,
    #[serde(default)]
    order: Order,
    filter: Option<StatusFilter>,
}

/// Files of one status.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VectorStoreFileStatus)]
pub(crate) enum StatusFilter {
    InProgress,
    Completed,
    Failed,
    Cancelled,
}

impl StatusFilter {
    fn statuses(self) -> Vec<Status> {
        let name = match self {
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        };
        let all = Status::ALL.iter().copied();
        all.filter(|one| status(*one) == name).collect()
    }
}

impl StoreFilesQuery {
    /// Reads a page of documents.
    ///
    /// # Errors
    /// `invalid_fields`; `not_found` for an unknown file to begin at; `unavailable`.
    pub(crate) async fn page(
        &self,
        caller: &Admission,
        store: CollectionId,
        ids: Option<Vec<DocumentId>>,
    ) -> Result<List<StoreFile>> {
        let part = Part::new(self.limit, MOST, self.order, (self.after, self.before))?;
        let filter = Filter {
            collection: Some(Some(store)),
            statuses: self.filter.map(StatusFilter::statuses),
            ids,
            ..Filter::default()
        };
        let documents = files::page(caller, &filter, part).await?;
        let files = documents
            .iter()
            .map(|document| StoreFile::new(store, document));
        Ok(part.list(files.collect()))
    }
}

/// Returns a document of a collection.
async fn in_store(caller: &Admission, store: CollectionId, id: DocumentId) -> Result<Document> {
    let document = caller.store().get_document(caller.tenant(), id).await?;
    match document.collection == Some(store) {
        true => Ok(document),
        false => Err(Error::not_found("file")),
    }
}

/// Checks that a file can be put into a vector store: that it is in no other.
///
/// # Errors
/// `not_found`; `invalid_fields` if it is in another, or its file was not sent yet; `unavailable`.
pub(crate) async fn check_free(
    caller: &Admission,
    id: DocumentId,
    into: Option<CollectionId>,
    pointer: &str,
) -> Result<Document> {
    let document = caller.store().get_document(caller.tenant(), id).await?;
    match document.collection {
        Some(other) if Some(other) != into => Err(Error::field(
            pointer,
            format!(
                "{} is in {}, and a file is in one vector store at most: take it out of that one first",
                FileId(id),
                VectorStoreId(other)
            ),
        )),
        _ if document.status == Status::AwaitingUpload => {
            let detail = format!("{} awaits its upload: send the file first", FileId(id));
            Err(Error::field(pointer, detail))
        }
        _ => Ok(document),
    }
}

/// Puts a file into a vector store. Safe to repeat.
///
/// # Errors
/// As [`check_free`], and those of a change of the document.
pub(crate) async fn put(
    app: &App,
    caller: &Admission,
    store: CollectionId,
    id: DocumentId,
    beside: Beside,
) -> Result<()> {
    let document = check_free(caller, id, Some(store), "/file_id").await?;
    let metadata = beside
        .attributes
        .filter(|given| *given != attributes::of(&document.metadata));
    let metadata = metadata.map(|given| attributes::replaced(&document.metadata, &given));
    if let Some(Err(rule)) = metadata.as_ref().map(Metadata::check) {
        return Err(Error::field("/attributes", rule));
    }
    let moves = document.collection != Some(store);
    if !moves && metadata.is_none() && beside.chunking.is_none() {
        return Ok(());
    }
    let change = DocumentChange {
        metadata,
        chunking: beside.chunking,
        collection_id: moves.then_some(Some(store)),
        ..DocumentChange::default()
    };
    documents::update(app, caller, id, change).await.map(drop)
}

/// Lists the files of a vector store.
pub(crate) async fn list(
    caller: Caller<DocumentsRead>,
    Path(VectorStoreId(store)): Path<VectorStoreId>,
    Query(query): Query<StoreFilesQuery>,
) -> Answer<Json<List<StoreFile>>> {
    caller
        .store()
        .has_vector_store(caller.tenant(), store)
        .await?;
    Ok(Json(query.page(&caller, store, None).await?))
}

/// Puts a file into a vector store.
pub(crate) async fn create(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path(VectorStoreId(store)): Path<VectorStoreId>,
    Json(body): Json<VectorStoreFileCreate>,
) -> Answer<Polled<StoreFile>> {
    let beside = body.beside("")?;
    caller
        .store()
        .has_vector_store(caller.tenant(), store)
        .await?;
    put(&app, &caller, store, body.file_id.0, beside).await?;
    let document = in_store(&caller, store, body.file_id.0).await?;
    Ok(polled(StoreFile::new(store, &document)))
}

/// Returns a file of a vector store.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    Path((VectorStoreId(store), FileInStore(id))): Path<(VectorStoreId, FileInStore)>,
) -> Answer<Polled<StoreFile>> {
    let document = in_store(&caller, store, id).await?;
    Ok(polled(StoreFile::new(store, &document)))
}

/// Changes the attributes of a file.
pub(crate) async fn update(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path((VectorStoreId(store), FileInStore(id))): Path<(VectorStoreId, FileInStore)>,
    Json(body): Json<VectorStoreFileUpdate>,
) -> Answer<Polled<StoreFile>> {
    let attributes = body.attributes.unwrap_or_default();
    attributes::check(&attributes, "/attributes")?;
    in_store(&caller, store, id).await?;
    let beside = Beside {
        attributes: Some(attributes),
        chunking: None,
    };
    put(&app, &caller, store, id, beside).await?;
    let document = in_store(&caller, store, id).await?;
    Ok(polled(StoreFile::new(store, &document)))
}

/// Takes a file out of a vector store. The file stays.
pub(crate) async fn delete(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Path((VectorStoreId(store), FileInStore(id))): Path<(VectorStoreId, FileInStore)>,
) -> Answer<Json<Deleted>> {
    in_store(&caller, store, id).await?;
    let change = DocumentChange {
        collection_id: Some(None),
        ..DocumentChange::default()
    };
    documents::update(&app, &caller, id, change).await?;
    Ok(Json(Deleted::new(FileId(id), "vector_store.file.deleted")))
}

/// The text of a file, as it was read.
#[derive(Serialize, ToSchema)]
#[schema(as = VectorStoreFileContent)]
pub(crate) struct FileContent {
    object: &'static str,
    data: [TextPart; 1],
    has_more: bool,
    #[schema(value_type = Option<String>, required)]
    next_page: (),
}

/// A text.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct TextPart {
    r#type: &'static str,
    text: String,
}

impl TextPart {
    pub(crate) fn new(text: String) -> Self {
        Self {
            r#type: "text",
            text,
        }
    }
}

/// Returns the text of a file.
pub(crate) async fn content(
    caller: Caller<DocumentsRead>,
    State(app): State<Arc<App>>,
    Path((VectorStoreId(store), FileInStore(id))): Path<(VectorStoreId, FileInStore)>,
) -> Answer<Json<FileContent>> {
    let document = in_store(&caller, store, id).await?;
    let version = document.published_version.ok_or_else(|| {
        Error::new(
            Kind::Conflict,
            "file_not_processed",
            "The text of the file is not known yet. Ask again when its status is completed.",
        )
    })?;
    let extracted = documents::extracted(&app, &caller, id, version).await?;
    Ok(Json(FileContent {
        object: "vector_store.file_content.page",
        data: [TextPart::new(extracted.text)],
        has_more: false,
        next_page: (),
    }))
}

//! `POST /api/ingest/batch`: up to 500 texts, each with its own result.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Link,
    responses::{self, Either},
    scopes::DocumentsWrite,
};
use dynrag_app::documents::{self, AddedDocument, Content, Description, NewText};
use dynrag_domain::{DocumentId, Error, Result, documents::Status};
use dynrag_store::admission::Admission;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::document::NewDocument;

const MAX_DOCUMENTS: usize = 500;

/// The documents.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// Each is like the body of `POST /api/ingest/document`. An invalid document gets an error in its result and does
    /// not affect the others.
    #[schema(min_items = 1, max_items = 500, value_type = Vec<Object>)]
    documents: Vec<Box<RawValue>>,
}

/// The result for one document: accepted, or rejected with an error.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BatchItem {
    /// Its position in the batch, from 0.
    index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_id: Option<DocumentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_url: Option<Link>,
    /// True if the document with the same content exists already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    /// True if a duplicate updated the title, metadata, `includeHidden` or `attachments` of the existing document.
    /// Nothing is embedded again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    updated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
}

/// Why a document was rejected.
#[derive(Serialize, ToSchema)]
struct ItemError {
    /// Stable error code for programs.
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ItemField>,
}

/// An invalid field.
#[derive(Serialize, ToSchema)]
struct ItemField {
    /// The field in the request body, as a JSON pointer (RFC 6901).
    pointer: String,
    detail: String,
}

/// The results, in the order of the documents.
#[derive(Serialize, ToSchema)]
pub(crate) struct BatchResult {
    queued: usize,
    duplicates: usize,
    refused: usize,
    results: Vec<BatchItem>,
}

/// 202 if a document was queued, else 200.
type BatchAnswer = Either<responses::Accepted<BatchResult>, Json<BatchResult>>;

impl BatchItem {
    fn new(index: usize, outcome: Result<AddedDocument>) -> Self {
        match outcome {
            Ok(added) => Self {
                index,
                doc_id: Some(added.id),
                status: Some(added.status),
                status_url: Some(Link::to_document_status(added.id)),
                duplicate: added.duplicate,
                updated: added.updated,
                error: None,
            },
            Err(error) => Self::refused(index, &error),
        }
    }

    fn refused(index: usize, error: &Error) -> Self {
        let errors = error.fields().iter().map(|field| ItemField {
            pointer: format!("/documents/{index}{}", field.pointer),
            detail: field.detail.clone(),
        });
        Self {
            index,
            error: Some(ItemError {
                code: error.code(),
                detail: error.public().to_owned(),
                errors: errors.collect(),
            }),
            ..Self::default()
        }
    }
}

impl BatchResult {
    /// The results, in the order of the documents.
    fn new(outcomes: impl Iterator<Item = Result<AddedDocument>>) -> Self {
        let results: Vec<BatchItem> = outcomes
            .enumerate()
            .map(|(index, outcome)| BatchItem::new(index, outcome))
            .collect();
        let refused = results.iter().filter(|r| r.error.is_some()).count();
        let duplicates = results.iter().filter(|r| r.duplicate).count();
        Self {
            queued: results.len() - duplicates - refused,
            duplicates,
            refused,
            results,
        }
    }
}

impl From<BatchResult> for BatchAnswer {
    fn from(result: BatchResult) -> Self {
        match result.queued {
            0 => Self::Right(Json(result)),
            _ => Self::Left(responses::Accepted(result)),
        }
    }
}

/// Adds the valid documents.
pub(crate) async fn batch(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Json(batch): Json<Batch>,
) -> Answer<BatchAnswer> {
    // Before hundreds of bodies are parsed for nothing.
    caller.check_budget()?;
    if !(1..=MAX_DOCUMENTS).contains(&batch.documents.len()) {
        let detail = format!("from 1 to {MAX_DOCUMENTS} documents");
        return Err(Error::field("/documents", detail).into());
    }
    let read: Vec<Result<_>> = batch
        .documents
        .into_iter()
        .map(|document| read(&caller, &document))
        .collect();
    let mut outcomes: Vec<Option<Error>> = Vec::with_capacity(read.len());
    let mut ready = Vec::new();
    for one in read {
        match one {
            Ok(document) => {
                ready.push(document);
                outcomes.push(None);
            }
            Err(error) => outcomes.push(Some(error)),
        }
    }
    let mut added = documents::add_many(&app, &caller, ready).await?.into_iter();
    let outcomes = outcomes.into_iter().map(|refused| match refused {
        Some(error) => Some(Err(error)),
        None => added.next(),
    });
    Ok(BatchResult::new(outcomes.flatten()).into())
}

/// Parses and checks a document of the batch.
fn read(caller: &Admission, document: &RawValue) -> Result<(Description, Content)> {
    let body: NewDocument = dynrag_api::from_json(document.get().as_bytes())?;
    NewText::from(body).check(&caller.config)
}

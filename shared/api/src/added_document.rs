//! The response of every route that adds or changes a document, and the `wait` parameter.

use std::{borrow::Cow, time::Duration};

use dynrag_app::documents::AddedDocument;
use dynrag_domain::{
    DocumentId, Error, Result,
    documents::{FailureCode, Status},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Json, Link,
    responses::{Accepted, Either},
};

/// Longest wait in seconds. The gateway times out after thirty, part of which the upload may have taken.
const MAX_WAIT: u32 = 25;

/// A document that was added or changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedDocument {
    doc_id: DocumentId,
    status: Status,
    status_url: Link,
    /// True if the document with the same content exists already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    /// True if a duplicate updated the title, metadata, `includeHidden` or `attachments` of the existing document.
    /// Nothing is embedded again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    updated: bool,
    /// Why the document failed or needs action, if `wait` was long enough to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
}

/// 202 if work was queued; 200 if there is nothing to do or processing has ended.
pub type AddedAnswer = Either<Accepted<AcceptedDocument>, Json<AcceptedDocument>>;

impl From<AddedDocument> for AcceptedDocument {
    fn from(added: AddedDocument) -> Self {
        Self {
            doc_id: added.id,
            status: added.status,
            status_url: Link::to_document_status(added.id),
            duplicate: added.duplicate,
            updated: added.updated,
            code: added.code,
            reason: added.reason,
        }
    }
}

impl From<AddedDocument> for AddedAnswer {
    fn from(added: AddedDocument) -> Self {
        match added.queued {
            true => Self::Left(Accepted(added.into())),
            false => Self::Right(Json(added.into())),
        }
    }
}

/// How long to wait for the result.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitQuery {
    /// Seconds to wait for processing to end before the response is sent. Default: 0.
    #[schema(minimum = 0, maximum = 25)]
    wait: Option<u32>,
}

impl WaitQuery {
    /// Returns the time to wait.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub fn time(&self) -> Result<Duration> {
        wait_time(self.wait)
    }
}

/// Checks a `wait` in seconds and returns it as a duration.
///
/// # Errors
/// `invalid_fields`.
pub fn wait_time(wait: Option<u32>) -> Result<Duration> {
    match wait {
        Some(wait) if wait > MAX_WAIT => {
            let detail = format!("at most {MAX_WAIT} seconds");
            Err(Error::field("/wait", detail))
        }
        wait => Ok(Duration::from_secs(wait.unwrap_or(0).into())),
    }
}

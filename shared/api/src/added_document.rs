//! The answer of every route that adds or changes a document, and the time a caller waits for it.

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
    answers::{Accepted, Either},
};

/// Most seconds. The gateway gives up after thirty, of which the upload itself may have taken some.
const MAX_WAIT: u32 = 25;

/// A document that was added or changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AcceptedDocument {
    doc_id: DocumentId,
    status: Status,
    status_url: Link,
    /// True where the very content is there already.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
    /// True where a duplicate takes over the title, metadata, `includeHidden` or `attachments` it came with. Nothing is
    /// embedded again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    updated: bool,
    /// Why it ended badly, where the caller waited for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
}

/// 202 where work was queued; 200 where there is nothing to do, or it has ended.
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
            true => Self::This(Accepted(added.into())),
            false => Self::That(Json(added.into())),
        }
    }
}

/// How long the caller waits.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WaitQuery {
    /// Seconds to hold the answer until the document has ended; none where it is left out.
    #[schema(minimum = 0, maximum = 25)]
    wait: Option<u32>,
}

impl WaitQuery {
    /// The time.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub fn time(&self) -> Result<Duration> {
        wait_time(self.wait)
    }
}

/// The time of a `wait` in seconds.
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

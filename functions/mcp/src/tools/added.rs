//! What became of a document that was added.

use std::{borrow::Cow, time::Duration};

use dynrag_app::documents::{self, AddedDocument};
use dynrag_domain::{
    DocumentId, Result,
    documents::{FailureCode, Status},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{call::Call, tools::Shown};

/// How long a tool waits for a document: most are ready by then.
const WAIT: Duration = Duration::from_secs(10);

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentAdded)]
pub(crate) struct Added {
    document_id: DocumentId,
    /// It can be found when this is `completed`.
    status: Status,
    /// Whether the same content was there already.
    duplicate: bool,
    /// Why it failed or needs action.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    /// What happened and what to do, in words; for `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
}

impl Added {
    /// Waits for a while until the document is ready.
    pub(crate) async fn after_waiting(call: &Call, added: AddedDocument) -> Result<Shown<Self>> {
        let added = documents::wait(&call.caller, added, WAIT).await?;
        let added = Self {
            document_id: added.id,
            status: added.status,
            duplicate: added.duplicate,
            code: added.code,
            reason: added.reason,
        };
        Ok(added.into())
    }
}

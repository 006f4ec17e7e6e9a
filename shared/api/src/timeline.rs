//! Steps of a document's timeline and its end, as in its status, its event stream and WebSocket events.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DocumentId, VersionNumber,
    documents::{FailureCode, Stage, Status},
};
use dynrag_store::timeline::{Standing, Step};
use serde::Serialize;
use utoipa::ToSchema;

/// A step of the timeline: a status of the document, with its start and end.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct DocumentStep {
    started_at: DateTime<Utc>,
    /// When the next step began; left out for the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_ms: Option<i64>,
    version: VersionNumber,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    /// Attempt number of this version, from 1; 0 before the first.
    attempt: i32,
}

impl From<Step> for DocumentStep {
    fn from(step: Step) -> Self {
        Self {
            started_at: step.started_at,
            ended_at: step.ended_at,
            duration_ms: step
                .ended_at
                .map(|end| (end - step.started_at).num_milliseconds()),
            version: step.version,
            status: step.status,
            stage: step.stage,
            code: step.code,
            attempt: step.attempt,
        }
    }
}

/// The end of a document's processing: its final status.
#[derive(Serialize, Debug)]
#[serde(rename_all = "camelCase")]
pub struct DocumentEnd {
    doc_id: DocumentId,
    /// Left out if it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    /// What happened and what to do, in words; for `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    deleted: bool,
}

impl DocumentEnd {
    /// The end that follows the steps of a standing; `None` while the document is processed. If there are more steps than one
    /// read returns, the last of them is not the current one, and the end follows later.
    pub fn after(id: DocumentId, standing: &Standing) -> Option<Self> {
        let last = standing.steps.last().map(|step| step.status);
        let is_current = last.is_none_or(|last| last == standing.status);
        (is_current && standing.status.is_terminal()).then(|| Self {
            doc_id: id,
            status: Some(standing.status),
            code: standing.code,
            reason: standing.code.map(FailureCode::sentence),
            deleted: false,
        })
    }

    /// The end of a document that was deleted.
    pub fn deleted(id: DocumentId) -> Self {
        Self {
            doc_id: id,
            status: None,
            code: None,
            reason: None,
            deleted: true,
        }
    }
}

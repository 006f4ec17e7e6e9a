//! Steps of a document's timeline, as in its status and its event stream.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    VersionNumber,
    documents::{FailureCode, Stage, Status},
};
use dynrag_store::timeline::Step;
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

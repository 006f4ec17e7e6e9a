//! `GET /api/documents/{id}/status`: a document's status and timeline.

use std::borrow::Cow;

use dynrag_api::{Answer, Caller, Json, Path, scopes::DocumentsRead, timeline::DocumentStep};
use dynrag_domain::{
    DocumentId, VersionNumber,
    documents::{FailureCode, Stage, Status},
    warnings::Warnings,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DocumentTimeline)]
pub(crate) struct StatusBody {
    doc_id: DocumentId,
    title: String,
    status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<FailureCode>,
    /// What happened and what to do, in words; for `code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Cow<'static, str>>,
    /// The HTTP status of the page's server, for code `http_status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<i32>,
    attempts: i32,
    latest_version: VersionNumber,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_version: Option<VersionNumber>,
    /// Content that was left out, replaced or guessed during extraction.
    warnings: Warnings,
    /// The steps so far, oldest first.
    timeline: Vec<DocumentStep>,
}

/// Returns a document's status.
pub(crate) async fn status(
    caller: Caller<DocumentsRead>,
    Path(id): Path<DocumentId>,
) -> Answer<Json<StatusBody>> {
    let (document, steps) = caller.store().document_status(caller.tenant(), id).await?;
    Ok(Json(StatusBody {
        reason: document.reason(),
        http_status: document.http_status,
        doc_id: document.id,
        title: document.title,
        status: document.status,
        stage: document.stage,
        code: document.code,
        attempts: document.attempts,
        latest_version: document.latest_version,
        published_version: document.published_version,
        warnings: document.warnings,
        timeline: steps.into_iter().map(DocumentStep::from).collect(),
    }))
}

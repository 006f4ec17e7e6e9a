//! `GET /api/jobs/{id}`: progress of an export, a crawl, a regeneration of embeddings or a bulk action.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{Answer, App, Caller, Json, Path, scopes::DocumentsRead};
use dynrag_app::{
    exports,
    jobs::{self, Progress},
};
use dynrag_domain::{
    CollectionId, DocumentId, JobId,
    bulk::{Bulk, BulkAction},
    fetches::LeftOutStatus,
    regeneration::Switch,
    tasks::{JobKind, JobStatus},
};
use dynrag_store::{
    crawls::{self, PageCounts},
    jobs::JobRow,
    regeneration,
};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct JobFile {
    url: String,
    bytes: u64,
    expires_at: DateTime<Utc>,
}

impl From<exports::FileLink> for JobFile {
    fn from(link: exports::FileLink) -> Self {
        Self {
            url: link.url,
            bytes: link.bytes,
            expires_at: link.expires_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Job {
    id: JobId,
    kind: JobKind,
    status: JobStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<DateTime<Utc>>,
    /// For a completed export: its files. Only for callers with scope `admin:tenant`.
    files: Vec<JobFile>,
    /// For a crawl: its progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<CrawlPages>,
    /// For a regeneration of embeddings: its progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    embeddings: Option<RegenerationProgress>,
    /// For a bulk action: its progress.
    #[serde(skip_serializing_if = "Option::is_none")]
    bulk: Option<BulkProgress>,
}

impl Job {
    fn new(row: JobRow, progress: Progress) -> Self {
        let mut job = Self {
            id: row.id,
            kind: row.kind,
            status: row.status,
            code: row.code,
            created_at: row.created_at,
            finished_at: row.finished_at,
            files: Vec::new(),
            pages: None,
            embeddings: None,
            bulk: None,
        };
        match progress {
            Progress::Export(files) => job.files = files.into_iter().map(JobFile::from).collect(),
            Progress::Crawl { counts, left_out } => {
                job.pages = Some(CrawlPages::new(counts, left_out));
            }
            Progress::Regeneration(progress) => job.embeddings = Some(progress.into()),
            Progress::Bulk { bulk, failures } => {
                job.bulk = Some(BulkProgress::new(&bulk, failures))
            }
            Progress::Hidden => {}
        }
        job
    }
}

/// Progress of a bulk action.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkProgress {
    action: BulkAction,
    /// For `move`: the target collection; left out if documents are moved out of their collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_id: Option<Option<CollectionId>>,
    /// Documents selected.
    total: i64,
    done: i64,
    failed: i64,
    /// The first hundred failures, with the reasons.
    failures: Vec<BulkFailure>,
}

impl BulkProgress {
    fn new(bulk: &Bulk, failures: Vec<(DocumentId, String)>) -> Self {
        let failures = failures
            .into_iter()
            .map(|(doc_id, code)| BulkFailure { doc_id, code });
        Self {
            action: bulk.action,
            collection_id: (bulk.action == BulkAction::Move).then_some(bulk.collection_id),
            total: bulk.total,
            done: bulk.done,
            failed: bulk.failed,
            failures: failures.collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkFailure {
    doc_id: DocumentId,
    code: String,
}

/// Progress of a regeneration of embeddings.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RegenerationProgress {
    embedding_model: String,
    /// Documents at the start.
    documents: i64,
    /// Documents that already have new vectors.
    done: i64,
    /// What happens when all have new vectors.
    switch: Switch,
    /// Whether all had them: with `switch` manual they can be searched.
    ready: bool,
    /// Whether searches use the new vectors.
    switched: bool,
}

impl From<regeneration::Progress> for RegenerationProgress {
    fn from(progress: regeneration::Progress) -> Self {
        Self {
            embedding_model: progress.model,
            documents: progress.documents,
            done: progress.done,
            switch: progress.switch,
            ready: progress.ready_since.is_some() || progress.replaced.is_some(),
            switched: progress.replaced.is_some(),
        }
    }
}

/// Progress of a crawl, in pages.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CrawlPages {
    /// Pages not fetched yet.
    waiting: i64,
    /// Pages stored as documents or new versions.
    stored: i64,
    /// Pages that have not changed.
    unchanged: i64,
    skipped: i64,
    failed: i64,
    /// The first hundred pages that were left out, with the reasons.
    left_out: Vec<CrawlPageLeftOut>,
}

impl CrawlPages {
    fn new(counts: PageCounts, left_out: Vec<crawls::LeftOut>) -> Self {
        Self {
            waiting: counts.waiting,
            stored: counts.stored,
            unchanged: counts.unchanged,
            skipped: counts.skipped,
            failed: counts.failed,
            left_out: left_out.into_iter().map(CrawlPageLeftOut::from).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CrawlPageLeftOut {
    url: String,
    status: LeftOutStatus,
    code: String,
    /// The HTTP status of the page's server, for code `http_status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<i32>,
}

impl From<crawls::LeftOut> for CrawlPageLeftOut {
    fn from(page: crawls::LeftOut) -> Self {
        Self {
            url: page.url,
            status: page.status,
            code: page.code,
            http_status: page.http_status,
        }
    }
}

/// Returns a job, with links to its files.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    State(app): State<Arc<App>>,
    Path(id): Path<JobId>,
) -> Answer<Json<Job>> {
    let (row, progress) = jobs::get(&app, &caller, id).await?;
    Ok(Json(Job::new(row, progress)))
}

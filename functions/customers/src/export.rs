//! `POST /api/customers/export` and `GET /api/jobs/{id}`: all of a customer's data, to take along; and how far
//! any long work is.

use std::{sync::Arc, time::Duration};

use axum::extract::State;
use chrono::{DateTime, SubsecRound, Utc};
use dynrag_api::{
    Answer, Caller, Context, Json, Link, Path,
    answers::Accepted,
    scopes::{AdminTenant, DocumentsRead},
};
use dynrag_domain::{
    CollectionId, CustomerId, DocumentId, Error, JobId, Result,
    audit::Action,
    bulk::{Bulk, BulkAction},
    fetches::LeftOutStatus,
    identity::Scope,
    storage,
    tasks::{JobKind, JobStatus},
};
use dynrag_store::{
    Store, audit,
    jobs::{self, JobRow},
    regeneration::Progress as Regenerating,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// How long a file's link is good; asking for the job again gives another.
const LINK_TIME: Duration = Duration::from_secs(900);
/// Pages of a crawl, or documents of a bulk action, that are told of.
const LEFT_OUT: i64 = 100;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StartedJob)]
pub(crate) struct Started {
    job_id: JobId,
    status_url: Link,
}

/// Starts an export, or finds the one that is under way.
pub(crate) async fn start(
    caller: Caller<AdminTenant>,
    State(context): State<Arc<Context>>,
) -> Answer<Accepted<Started>> {
    let tx = caller.store().tenant(caller.customer_id).await?;
    let (job_id, pending) = jobs::add(&tx, JobKind::Export).await?;
    if pending.is_some() {
        let (actor, target) = (caller.principal.into(), job_id.as_uuid());
        audit::record(&tx, actor, Action::ExportRequested, target, &json!({})).await?;
    }
    tx.commit().await?;
    if let Some(pending) = pending {
        context.dispatch(&pending).await;
    }
    let started = Started {
        job_id,
        status_url: Link::to_job(job_id),
    };
    Ok(Accepted(started))
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobFile)]
struct FileBody {
    url: String,
    bytes: u64,
    expires_at: DateTime<Utc>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Job)]
pub(crate) struct JobBody {
    id: JobId,
    kind: JobKind,
    status: JobStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    created_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<DateTime<Utc>>,
    /// Of an export, once it is completed; for who may have everything.
    files: Vec<FileBody>,
    /// Of a crawl.
    #[serde(skip_serializing_if = "Option::is_none")]
    pages: Option<PagesBody>,
    /// Of a regeneration of embeddings.
    #[serde(skip_serializing_if = "Option::is_none")]
    embeddings: Option<EmbeddingsBody>,
    /// Of an action on many documents.
    #[serde(skip_serializing_if = "Option::is_none")]
    bulk: Option<BulkBody>,
}

/// How far an action on many documents is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BulkProgress)]
struct BulkBody {
    action: BulkAction,
    /// Where documents are moved; null is out of their collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_id: Option<Option<CollectionId>>,
    /// Documents that were chosen.
    total: i64,
    done: i64,
    failed: i64,
    /// The first hundred of those on which it failed, and why.
    failures: Vec<BulkFailure>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct BulkFailure {
    doc_id: DocumentId,
    code: String,
}

/// How far the vectors of another model are.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RegenerationProgress)]
struct EmbeddingsBody {
    embedding_model: String,
    /// Documents when it began.
    documents: i64,
    /// Documents that have the new model's vectors.
    done: i64,
    /// Whether these are searched.
    switched: bool,
}

/// How far a crawl is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CrawlPages)]
struct PagesBody {
    /// Not fetched yet.
    waiting: i64,
    /// Became documents, or new versions of them.
    stored: i64,
    /// Are as they were.
    unchanged: i64,
    skipped: i64,
    failed: i64,
    /// The first hundred of those that were left out, and why.
    left_out: Vec<LeftOut>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CrawlPageLeftOut)]
struct LeftOut {
    url: String,
    status: LeftOutStatus,
    code: String,
    /// What the page's server answered, for `http_status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    http_status: Option<i32>,
}

/// What an export notes of itself.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Progress {
    files: Vec<Written>,
}

#[derive(Deserialize)]
struct Written {
    file: Uuid,
    bytes: u64,
}

/// Shows a job, with links to what it has made.
pub(crate) async fn get(
    caller: Caller<DocumentsRead>,
    State(context): State<Arc<Context>>,
    Path(id): Path<JobId>,
) -> Answer<Json<JobBody>> {
    let store = caller.store();
    let job = store.get_job(caller.customer_id, id).await?;
    // Whoever may only read documents is given no links to everything there is.
    let in_charge = caller.scopes.contains(&Scope::AdminTenant);
    let files = if job.kind == JobKind::Export && job.status == JobStatus::Completed && in_charge {
        files(&context, caller.customer_id, &job).await?
    } else {
        Vec::new()
    };
    let pages = if job.kind == JobKind::Crawl {
        Some(pages(store, caller.customer_id, id).await?)
    } else {
        None
    };
    let embeddings = if job.kind == JobKind::Regenerate {
        let progress: Regenerating =
            serde_json::from_str(job.progress.get()).map_err(Error::internal_fault)?;
        Some(EmbeddingsBody {
            embedding_model: progress.model,
            documents: progress.documents,
            done: progress.done,
            switched: progress.replaced.is_some(),
        })
    } else {
        None
    };
    let bulk = if job.kind == JobKind::Bulk {
        Some(bulk(store, caller.customer_id, &job).await?)
    } else {
        None
    };
    Ok(Json(JobBody {
        id,
        kind: job.kind,
        status: job.status,
        code: job.code,
        created_at: job.created_at,
        finished_at: job.finished_at,
        files,
        pages,
        embeddings,
        bulk,
    }))
}

async fn pages(store: &Store, customer: CustomerId, job: JobId) -> Result<PagesBody> {
    let counts = store.count_pages(customer, job).await?;
    let left_out = store.pages_left_out(customer, job, LEFT_OUT).await?;
    let left_out = left_out
        .into_iter()
        .map(|page| LeftOut {
            url: page.url,
            status: page.status,
            code: page.code,
            http_status: page.http_status,
        })
        .collect();
    Ok(PagesBody {
        waiting: counts.waiting,
        stored: counts.stored,
        unchanged: counts.unchanged,
        skipped: counts.skipped,
        failed: counts.failed,
        left_out,
    })
}

async fn bulk(store: &Store, customer: CustomerId, job: &JobRow) -> Result<BulkBody> {
    let bulk: Bulk = serde_json::from_str(job.progress.get()).map_err(Error::internal_fault)?;
    let failures = store.bulk_failures(customer, job.id, LEFT_OUT).await?;
    let failures = failures
        .into_iter()
        .map(|(doc_id, code)| BulkFailure { doc_id, code });
    Ok(BulkBody {
        action: bulk.action,
        collection_id: (bulk.action == BulkAction::Move).then_some(bulk.collection_id),
        total: bulk.total,
        done: bulk.done,
        failed: bulk.failed,
        failures: failures.collect(),
    })
}

async fn files(context: &Context, customer: CustomerId, job: &JobRow) -> Result<Vec<FileBody>> {
    let progress: Progress =
        serde_json::from_str(job.progress.get()).map_err(Error::internal_fault)?;
    let (objects, _) = context.documents().await?;
    let expires_at = (Utc::now() + LINK_TIME).trunc_subsecs(0);
    let mut files = Vec::with_capacity(progress.files.len());
    for (part, Written { file, bytes }) in (1..).zip(progress.files) {
        let key = storage::export_key(customer, job.id, file);
        let name = format!("export-{part:04}.zip");
        files.push(FileBody {
            url: objects.presign_get(&key, &name, LINK_TIME).await?,
            bytes,
            expires_at,
        });
    }
    Ok(files)
}

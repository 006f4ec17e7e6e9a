//! Exports: all of a customer's data in zip files. A request starts one, the tasks function writes it file by file, and
//! each request for its job creates links to the files.

mod file;
mod rows;
mod text;
mod write;

use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use dynrag_domain::{
    DocumentId, Error, JobId, Result, VersionNumber, audit::Action, storage, tasks::JobKind,
};
use dynrag_store::{
    TenantId,
    admission::Admission,
    audit,
    jobs::{self, JobRow},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::App;

pub use write::write_next;

/// How long a link to a file is valid.
const LINK_TIME: Duration = Duration::from_secs(900);

/// A written file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Written {
    /// Last part of its key.
    file: Uuid,
    bytes: u64,
}

/// Progress of an export, stored in its job.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Progress {
    /// Files in order.
    files: Vec<Written>,
    /// The last original written to a file.
    after: Option<(DocumentId, VersionNumber)>,
    /// Whether everything is written.
    complete: bool,
}

impl Progress {
    fn read(json: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(Error::internal_fault)
    }
}

/// A link to a file of an export.
#[derive(Clone, PartialEq, Eq)]
pub struct FileLink {
    /// The presigned URL.
    pub url: String,
    /// Size of the file.
    pub bytes: u64,
    /// When the link expires.
    pub expires_at: DateTime<Utc>,
}

/// Starts an export, or finds the one that is in progress.
///
/// # Errors
/// `unavailable`.
pub async fn start(app: &App, caller: &Admission) -> Result<JobId> {
    let tx = caller.store().tenant(caller.tenant()).await?;
    let (job, pending) = jobs::add(&tx, JobKind::Export).await?;
    if pending.is_some() {
        let (actor, target) = (caller.principal.into(), job.as_uuid());
        audit::record(&tx, actor, Action::ExportRequested, target, &json!({})).await?;
    }
    tx.commit().await?;
    if let Some(pending) = pending {
        app.dispatch(&pending).await;
    }
    Ok(job)
}

/// Creates links to the files of an export.
///
/// # Errors
/// `unavailable`; `internal_error` for a job that is not an export.
pub(crate) async fn links(app: &App, customer: TenantId, job: &JobRow) -> Result<Vec<FileLink>> {
    let progress = Progress::read(job.progress.get())?;
    let (objects, _) = app.documents().await?;
    let expires_at = (Utc::now() + LINK_TIME).trunc_subsecs(0);
    let mut links = Vec::with_capacity(progress.files.len());
    for (part, Written { file, bytes }) in (1..).zip(progress.files) {
        let key = storage::export_key(customer.customer_id(), job.id, file);
        let name = format!("export-{part:04}.zip");
        links.push(FileLink {
            url: objects.presign_get(&key, &name, LINK_TIME).await?,
            bytes,
            expires_at,
        });
    }
    Ok(links)
}

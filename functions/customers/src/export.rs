//! `POST /api/customers/export`: all of a customer's data as files.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Link, responses::Accepted, scopes::AdminTenant};
use dynrag_app::exports;
use dynrag_domain::JobId;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartedJob {
    job_id: JobId,
    status_url: Link,
}

/// Starts an export, or finds the one that is in progress.
pub(crate) async fn start(
    caller: Caller<AdminTenant>,
    State(app): State<Arc<App>>,
) -> Answer<Accepted<StartedJob>> {
    let job_id = exports::start(&app, &caller).await?;
    Ok(Accepted(StartedJob {
        job_id,
        status_url: Link::to_job(job_id),
    }))
}

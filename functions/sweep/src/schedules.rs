//! Scheduled webhooks: a due page is fetched as if its URL had been sent again. Unchanged content costs
//! nothing.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | before the document's transaction | a lease of ten minutes | the sweep after it |
//! | after it | the same, and a fetch in progress | the sweep after it, which finds it in progress or unchanged |
#![expect(clippy::disallowed_methods, reason = "a worker passes messages on")]

use chrono::Utc;
use dynrag_domain::{
    Result,
    audit::Actor,
    documents::{Format, Source},
    fetches::Fetch,
    jobs::Lane,
    schedules::ScheduleSpec,
};
use dynrag_store::{
    fetches::AddedUrl,
    schedules::{Due, Outcome},
    uploads::NewDocument,
};
use uuid::Uuid;

use crate::Parts;

/// Starts a run, and records its outcome and the next run.
pub(crate) async fn run(parts: &Parts<'_>, due: &Due) -> Result<()> {
    let outcome = match start(parts, due).await {
        Ok(outcome) => outcome,
        Err(error) if error.retryable() => return Err(error),
        // For example, the document limit is reached or the collection was just deleted: the next run may
        // succeed.
        Err(error) => {
            let (code, webhook) = (error.code(), due.id);
            tracing::warn!(customer_id = %due.tenant, webhook_id = %webhook, code, "scheduled run left out");
            Outcome::Failed(code)
        }
    };
    // It was checked when it was stored: `None` if it never runs again.
    let spec = ScheduleSpec::parse(&due.schedule, due.time_zone.as_deref()).ok();
    let next = spec.and_then(|spec| spec.next(due.planned, Utc::now()));
    parts.store.schedule_ran(due, outcome, next).await
}

async fn start(parts: &Parts<'_>, due: &Due) -> Result<Outcome> {
    let title = &due.url[..due.url.floor_char_boundary(512)];
    let new = NewDocument {
        source_url: Some(&due.url),
        target: due.collection.into(),
        lane: Lane::Bulk,
        ..NewDocument::new(title, Source::Url, Format::Html, Actor::Webhook(due.id))
    };
    let added = parts
        .store
        .add_url(due.tenant, &new, Uuid::new_v4())
        .await?;
    let (id, pending) = match added {
        AddedUrl::Queued(id, pending) => (id, pending),
        AddedUrl::UnderWay(id, _) => return Ok(Outcome::Skipped(Some(id))),
        AddedUrl::Raced => return Ok(Outcome::Skipped(None)),
    };
    parts.app.try_dispatch(&pending).await?;
    Ok(match pending.job {
        Fetch::Document { version, .. } => Outcome::Started(id, version),
        Fetch::Crawl { .. } => Outcome::Skipped(Some(id)),
    })
}

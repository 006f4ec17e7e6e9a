//! Scheduled webhooks: what is due is fetched, as if its URL had been sent again. Unchanged content costs
//! nothing.
//!
//! | it dies | what is left | who mends it |
//! |---|---|---|
//! | before the document's transaction | a lease of ten minutes | the sweep after it |
//! | after it | the same, and a fetch under way | the sweep after it, which finds it under way or unchanged |

use chrono::Utc;
use dynrag_domain::{
    Result,
    audit::Actor,
    documents::{Format, Reading, Source},
    jobs::Lane,
    schedules::ScheduleSpec,
};
use dynrag_store::{fetches::AddedUrl, schedules::Due, uploads::NewDocument};
use uuid::Uuid;

use crate::Parts;

/// Starts one, and notes when it runs next.
pub(crate) async fn run(parts: &Parts<'_>, due: &Due) -> Result<()> {
    if let Err(error) = start(parts, due).await {
        if error.retryable() {
            return Err(error);
        }
        // As many documents as there may be, for one, or a collection deleted just now: the next run may do.
        let (code, webhook) = (error.code(), due.id);
        tracing::warn!(customer_id = %due.customer_id, webhook_id = %webhook, code, "scheduled run left out");
    }
    // What was checked when it was stored: none where it never runs again.
    let spec = ScheduleSpec::parse(&due.schedule, due.time_zone.as_deref()).ok();
    let next = spec.and_then(|spec| spec.next(due.planned, Utc::now()));
    parts.store.schedule_ran(due, next).await
}

async fn start(parts: &Parts<'_>, due: &Due) -> Result<()> {
    let new = NewDocument {
        title: &due.url[..due.url.floor_char_boundary(512)],
        source: Source::Url,
        format: Format::Html,
        external_id: None,
        file_name: None,
        metadata: None,
        reading: Reading::default(),
        attached_to: None,
        source_url: Some(&due.url),
        chunking: None,
        place: due.collection.into(),
        password: None,
        reprocess: false,
        lane: Lane::Bulk,
        actor: Actor::Webhook(due.id),
    };
    let added = parts
        .store
        .add_url(due.customer_id, &new, Uuid::new_v4())
        .await?;
    if let AddedUrl::Queued(_, pending) = added {
        parts.fetches.send(&pending.job).await?;
        parts.store.outbox_sent(&pending).await?;
    }
    Ok(())
}

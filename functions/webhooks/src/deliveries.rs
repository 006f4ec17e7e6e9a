//! `GET /api/webhooks/{id}/deliveries`, `POST /api/webhooks/{id}/deliveries/{deliveryId}/replay`.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, App, Caller, Json, Path, Query, cursor,
    paging::{Limit, Page},
    responses::Accepted,
    scopes::Webhooks,
};
use dynrag_app::webhooks;
use dynrag_domain::{
    DeliveryId, DocumentId, Error, Result, RunId, VersionNumber, WebhookId,
    webhooks::{DeliveryStatus, RunStatus, Trigger},
};
use dynrag_store::{deliveries::DeliveryRow, schedules::Run};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A notification and its delivery.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookDelivery {
    /// The notification's id: the `webhook-id` of every attempt.
    id: DeliveryId,
    event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_id: Option<DocumentId>,
    status: DeliveryStatus,
    /// Delivery attempts since it was created or replayed.
    attempts: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<DateTime<Utc>>,
    /// HTTP status of the receiver's last response.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<i32>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_attempt_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<DeliveryRow> for WebhookDelivery {
    fn from(row: DeliveryRow) -> Self {
        Self {
            id: row.id,
            event: row.event,
            doc_id: row.document_id,
            status: row.status,
            attempts: row.attempts,
            next_attempt_at: (row.status == DeliveryStatus::Pending).then_some(row.due_at),
            last_status: row.last_status,
            last_error: row.last_error,
            last_attempt_at: row.last_attempt_at,
            ended_at: row.ended_at,
            created_at: row.created_at,
        }
    }
}

/// A run of a scheduled webhook.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookRun {
    id: RunId,
    /// Planned start.
    planned_at: DateTime<Utc>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<DateTime<Utc>>,
    status: RunStatus,
    /// For `failed` and `needs_action`: why it could not start, or why its document failed or needs action.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The document it fetches.
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_id: Option<DocumentId>,
    /// The document version it created; left out if the page was unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<VersionNumber>,
    created_at: DateTime<Utc>,
}

impl From<Run> for WebhookRun {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            planned_at: run.planned_at,
            started_at: run.started_at,
            status: run.status,
            code: run.code,
            doc_id: run.document_id,
            version: run.version,
            created_at: run.created_at,
        }
    }
}

/// A notification of an `event` webhook, or a run of a `scheduled` webhook.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum WebhookActivity {
    /// A notification.
    Notice(WebhookDelivery),
    /// A run.
    Run(WebhookRun),
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeliveryFilter {
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    cursor: Option<String>,
    /// A status of notifications or runs.
    status: Option<String>,
}

/// Parses a status of this kind of webhook.
fn status<T: Copy>(
    filter: &DeliveryFilter,
    all: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<Option<T>> {
    let Some(text) = &filter.status else {
        return Ok(None);
    };
    let found = all.iter().find(|status| name(**status) == text.as_str());
    found.copied().map(Some).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|status| name(*status)).collect();
        Error::field("/status", format!("one of {}", names.join(", ")))
    })
}

/// Lists the notifications or runs of a webhook, newest first.
pub(crate) async fn list(
    caller: Caller<Webhooks>,
    Path(id): Path<WebhookId>,
    Query(filter): Query<DeliveryFilter>,
) -> Answer<Json<Page<WebhookActivity>>> {
    let (store, customer) = (caller.store(), caller.tenant());
    let limit = Limit::new(filter.limit)?;
    let trigger = store.get_webhook(customer, id).await?.trigger;
    let cursor = filter.cursor.as_deref();
    if trigger == Trigger::Scheduled {
        let after = cursor.map(cursor::decode).transpose()?;
        let status = status(&filter, RunStatus::ALL, RunStatus::as_str)?;
        let rows = store.list_runs(customer, id, status, after, limit.rows());
        let page = Page::new(rows.await?, limit, |run| (run.created_at, run.id))?;
        return Ok(Json(page.map(|run| WebhookActivity::Run(run.into()))));
    }
    let after = cursor.map(cursor::decode).transpose()?;
    let status = status(&filter, DeliveryStatus::ALL, DeliveryStatus::as_str)?;
    let rows = store.list_deliveries(customer, id, status, after, limit.rows());
    let page = Page::new(rows.await?, limit, |row| (row.created_at, row.id))?;
    Ok(Json(page.map(|row| WebhookActivity::Notice(row.into()))))
}

/// The notification that is sent again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayedDelivery {
    delivery_id: DeliveryId,
    status: DeliveryStatus,
}

/// Sends a notification again with the same id, so that receivers recognise it.
pub(crate) async fn replay(
    caller: Caller<Webhooks>,
    State(app): State<Arc<App>>,
    Path((webhook, id)): Path<(WebhookId, DeliveryId)>,
) -> Answer<Accepted<ReplayedDelivery>> {
    webhooks::replay(&app, &caller, webhook, id).await?;
    Ok(Accepted(ReplayedDelivery {
        delivery_id: id,
        status: DeliveryStatus::Pending,
    }))
}

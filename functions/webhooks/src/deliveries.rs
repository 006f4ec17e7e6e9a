//! `GET /api/webhooks/{id}/deliveries`, `POST /api/webhooks/{id}/deliveries/{deliveryId}/replay`.

use std::sync::Arc;

use axum::extract::State;
use chrono::{DateTime, Utc};
use dynrag_api::{
    Answer, Caller, Context, Json, Path, Query,
    answers::Accepted,
    cursor,
    paging::{Limit, Page},
    scopes::Webhooks,
};
use dynrag_domain::{
    DeliveryId, DocumentId, WebhookId,
    webhooks::{Delivery, DeliveryStatus},
};
use dynrag_store::deliveries::DeliveryRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A notice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookDelivery)]
pub(crate) struct DeliveryBody {
    /// The `webhook-id` of every try.
    id: DeliveryId,
    event: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc_id: Option<DocumentId>,
    status: DeliveryStatus,
    /// Tries since it was made or replayed.
    attempts: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<DateTime<Utc>>,
    /// The receiver's last HTTP status.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_status: Option<i32>,
    /// Why the last try failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_attempt_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<DeliveryRow> for DeliveryBody {
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DeliveryFilter)]
pub(crate) struct Filter {
    #[schema(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    cursor: Option<String>,
    status: Option<DeliveryStatus>,
}

/// Lists them, newest first.
pub(crate) async fn list(
    caller: Caller<Webhooks>,
    Path(id): Path<WebhookId>,
    Query(filter): Query<Filter>,
) -> Answer<Json<Page<DeliveryBody>>> {
    let limit = Limit::new(filter.limit)?;
    let after = filter.cursor.as_deref().map(cursor::decode).transpose()?;
    let rows = caller
        .store()
        .list_deliveries(caller.customer_id, id, filter.status, after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(page.map(DeliveryBody::from)))
}

/// Which notice goes out again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReplayedDelivery)]
pub(crate) struct Replayed {
    delivery_id: DeliveryId,
    status: DeliveryStatus,
}

/// Sends one again under the id it has: who has taken it knows it by that.
pub(crate) async fn replay(
    caller: Caller<Webhooks>,
    State(context): State<Arc<Context>>,
    Path((webhook, id)): Path<(WebhookId, DeliveryId)>,
) -> Answer<Accepted<Replayed>> {
    let customer = caller.customer_id;
    let store = caller.store();
    store.replay_delivery(customer, webhook, id).await?;
    let delivery = Delivery::notice(customer, id);
    context.dispatch_delivery(&delivery).await;
    Ok(Accepted(Replayed {
        delivery_id: id,
        status: DeliveryStatus::Pending,
    }))
}

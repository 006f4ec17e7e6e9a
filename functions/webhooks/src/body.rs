//! A webhook in JSON: as it is returned, created and changed.

use chrono::{DateTime, Utc};
use dynrag_api::Link;
use dynrag_app::webhooks::{self, RevealedSecret};
use dynrag_domain::{
    CollectionId, WebhookId,
    webhooks::{DisabledReason, Event, Trigger, WebhookStatus},
};
use dynrag_store::webhooks::WebhookRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A webhook. `secret` and `token` are only returned when they are created or rotated.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Webhook {
    id: WebhookId,
    name: String,
    trigger_type: Trigger,
    status: WebhookStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<DisabledReason>,
    /// For `event`: the receiver of notifications; for `scheduled`: the page to fetch; for `manual`: the URL to post
    /// documents to.
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run_at: Option<DateTime<Utc>>,
    /// The collection of documents that the webhook adds.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_id: Option<CollectionId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
    /// Since when every delivery has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_triggered_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// The signing secret (Standard Webhooks). Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// The token for senders that cannot sign. Shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl Webhook {
    pub(crate) fn new(row: WebhookRow, revealed: RevealedSecret) -> Self {
        Self {
            url: row.url.unwrap_or_else(|| address(row.id).to_string()),
            id: row.id,
            name: row.name,
            trigger_type: row.trigger,
            status: row.status,
            disabled_reason: row.disabled_reason,
            schedule: row.schedule,
            time_zone: row.time_zone,
            next_run_at: row.next_run_at,
            collection_id: row.collection,
            events: row.events,
            failing_since: row.failing_since,
            last_triggered_at: row.last_triggered_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
            secret: revealed.secret,
            token: revealed.token,
        }
    }
}

/// Returns the URL at which a webhook receives documents.
pub(crate) fn address(id: WebhookId) -> Link {
    Link::to(format!("/api/ingest/webhook/{id}"))
}

/// A webhook to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct NewWebhook {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    trigger_type: Trigger,
    /// For `event`: the receiver of notifications; for `scheduled`: the page to fetch.
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// For `scheduled`: when it runs, as `rate(…)` or `cron(…)`.
    #[schema(max_length = 256, examples("rate(6 hours)", "cron(0 8 ? * MON-FRI *)"))]
    schedule: Option<String>,
    /// For `scheduled`: the time zone of the schedule. Default: UTC.
    #[schema(examples("Europe/Berlin"))]
    time_zone: Option<String>,
    /// For `event`: the events to send. Default: all.
    #[schema(min_items = 1)]
    events: Option<Vec<Event>>,
    /// For `manual` and `scheduled`: the collection of documents that the webhook adds.
    collection_id: Option<CollectionId>,
}

/// A change of a webhook. Fields that are left out stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct WebhookChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    status: Option<WantedWebhookStatus>,
    #[schema(max_length = 2048)]
    url: Option<String>,
    #[schema(max_length = 256)]
    schedule: Option<String>,
    /// The time zone of the schedule; null means UTC.
    #[serde(default, deserialize_with = "dynrag_domain::given")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    #[schema(min_items = 1)]
    events: Option<Vec<Event>>,
    /// The collection of documents added from now on; null means none.
    #[serde(default, deserialize_with = "dynrag_domain::given")]
    #[schema(value_type = Option<CollectionId>)]
    collection_id: Option<Option<CollectionId>>,
    /// Create a new secret and token. The old ones stay valid for a day.
    #[serde(default)]
    rotate_secret: bool,
}

/// A status that a customer may set.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
enum WantedWebhookStatus {
    Active,
    Paused,
}

impl From<WantedWebhookStatus> for WebhookStatus {
    fn from(status: WantedWebhookStatus) -> Self {
        match status {
            WantedWebhookStatus::Active => Self::Active,
            WantedWebhookStatus::Paused => Self::Paused,
        }
    }
}

impl From<NewWebhook> for webhooks::NewWebhook {
    fn from(body: NewWebhook) -> Self {
        Self {
            name: body.name,
            trigger: body.trigger_type,
            url: body.url,
            schedule: body.schedule,
            time_zone: body.time_zone,
            events: body.events,
            collection: body.collection_id,
        }
    }
}

impl From<WebhookChange> for webhooks::WebhookChange {
    fn from(body: WebhookChange) -> Self {
        Self {
            name: body.name,
            status: body.status.map(WantedWebhookStatus::into),
            url: body.url,
            schedule: body.schedule,
            time_zone: body.time_zone,
            events: body.events,
            collection: body.collection_id,
            rotate_secret: body.rotate_secret,
        }
    }
}

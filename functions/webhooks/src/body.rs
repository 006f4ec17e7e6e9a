//! A webhook in JSON, as it is shown and as it is asked for, and the rules of its fields.

use chrono::{DateTime, Utc};
use dynrag_api::Link;
use dynrag_config::WebConfig;
use dynrag_domain::{
    CollectionId, Error, FieldError, Result, WebhookId,
    schedules::ScheduleSpec,
    webhooks::{DisabledReason, Event, MAX_NAME, Trigger, WebhookStatus},
};
use dynrag_store::webhooks::{Wanted, WebhookRow};
use dynrag_web::Policy;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::secret::Shown;

/// A webhook; secret and token only when they are made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Webhook)]
pub(crate) struct WebhookBody {
    id: WebhookId,
    name: String,
    trigger_type: Trigger,
    status: WebhookStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_reason: Option<DisabledReason>,
    /// Where notices go, what is fetched, or where documents are posted to.
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    schedule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_run_at: Option<DateTime<Utc>>,
    /// Where the documents belong that it brings.
    #[serde(skip_serializing_if = "Option::is_none")]
    collection_id: Option<CollectionId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    events: Vec<Event>,
    /// Since when notices have failed without exception.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_triggered_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// Signs as Standard Webhooks says, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// For senders that cannot sign, shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl WebhookBody {
    pub(crate) fn new(row: WebhookRow, shown: Shown) -> Self {
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
            secret: shown.secret,
            token: shown.token,
        }
    }
}

/// Where a webhook takes documents in.
pub(crate) fn address(id: WebhookId) -> Link {
    Link::to(format!("/api/ingest/webhook/{id}"))
}

/// A webhook to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct NewWebhook {
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    pub(crate) trigger_type: Trigger,
    /// Of `event` and `scheduled`.
    #[schema(max_length = 2048)]
    url: Option<String>,
    /// Of `scheduled`.
    #[schema(max_length = 256, examples("rate(6 hours)", "cron(0 8 ? * MON-FRI *)"))]
    schedule: Option<String>,
    /// Of `scheduled`; UTC where it is left out.
    #[schema(examples("Europe/Berlin"))]
    time_zone: Option<String>,
    /// Of `event`; all of them where it is left out.
    #[schema(min_items = 1)]
    events: Option<Vec<Event>>,
    /// Of `manual` and `scheduled`: where the documents belong that it brings.
    collection_id: Option<CollectionId>,
}

/// What is to change; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct WebhookChange {
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    status: Option<WantedStatus>,
    #[schema(max_length = 2048)]
    url: Option<String>,
    #[schema(max_length = 256)]
    schedule: Option<String>,
    /// Null for UTC.
    #[serde(default, deserialize_with = "dynrag_api::given")]
    #[schema(value_type = Option<String>)]
    time_zone: Option<Option<String>>,
    #[schema(min_items = 1)]
    events: Option<Vec<Event>>,
    /// For what comes from now on; null: none.
    #[serde(default, deserialize_with = "dynrag_api::given")]
    #[schema(value_type = Option<CollectionId>)]
    collection_id: Option<Option<CollectionId>>,
    /// Makes a new secret, and a new token; the old ones are good for a day still.
    #[serde(default)]
    pub(crate) rotate_secret: bool,
}

/// What a customer may set: stopping a webhook for good is ours.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WantedWebhookStatus)]
enum WantedStatus {
    Active,
    Paused,
}

/// A webhook as it is to be, checked.
pub(crate) struct Checked {
    name: String,
    status: WebhookStatus,
    url: Option<String>,
    schedule: Option<String>,
    time_zone: Option<String>,
    events: Vec<Event>,
    collection_id: Option<CollectionId>,
    next_run_at: Option<DateTime<Utc>>,
}

impl Checked {
    pub(crate) fn wanted(&self) -> Wanted<'_> {
        Wanted {
            name: &self.name,
            status: self.status,
            url: self.url.as_deref(),
            schedule: self.schedule.as_deref(),
            time_zone: self.time_zone.as_deref(),
            events: &self.events,
            next_run_at: self.next_run_at,
            collection: self.collection_id,
        }
    }

    /// Checks all fields at once.
    fn check(mut self, trigger: Trigger, policy: &Policy) -> Result<Self> {
        let mut fields = Vec::new();
        let mut bad = |pointer: &str, detail: &str| {
            fields.push(FieldError {
                pointer: pointer.to_owned(),
                detail: detail.to_owned(),
            });
        };
        self.name = self.name.trim().to_owned();
        if !(1..=MAX_NAME).contains(&self.name.chars().count())
            || self.name.contains(char::is_control)
        {
            bad(
                "/name",
                "from 1 to 100 characters, none of them a control character",
            );
        }
        match (&self.url, trigger) {
            (Some(_), Trigger::Manual) => bad("/url", "a manual webhook has an address of ours"),
            (None, Trigger::Manual) => {}
            (None, _) => bad("/url", "this is needed"),
            (Some(text), _) => match web_address(text, trigger, policy) {
                Ok(url) => self.url = Some(url),
                Err(detail) => bad("/url", &detail),
            },
        }
        let scheduled = trigger == Trigger::Scheduled;
        let mut next = None;
        match &self.schedule {
            Some(_) if !scheduled => bad("/schedule", "only a scheduled webhook has one"),
            None if scheduled => bad("/schedule", "this is needed"),
            None => {}
            Some(schedule) => match ScheduleSpec::parse(schedule, self.time_zone.as_deref()) {
                Ok(spec) => match spec.first(Utc::now()) {
                    Some(first) => next = Some(first),
                    None => bad("/schedule", &spec.why_never(Utc::now())),
                },
                Err(error) => bad(&error.pointer, &error.detail),
            },
        }
        if self.time_zone.is_some() && !scheduled {
            bad("/timeZone", "only a scheduled webhook has one");
        }
        let event = trigger == Trigger::Event;
        if !event && !self.events.is_empty() {
            bad("/events", "only an event webhook has them");
        }
        if event && self.collection_id.is_some() {
            bad("/collectionId", "an event webhook brings no documents");
        }
        if event && self.events.is_empty() {
            bad("/events", "at least one");
        }
        if !fields.is_empty() {
            return Err(Error::fields_invalid(fields));
        }
        self.next_run_at = next.filter(|_| self.status == WebhookStatus::Active);
        // In our order, each once.
        let all = Event::ALL.iter().copied();
        self.events = all.filter(|event| self.events.contains(event)).collect();
        Ok(self)
    }
}

/// An address that may be requested, as it will be.
fn web_address(
    text: &str,
    trigger: Trigger,
    policy: &Policy,
) -> std::result::Result<String, String> {
    let strict = match trigger {
        Trigger::Event => policy.clone().https_only(),
        Trigger::Manual | Trigger::Scheduled => policy.clone(),
    };
    let url = dynrag_web::parse_url(text.trim()).map_err(|error| error.to_string())?;
    strict.check(&url).map_err(|error| error.to_string())?;
    // Scheduled: the document is known by it.
    Ok(dynrag_web::normalise(&url).into())
}

/// What this deployment allows to be requested.
///
/// # Errors
/// `internal_error` where it is configured to no `host:port`.
pub(crate) fn policy() -> Result<Policy> {
    Policy::default()
        .with_all_allowed(&WebConfig::from_env().allow)
        .map_err(|_| Error::internal_fault("WEB_ALLOW is not a list of host:port"))
}

impl NewWebhook {
    /// Checks it.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn check(self, policy: &Policy) -> Result<Checked> {
        let all = match self.trigger_type {
            Trigger::Event => Event::ALL.to_vec(),
            Trigger::Manual | Trigger::Scheduled => Vec::new(),
        };
        let wanted = Checked {
            name: self.name,
            status: WebhookStatus::Active,
            url: self.url,
            schedule: self.schedule,
            time_zone: self.time_zone,
            events: self.events.unwrap_or(all),
            collection_id: self.collection_id,
            next_run_at: None,
        };
        wanted.check(self.trigger_type, policy)
    }
}

impl WebhookChange {
    /// The webhook as it is to be. A schedule that stays keeps its beat.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(crate) fn apply(self, now: &WebhookRow, policy: &Policy) -> Result<Checked> {
        let same_schedule = self.schedule.is_none() && self.time_zone.is_none();
        let wanted = Checked {
            name: self.name.unwrap_or_else(|| now.name.clone()),
            status: match self.status {
                None => now.status,
                Some(WantedStatus::Active) => WebhookStatus::Active,
                Some(WantedStatus::Paused) => WebhookStatus::Paused,
            },
            url: self.url.or_else(|| now.url.clone()),
            schedule: self.schedule.or_else(|| now.schedule.clone()),
            time_zone: self.time_zone.unwrap_or_else(|| now.time_zone.clone()),
            events: self.events.unwrap_or_else(|| now.events.clone()),
            collection_id: self.collection_id.unwrap_or(now.collection),
            next_run_at: None,
        };
        let mut checked = wanted.check(now.trigger, policy)?;
        if same_schedule && checked.next_run_at.is_some() && now.next_run_at.is_some() {
            checked.next_run_at = now.next_run_at;
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(body: Value) -> Result<Checked> {
        let policy = Policy::default().with_allowed("localhost:9000").unwrap();
        let new: NewWebhook = serde_json::from_value(body).unwrap();
        new.check(&policy)
    }

    #[test]
    fn each_kind_has_its_fields() {
        let manual = check(json!({"name": " n8n ", "triggerType": "manual"})).unwrap();
        assert_eq!((manual.name.as_str(), manual.url), ("n8n", None));
        let event = json!({"name": "n", "triggerType": "event", "url": "https://Example.com"});
        let event = check(event).unwrap();
        assert_eq!(event.url.as_deref(), Some("https://example.com/"));
        assert_eq!(event.events, Event::ALL);
        let scheduled = json!({"name": "n", "triggerType": "scheduled", "url": "http://example.com/a",
            "schedule": "rate(1 hour)", "timeZone": "Europe/Berlin"});
        assert!(check(scheduled).unwrap().next_run_at > Some(Utc::now()));
        let vouched = json!({"name": "n", "triggerType": "event", "url": "http://localhost:9000/",
            "events": ["document.deleted", "document.completed", "document.deleted"]});
        let events = check(vouched).unwrap().events;
        assert_eq!(events, [Event::Completed, Event::Deleted]);
    }

    #[test]
    fn each_bad_field_is_pointed_at() {
        for (body, pointers) in [
            (
                json!({"name": "", "triggerType": "event"}),
                &["/name", "/url"][..],
            ),
            (
                json!({"name": "n", "triggerType": "manual", "url": "https://a.de", "schedule": "rate(1 day)",
                    "timeZone": "UTC", "events": ["document.failed"]}),
                &["/url", "/schedule", "/timeZone", "/events"],
            ),
            (
                json!({"name": "n", "triggerType": "scheduled", "url": "https://a.de"}),
                &["/schedule"],
            ),
            (
                json!({"name": "n", "triggerType": "scheduled", "url": "https://a.de",
                    "schedule": "cron(0 0 30 2 ? *)"}),
                &["/schedule"],
            ),
            (
                json!({"name": "n", "triggerType": "scheduled", "url": "https://a.de",
                    "schedule": "rate(1 day)", "timeZone": "Mars"}),
                &["/timeZone"],
            ),
            (
                json!({"name": "n", "triggerType": "event", "url": "https://a.de", "events": [],
                    "collectionId": "01936f6e-3c00-7000-8000-000000000040"}),
                &["/collectionId", "/events"],
            ),
        ] {
            let error = check(body.clone()).err().unwrap();
            let found: Vec<_> = error.fields().iter().map(|f| f.pointer.as_str()).collect();
            assert_eq!(found, pointers, "{body}");
        }
        for url in [
            "http://example.com/",
            "https://localhost/",
            "https://169.254.169.254/",
            "https://0x7f.1/",
            "https://u:p@example.com/",
            "https://example.com:22/",
            "ftp://example.com/",
            "example.com",
        ] {
            let body = json!({"name": "n", "triggerType": "event", "url": url});
            assert!(check(body).is_err(), "{url}");
        }
    }
}

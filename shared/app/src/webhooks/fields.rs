//! The fields of a webhook and their rules.

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, Error, FieldError, Result,
    schedules::ScheduleSpec,
    webhooks::{Event, MAX_NAME, Trigger, WebhookStatus},
};
use dynrag_store::webhooks::{WebhookFields, WebhookRow};
use dynrag_web::Policy;

/// A webhook to create.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// Its name.
    pub name: String,
    /// Its trigger.
    pub trigger: Trigger,
    /// The receiver of an event webhook; the page of a scheduled one.
    pub url: Option<String>,
    /// When a scheduled webhook runs.
    pub schedule: Option<String>,
    /// The schedule's time zone; `None` means UTC.
    pub time_zone: Option<String>,
    /// The events of an event webhook; `None` means all.
    pub events: Option<Vec<Event>>,
    /// The collection of documents that a manual or scheduled webhook adds.
    pub collection: Option<CollectionId>,
}

/// A change of a webhook. `None` leaves a field unchanged.
#[derive(Clone, Debug)]
pub struct WebhookChange {
    /// The new name.
    pub name: Option<String>,
    /// The new status. Only the platform sets [`WebhookStatus::Disabled`].
    pub status: Option<WebhookStatus>,
    /// The new URL.
    pub url: Option<String>,
    /// The new schedule.
    pub schedule: Option<String>,
    /// The new time zone; `Some(None)` is UTC.
    pub time_zone: Option<Option<String>>,
    /// The new events.
    pub events: Option<Vec<Event>>,
    /// The collection of documents added from now on; `Some(None)` is none.
    pub collection: Option<Option<CollectionId>>,
    /// Whether to create a new secret, and a new token if it has one. The old ones stay valid for a day.
    pub rotate_secret: bool,
}

/// The checked fields of a new or changed webhook.
pub(super) struct CheckedWebhook {
    name: String,
    status: WebhookStatus,
    url: Option<String>,
    schedule: Option<String>,
    time_zone: Option<String>,
    events: Vec<Event>,
    collection: Option<CollectionId>,
    next_run_at: Option<DateTime<Utc>>,
}

impl CheckedWebhook {
    /// Returns the fields for the store.
    pub(super) fn wanted(&self) -> WebhookFields<'_> {
        WebhookFields {
            name: &self.name,
            status: self.status,
            url: self.url.as_deref(),
            schedule: self.schedule.as_deref(),
            time_zone: self.time_zone.as_deref(),
            events: &self.events,
            next_run_at: self.next_run_at,
            collection: self.collection,
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
            bad("/name", "1 to 100 characters, without control characters");
        }
        match (&self.url, trigger) {
            (Some(_), Trigger::Manual) => bad(
                "/url",
                "not for a manual webhook, whose URL the platform assigns",
            ),
            (None, Trigger::Manual) => {}
            (None, _) => bad("/url", "required"),
            (Some(text), _) => match web_address(text, trigger, policy) {
                Ok(url) => self.url = Some(url),
                Err(detail) => bad("/url", &detail),
            },
        }
        let scheduled = trigger == Trigger::Scheduled;
        let mut next = None;
        match &self.schedule {
            Some(_) if !scheduled => bad("/schedule", "only for a scheduled webhook"),
            None if scheduled => bad("/schedule", "required"),
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
            bad("/timeZone", "only for a scheduled webhook");
        }
        let event = trigger == Trigger::Event;
        if !event && !self.events.is_empty() {
            bad("/events", "only for an event webhook");
        }
        if event && self.collection.is_some() {
            bad(
                "/collectionId",
                "not for an event webhook, which adds no documents",
            );
        }
        if event && self.events.is_empty() {
            bad("/events", "at least one");
        }
        if !fields.is_empty() {
            return Err(Error::fields_invalid(fields));
        }
        self.next_run_at = next.filter(|_| self.status == WebhookStatus::Active);
        // In a fixed order, each once.
        let all = Event::ALL.iter().copied();
        self.events = all.filter(|event| self.events.contains(event)).collect();
        Ok(self)
    }
}

/// Parses and normalises a URL, if requests to it are allowed.
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
    // A scheduled webhook finds its document by this URL.
    Ok(dynrag_web::normalise(&url).into())
}

impl NewWebhook {
    /// Checks all fields at once.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(super) fn check(self, policy: &Policy) -> Result<CheckedWebhook> {
        let all = match self.trigger {
            Trigger::Event => Event::ALL.to_vec(),
            Trigger::Manual | Trigger::Scheduled => Vec::new(),
        };
        let checked = CheckedWebhook {
            name: self.name,
            status: WebhookStatus::Active,
            url: self.url,
            schedule: self.schedule,
            time_zone: self.time_zone,
            events: self.events.unwrap_or(all),
            collection: self.collection,
            next_run_at: None,
        };
        checked.check(self.trigger, policy)
    }
}

impl WebhookChange {
    /// Returns the webhook after the change. A schedule that is not changed keeps its next run.
    ///
    /// # Errors
    /// `invalid_fields`.
    pub(super) fn apply(self, now: &WebhookRow, policy: &Policy) -> Result<CheckedWebhook> {
        let same_schedule = self.schedule.is_none() && self.time_zone.is_none();
        let checked = CheckedWebhook {
            name: self.name.unwrap_or_else(|| now.name.clone()),
            status: self.status.unwrap_or(now.status),
            url: self.url.or_else(|| now.url.clone()),
            schedule: self.schedule.or_else(|| now.schedule.clone()),
            time_zone: self.time_zone.unwrap_or_else(|| now.time_zone.clone()),
            events: self.events.unwrap_or_else(|| now.events.clone()),
            collection: self.collection.unwrap_or(now.collection),
            next_run_at: None,
        };
        let mut checked = checked.check(now.trigger, policy)?;
        if same_schedule && checked.next_run_at.is_some() && now.next_run_at.is_some() {
            checked.next_run_at = now.next_run_at;
        }
        Ok(checked)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;

    fn check(body: Value) -> Result<CheckedWebhook> {
        fn field<T: DeserializeOwned>(body: &Value, name: &str) -> T {
            serde_json::from_value(body[name].clone()).unwrap()
        }
        let new = NewWebhook {
            name: field(&body, "name"),
            trigger: field(&body, "triggerType"),
            url: field(&body, "url"),
            schedule: field(&body, "schedule"),
            time_zone: field(&body, "timeZone"),
            events: field(&body, "events"),
            collection: field(&body, "collectionId"),
        };
        new.check(&Policy::default().with_allowed("localhost:9000").unwrap())
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
    fn each_invalid_field_has_a_pointer() {
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

//! Webhooks: notifications are written in the transaction that ends the document, attempted by one worker at a time,
//! and finally given up.

mod incoming;
mod receivers;
mod runs;

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use dynrag_domain::{
    DeliveryId, WebhookId,
    audit::Actor,
    documents::FailureCode,
    identity::Principal,
    webhooks::{Delivery, DeliveryStatus, Event, Trigger, WebhookStatus, token_hash},
};
use dynrag_store::{
    Store, TenantId,
    deliveries::{Claimed, DeliveryRow, Failure},
    idempotency::{Found, Repeatable},
    schedules::Outcome,
    secrets::{self, SealedSecret},
    webhooks::{self, WebhookFields},
};
use futures::future::join_all;
use serde_json::Value;
use tokio_postgres::Client;

use crate::support::{database::Database, seed};

const LEASE: Duration = Duration::from_secs(45);

fn wanted<'a>(events: &'a [Event]) -> WebhookFields<'a> {
    WebhookFields {
        name: "hook",
        status: WebhookStatus::Active,
        url: (!events.is_empty()).then_some("https://example.com/"),
        schedule: None,
        time_zone: None,
        events,
        next_run_at: None,
        collection: None,
    }
}

/// Stores a secret, and returns its version.
async fn secret(tx: &dynrag_store::Tenant) -> i32 {
    let version = secrets::newest(tx, "webhook").await.unwrap() + 1;
    let sealed = SealedSecret {
        purpose: "webhook",
        version,
        nonce: vec![7; 12],
        ciphertext: vec![u8::try_from(version).unwrap(); 48],
    };
    secrets::insert(tx, &sealed).await.unwrap();
    version
}

async fn add(
    store: &Store,
    customer: TenantId,
    trigger: Trigger,
    wanted: &WebhookFields<'_>,
    token: Option<&str>,
) -> WebhookId {
    let id = WebhookId::generate();
    let tx = store.tenant(customer).await.unwrap();
    let version = secret(&tx).await;
    let hash = token.map(token_hash);
    webhooks::insert(&tx, id, trigger, wanted, Some(version), hash.as_ref())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    id
}

struct Scene {
    store: Store,
    superuser: Client,
    customer: TenantId,
    webhook: WebhookId,
    #[expect(dead_code, reason = "dropped last, with its rows")]
    database: Database,
}

impl Scene {
    async fn new(events: &[Event]) -> Self {
        let database = Database::fresh().await;
        let store = database.store(8);
        let customer = seed::customer(&store).await.id;
        let webhook = add(&store, customer, Trigger::Event, &wanted(events), None).await;
        Self {
            store,
            superuser: database.superuser().await,
            customer,
            webhook,
            database,
        }
    }

    async fn notices(&self) -> Vec<DeliveryRow> {
        let (customer, webhook) = (self.customer, self.webhook);
        let listed = self
            .store
            .list_deliveries(customer, webhook, None, None, 100);
        listed.await.unwrap()
    }

    async fn test_notice(&self) -> DeliveryId {
        let notice = self.store.test_delivery(self.customer, self.webhook);
        notice.await.unwrap()
    }

    async fn claim(&self, id: DeliveryId) -> Option<Claimed> {
        self.store
            .claim_delivery(self.customer, id, LEASE)
            .await
            .unwrap()
    }

    async fn execute(&self, sql: &str) {
        self.superuser.batch_execute(sql).await.unwrap();
    }

    /// The number of audit log entries of an action.
    async fn audit_count(&self, action: &str) -> usize {
        let log = self.store.list_audit(self.customer, None, 100).await;
        let log = log.unwrap();
        log.iter().filter(|line| line.action == action).count()
    }
}

fn failure(status: u16) -> Failure {
    Failure {
        status: Some(status),
        code: "http_status",
    }
}

#[tokio::test]
async fn an_outcome_is_notified_once_in_its_own_transaction() {
    let scene = Scene::new(&[Event::Failed, Event::NeedsAction, Event::Deleted]).await;
    let (store, customer) = (&scene.store, scene.customer);
    let other = seed::customer(store).await.id;
    let theirs = add(
        store,
        other,
        Trigger::Event,
        &wanted(&[Event::Failed]),
        None,
    )
    .await;
    let document = seed::add_awaited(store, customer, seed::in_an_hour()).await;

    scene
        .execute("BEGIN; UPDATE documents SET status = 'failed', code = 'corrupt_file', upload_expires_at = NULL; ROLLBACK")
        .await;
    assert!(
        scene.notices().await.is_empty(),
        "rolled back with the outcome"
    );

    let code = FailureCode::UploadExpired;
    store.upload_failed(customer, document, code).await.unwrap();
    scene.execute("UPDATE documents SET title = 'other'").await;
    let notices = scene.notices().await;
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].event, "document.failed");
    assert_eq!(notices[0].document_id, Some(document));
    let claimed = scene.claim(notices[0].id).await.unwrap();
    let payload: Value = serde_json::from_str(claimed.payload.get()).unwrap();
    let data = &payload["data"];
    assert_eq!(payload["type"], "document.failed");
    assert_eq!(data["docId"], document.to_string());
    assert_eq!(
        (&data["status"], &data["code"]),
        (&"failed".into(), &"upload_expired".into())
    );
    assert_eq!(data["version"], 1);

    // A document that is retried automatically every hour causes a notification only the first time.
    for _ in 0..3 {
        scene
            .execute("UPDATE documents SET status = 'queued', code = NULL")
            .await;
        scene
            .execute("UPDATE documents SET status = 'needs_action', code = 'budget_exceeded'")
            .await;
    }
    // The end of a retried document causes another notification.
    for _ in 0..2 {
        scene
            .execute("UPDATE documents SET status = 'queued', code = NULL")
            .await;
        scene
            .execute("UPDATE documents SET status = 'failed', code = 'corrupt_file'")
            .await;
    }
    store
        .delete_document(customer, Actor::System, document, false)
        .await
        .unwrap();
    let events: Vec<String> = scene
        .notices()
        .await
        .into_iter()
        .map(|n| n.event)
        .rev()
        .collect();
    let expected = ["failed", "needs_action", "failed", "failed", "deleted"];
    assert_eq!(events, expected.map(|end| format!("document.{end}")));
    // Neither for another customer's document, nor for events without a subscription.
    let listed = store.list_deliveries(other, theirs, None, None, 10).await;
    assert!(listed.unwrap().is_empty());
}

#[tokio::test]
async fn a_paused_webhook_gets_no_notifications() {
    let scene = Scene::new(&[Event::Failed]).await;
    let document = seed::add_awaited(&scene.store, scene.customer, seed::in_an_hour()).await;
    scene.execute("UPDATE webhooks SET status = 'paused'").await;
    let code = FailureCode::UploadExpired;
    let failed = scene.store.upload_failed(scene.customer, document, code);
    failed.await.unwrap();
    assert!(scene.notices().await.is_empty());
    let refused = scene
        .store
        .test_delivery(scene.customer, scene.webhook)
        .await;
    assert_eq!(refused.unwrap_err().code(), "webhook_not_active");
}

#[tokio::test]
async fn a_notification_is_attempted_by_one_worker_at_a_time() {
    let scene = Scene::new(Event::ALL).await;
    let (store, id) = (&scene.store, scene.test_notice().await);
    let claims = join_all((0..8).map(|_| scene.claim(id))).await;
    let mut given: Vec<Claimed> = claims.into_iter().flatten().collect();
    assert_eq!(given.len(), 1);
    let slow = given.remove(0);
    assert_eq!((slow.attempts, slow.sealed.secrets.len()), (1, 1));

    // It froze, its lease expired, and another worker took over.
    scene
        .execute("UPDATE webhook_deliveries SET due_at = now()")
        .await;
    let fast = scene.claim(id).await.unwrap();
    let wait = Some(Duration::from_secs(3600));
    assert!(
        !store
            .delivery_failed(&slow, &failure(500), wait)
            .await
            .unwrap()
    );
    store.receiver_gone(&slow, &failure(410)).await.unwrap();
    store.delivered(&fast, 204).await.unwrap();
    let notice = scene.notices().await.remove(0);
    assert_eq!(notice.status, DeliveryStatus::Delivered);
    assert_eq!((notice.attempts, notice.last_status), (2, Some(204)));
    assert_eq!(scene.audit_count("webhook.disabled").await, 0);
    assert!(scene.claim(id).await.is_none(), "it has ended");

    // Replayed: the same id, and the attempts start again.
    let replay = store.replay_delivery(scene.customer, scene.webhook, id);
    replay.await.unwrap();
    assert_eq!(scene.claim(id).await.unwrap().attempts, 1);
}

#[tokio::test]
async fn a_failed_attempt_is_retried_later_and_the_last_one_is_final() {
    let scene = Scene::new(&[Event::Failed]).await;
    let (store, id) = (&scene.store, scene.test_notice().await);
    let claimed = scene.claim(id).await.unwrap();
    let wait = Some(Duration::from_secs(30));
    assert!(
        store
            .delivery_failed(&claimed, &failure(503), wait)
            .await
            .unwrap()
    );
    assert!(scene.claim(id).await.is_none(), "too early");
    let notice = scene.notices().await.remove(0);
    assert_eq!(notice.status, DeliveryStatus::Pending);
    assert!(notice.due_at > Utc::now() + TimeDelta::seconds(20));
    assert_eq!(store.sweep_deliveries(10).await.unwrap(), []);

    scene
        .execute("UPDATE webhook_deliveries SET due_at = now(), resend_at = now()")
        .await;
    let message = Delivery::notification(scene.customer.customer_id(), id);
    assert_eq!(store.sweep_deliveries(10).await.unwrap(), [message]);
    assert_eq!(store.sweep_deliveries(10).await.unwrap(), [], "put off");
    let claimed = scene.claim(id).await.unwrap();
    assert!(
        !store
            .delivery_failed(&claimed, &failure(503), None)
            .await
            .unwrap()
    );
    let notice = scene.notices().await.remove(0);
    assert_eq!(notice.status, DeliveryStatus::Failed);
    assert_eq!(notice.last_error.as_deref(), Some("http_status"));
}

#[tokio::test]
async fn a_webhook_is_disabled_if_its_receiver_is_gone_or_keeps_failing() {
    let scene = Scene::new(&[Event::Failed]).await;
    let store = &scene.store;
    let (first, waiting) = (scene.test_notice().await, scene.test_notice().await);
    let claimed = scene.claim(first).await.unwrap();
    store.receiver_gone(&claimed, &failure(410)).await.unwrap();
    let stopped = store
        .get_webhook(scene.customer, scene.webhook)
        .await
        .unwrap();
    assert_eq!(stopped.status, WebhookStatus::Disabled);
    assert_eq!(stopped.disabled_reason.unwrap().as_str(), "gone");
    assert!(scene.claim(waiting).await.is_none());
    let statuses: Vec<_> = scene.notices().await.iter().map(|n| n.status).collect();
    assert_eq!(
        statuses,
        [DeliveryStatus::Discarded, DeliveryStatus::Failed]
    );
    assert_eq!(scene.audit_count("webhook.disabled").await, 1);

    let tx = store.tenant(scene.customer).await.unwrap();
    webhooks::update(&tx, scene.webhook, &wanted(&[Event::Failed]))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let wait = Some(Duration::from_secs(5));
    let fails = async || {
        let claimed = scene.claim(scene.test_notice().await).await.unwrap();
        store
            .delivery_failed(&claimed, &failure(500), wait)
            .await
            .unwrap()
    };
    assert!(fails().await);
    // A successful delivery restarts the count.
    scene
        .execute("UPDATE webhooks SET failing_since = now() - interval '6 days'")
        .await;
    let claimed = scene.claim(scene.test_notice().await).await.unwrap();
    store.delivered(&claimed, 200).await.unwrap();
    assert!(fails().await);
    scene
        .execute("UPDATE webhooks SET failing_since = now() - interval '5 days'")
        .await;
    assert!(!fails().await);
    let stopped = store
        .get_webhook(scene.customer, scene.webhook)
        .await
        .unwrap();
    assert_eq!(stopped.disabled_reason.unwrap().as_str(), "failing");
    assert_eq!(scene.audit_count("webhook.disabled").await, 2);
}

#[tokio::test]
async fn a_suspended_customer_sends_no_notifications() {
    let scene = Scene::new(&[Event::Failed]).await;
    let id = scene.test_notice().await;
    scene
        .execute("UPDATE webhook_deliveries SET resend_at = now(); UPDATE customers SET status = 'suspended'")
        .await;
    assert_eq!(scene.store.sweep_deliveries(10).await.unwrap(), []);
    assert!(scene.claim(id).await.is_none());
    scene
        .execute("UPDATE customers SET status = 'active'")
        .await;
    assert_eq!(scene.store.sweep_deliveries(10).await.unwrap().len(), 1);
    assert!(scene.claim(id).await.is_some());
}

#[tokio::test]
async fn a_notification_is_deleted_after_a_month() {
    let scene = Scene::new(&[Event::Failed]).await;
    let (old, new) = (scene.test_notice().await, scene.test_notice().await);
    let age = "UPDATE webhook_deliveries SET created_at = now() - interval '31 days' WHERE id = $1";
    scene
        .superuser
        .execute(age, &[&old.as_uuid()])
        .await
        .unwrap();
    assert_eq!(scene.store.sweep_old_deliveries().await.unwrap(), 1);
    let left: Vec<_> = scene
        .notices()
        .await
        .iter()
        .map(|notice| notice.id)
        .collect();
    assert_eq!(left, [new]);
}

const SKIPPED: Outcome = Outcome::Skipped(None);

#[tokio::test]
async fn a_due_schedule_runs_once_and_is_rescheduled() {
    let scene = Scene::new(&[Event::Failed]).await;
    let store = &scene.store;
    let planned = Utc::now() - TimeDelta::minutes(1);
    let hourly = WebhookFields {
        url: Some("https://example.com/"),
        schedule: Some("rate(1 hour)"),
        time_zone: Some("Europe/Berlin"),
        next_run_at: Some(planned),
        ..wanted(&[])
    };
    let id = add(store, scene.customer, Trigger::Scheduled, &hourly, None).await;
    let handed = join_all((0..4).map(|_| store.sweep_schedules(10))).await;
    let mut due: Vec<_> = handed.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(due.len(), 1);
    let due = due.remove(0);
    assert_eq!((due.id, due.schedule.as_str()), (id, "rate(1 hour)"));
    assert_eq!(due.planned.timestamp_micros(), planned.timestamp_micros());

    let next = planned + TimeDelta::hours(1);
    store.schedule_ran(&due, SKIPPED, Some(next)).await.unwrap();
    let row = store.get_webhook(scene.customer, id).await.unwrap();
    assert_eq!(
        row.next_run_at.unwrap().timestamp_micros(),
        next.timestamp_micros()
    );
    // The lease has expired: a change made since then stays.
    store.schedule_ran(&due, SKIPPED, None).await.unwrap();
    let row = store.get_webhook(scene.customer, id).await.unwrap();
    assert_eq!(
        row.next_run_at.unwrap().timestamp_micros(),
        next.timestamp_micros()
    );

    let tx = store.tenant(scene.customer).await.unwrap();
    assert!(webhooks::run_now(&tx, id).await.unwrap().is_some());
    let other = webhooks::run_now(&tx, scene.webhook).await.unwrap();
    assert_eq!(other, None);
    tx.commit().await.unwrap();
    scene
        .execute("UPDATE customers SET status = 'suspended'")
        .await;
    assert!(store.sweep_schedules(10).await.unwrap().is_empty());
    scene
        .execute("UPDATE customers SET status = 'active'")
        .await;
    let due = store.sweep_schedules(10).await.unwrap().remove(0);
    store.schedule_ran(&due, SKIPPED, None).await.unwrap();
    let row = store.get_webhook(scene.customer, id).await.unwrap();
    assert_eq!((row.status, row.next_run_at), (WebhookStatus::Paused, None));
}

#[tokio::test]
async fn concurrent_requests_do_not_exceed_the_webhook_limit() {
    let scene = Scene::new(&[Event::Failed]).await;
    let fill = "INSERT INTO webhooks (customer_id, id, name, trigger_type)
                SELECT customer_id, gen_random_uuid(), 'filler', 'manual' FROM webhooks, generate_series(1, 48)";
    scene.execute(fill).await;
    let add_one = async || {
        let tx = scene.store.tenant(scene.customer).await.unwrap();
        secrets::lock(&tx).await.unwrap();
        webhooks::check_room(&tx).await?;
        let id = WebhookId::generate();
        let manual = wanted(&[]);
        webhooks::insert(&tx, id, Trigger::Manual, &manual, None, None)
            .await
            .unwrap();
        tx.commit().await
    };
    let made = join_all((0..6).map(|_| add_one())).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 1);
    let refused = made.into_iter().find_map(Result::err).unwrap();
    assert_eq!(refused.code(), "webhook_limit");
}

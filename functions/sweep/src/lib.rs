//! Recovers dropped work: jobs that did not reach the queue, documents whose work was lost, uploads without a
//! notification. A failed step is logged and left for the next run; it does not block the others. Every step may
//! run twice, and concurrent sweeps share the rows.
//!
//! | event | action |
//! |---|---|
//! | `{"redrive": {...}}` | counts documents that ended badly, or queues them again; see [`redrive`] |
//! | anything else | sweeps |
#![expect(clippy::disallowed_methods, reason = "a worker passes messages on")]

pub mod redrive;
mod schedules;

use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use dynrag_app::{App, uploads};
use dynrag_domain::{Error, Result, documents::FailureCode, jobs::Job};
use dynrag_store::{Store, sweep::Awaited};
use serde::Serialize;
use serde_json::Value;

/// Rows handled at once.
const BATCH: i32 = 100;
/// Batches of notifications, and of events, that a sweep sends.
const DELIVERY_BATCHES: usize = 20;
/// A year and a day: KMS rotates its key yearly.
const WRAPPED_FOR: TimeDelta = TimeDelta::days(366);
/// Reserved from the function's timeout.
const RESERVE: Duration = Duration::from_secs(5);

/// Clients created once per cold start.
#[derive(Default)]
pub struct Sweep {
    app: App,
}

/// Counts of a sweep.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Swept {
    /// Outbox jobs sent.
    pub outbox: u32,
    /// Documents whose work was lost or deferred, sent again.
    pub documents: u32,
    /// Uploads that had arrived without a notification.
    pub uploads_found: u32,
    /// Uploads given up.
    pub uploads_expired: u32,
    /// Scheduled webhooks that ran.
    pub schedules: u32,
    /// Customers with expired versions.
    pub retention: u32,
    /// Customers whose search index was due for maintenance.
    pub maintenance: u32,
    /// Ledger lines dropped, two years old.
    pub provider_calls: i64,
    /// Webhook notifications that were due, sent or sent again.
    pub deliveries: u32,
    /// Customers with events for WebSocket connections, or with connections to be closed.
    pub pushes: u32,
    /// Notifications dropped, a month old.
    pub old_deliveries: i64,
    /// Exports and erasures sent again.
    pub tasks: u32,
    /// Jobs dropped that ended long ago.
    pub jobs: i64,
    /// Documents queued again whose customer's budget has room.
    pub budgets: i64,
    /// Data keys rewrapped.
    pub rewrapped: u32,
    /// Staged vectors dropped.
    pub staged: i64,
    /// Stored responses for idempotency keys dropped, a day old.
    pub answers: i64,
    /// Sessions dropped that ended long ago.
    pub sessions: i64,
    /// Throttles, links, invitations and known addresses dropped.
    pub accounts: i64,
}

impl Sweep {
    /// Handles an event; see the table above.
    ///
    /// # Errors
    /// `unavailable`; `invalid_redrive` for an invalid redrive request.
    pub async fn handle(&self, event: Value, deadline: Instant) -> Result<Value> {
        if let Some(request) = event.get("redrive") {
            let request = redrive::Request::read(request)?;
            let store = self.app.unbounded_store().await?;
            let redriven = redrive::run(store, &request, || in_time(deadline)).await?;
            return serde_json::to_value(redriven).map_err(Error::internal_fault);
        }
        serde_json::to_value(self.run(deadline).await?).map_err(Error::internal_fault)
    }

    /// Sweeps until nothing is due or the time is up.
    ///
    /// # Errors
    /// `unavailable`; unfinished work is due again at the next run.
    pub async fn run(&self, deadline: Instant) -> Result<Swept> {
        let app = &self.app;
        let store = app.unbounded_store().await?;
        let parts = Parts { app, store };
        let mut swept = Swept::default();
        let in_time = || in_time(deadline);
        while in_time() && parts.outbox(&mut swept).await? {}
        while in_time() && parts.documents(&mut swept).await? {}
        while in_time() && parts.uploads(&mut swept).await? {}
        while in_time() && parts.schedules(&mut swept).await? {}
        // The rest goes out with the next sweep, or the next end of a document, so a backlog does not delay other
        // work.
        for _ in 0..DELIVERY_BATCHES {
            if !in_time() || !parts.deliveries(&mut swept).await? {
                break;
            }
        }
        for _ in 0..DELIVERY_BATCHES {
            if !in_time() || !parts.pushes(&mut swept).await? {
                break;
            }
        }
        for task in &parts.store.sweep_tasks(BATCH).await? {
            swept.tasks += done("task", app.send(task).await);
        }
        for customer in parts.store.sweep_retention(BATCH).await? {
            let job = Job::retire(customer);
            swept.retention += done("retention", app.send(&job).await);
        }
        for customer in parts.store.sweep_maintenance(BATCH).await? {
            let job = Job::maintain(customer);
            swept.maintenance += done("maintenance", app.send(&job).await);
        }
        swept.provider_calls = parts.store.sweep_provider_calls().await?;
        swept.jobs = parts.store.sweep_old_jobs().await?;
        swept.budgets = parts.store.sweep_budgets().await?;
        swept.rewrapped = self.rewrap(parts.store, &in_time).await?;
        swept.staged = parts.store.sweep_staged().await?;
        parts.store.sweep_host_turns().await?;
        parts.store.sweep_buckets().await?;
        swept.old_deliveries = parts.store.sweep_old_deliveries().await?;
        swept.answers = parts.store.sweep_idempotency().await?;
        swept.sessions = parts.store.sweep_sessions().await?;
        swept.accounts = parts.store.sweep_accounts().await?;
        parts.store.sweep_oauth().await?;
        let to_close = parts.store.sweep_connections(BATCH).await?;
        swept.pushes += app.send_each(&to_close).await?;
        if swept != Swept::default() {
            tracing::info!(
                outbox = swept.outbox,
                documents = swept.documents,
                uploads_found = swept.uploads_found,
                uploads_expired = swept.uploads_expired,
                schedules = swept.schedules,
                deliveries = swept.deliveries,
                pushes = swept.pushes,
                old_deliveries = swept.old_deliveries,
                tasks = swept.tasks,
                retention = swept.retention,
                maintenance = swept.maintenance,
                provider_calls = swept.provider_calls,
                jobs = swept.jobs,
                budgets = swept.budgets,
                rewrapped = swept.rewrapped,
                staged = swept.staged,
                answers = swept.answers,
                sessions = swept.sessions,
                accounts = swept.accounts,
                "swept"
            );
        }
        Ok(swept)
    }

    /// Rewraps data keys that were wrapped before KMS last rotated its key, which it does each year.
    async fn rewrap(&self, store: &Store, in_time: impl Fn() -> bool) -> Result<u32> {
        let due = store.sweep_wrapped(Utc::now() - WRAPPED_FOR, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let vault = self.app.vault().await?;
        let mut rewrapped = 0;
        for old in due {
            if !in_time() {
                break;
            }
            let wrapped = async {
                let new = vault
                    .rewrap(old.tenant.customer_id(), &old.wrapped_data_key)
                    .await?;
                store.rewrapped(&old, &new).await
            };
            rewrapped += done("data key", wrapped.await);
        }
        Ok(rewrapped)
    }
}

fn in_time(deadline: Instant) -> bool {
    Instant::now() + RESERVE < deadline
}

/// The parts of a sweep. Each returns whether there may be more.
struct Parts<'a> {
    app: &'a App,
    store: &'a Store,
}

impl Parts<'_> {
    async fn outbox(&self, swept: &mut Swept) -> Result<bool> {
        let due = self.store.sweep_outbox(BATCH).await?;
        for pending in &due {
            swept.outbox += done("job", self.app.try_dispatch(pending).await);
        }
        Ok(due.len() == BATCH as usize)
    }

    async fn schedules(&self, swept: &mut Swept) -> Result<bool> {
        let due = self.store.sweep_schedules(BATCH).await?;
        for due in &due {
            swept.schedules += done("schedule", schedules::run(self, due).await);
        }
        Ok(due.len() == BATCH as usize)
    }

    async fn documents(&self, swept: &mut Swept) -> Result<bool> {
        let due = self.store.sweep_documents(BATCH).await?;
        for job in &due {
            swept.documents += done("document", self.app.send(job).await);
        }
        Ok(due.len() == BATCH as usize)
    }

    async fn deliveries(&self, swept: &mut Swept) -> Result<bool> {
        let sent = self.app.send_notifications().await?;
        swept.deliveries += sent.taken;
        Ok(sent.more)
    }

    async fn pushes(&self, swept: &mut Swept) -> Result<bool> {
        let sent = self.app.send_pushes().await?;
        swept.pushes += sent.taken;
        Ok(sent.more)
    }

    async fn uploads(&self, swept: &mut Swept) -> Result<bool> {
        let due = self.store.sweep_uploads(BATCH).await?;
        for awaited in &due {
            match self.upload(awaited).await {
                Ok(true) => swept.uploads_found += 1,
                Ok(false) => swept.uploads_expired += 1,
                Err(error) => drop(done("upload", Err(error))),
            }
        }
        Ok(due.len() == BATCH as usize)
    }

    /// Accepts an upload whose notification was lost, or gives it up. Returns whether it was there.
    async fn upload(&self, awaited: &Awaited) -> Result<bool> {
        let (customer, document) = (awaited.tenant, awaited.id);
        match uploads::accept(self.app, customer, document).await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // It may be transient; after a day it is not.
            Err(error) if !awaited.overdue => return Err(error),
            Err(error) => drop(done("overdue upload", Err(error))),
        }
        let code = FailureCode::UploadExpired;
        self.store.upload_failed(customer, document, code).await?;
        Ok(false)
    }
}

/// Counts what was done and logs what was not.
fn done(what: &'static str, outcome: Result<()>) -> u32 {
    match outcome {
        Ok(()) => 1,
        Err(error) => {
            tracing::error!(
                what,
                code = error.code(),
                cause = error.internal(),
                "left for the next sweep"
            );
            0
        }
    }
}

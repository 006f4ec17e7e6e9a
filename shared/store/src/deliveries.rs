//! Notifications to webhooks: claimed for an attempt under a lease, and ended by the holder of the lease.
//!
//! They are written by a trigger of the database in the transaction that ends a document (`record_deliveries`), and are
//! their own outbox.

use std::time::Duration;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    DeliveryId, DocumentId, Error, Kind, Result, WebhookId,
    audit::{Action, Actor},
    webhooks::{Delivery, DeliveryStatus, DisabledReason, FAILING, WebhookStatus},
};
use serde_json::{json, value::RawValue};

use crate::{
    FencingToken, LeaseState, Store, Tenant, TenantId, audit,
    params::Param,
    row::Row,
    secrets::SealedSecrets,
    webhooks::{self, sealed},
};

/// A notification for display.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// The notification's id, which its receiver sees as `webhook-id`.
    pub id: DeliveryId,
    /// The event, for example `document.completed`.
    pub event: String,
    /// The document that the event is about.
    pub document_id: Option<DocumentId>,
    /// The notification's status.
    pub status: DeliveryStatus,
    /// Attempts since its creation or its last replay.
    pub attempts: i32,
    /// Time of the next attempt, while the notification is pending.
    pub due_at: DateTime<Utc>,
    /// The receiver's last HTTP status.
    pub last_status: Option<i32>,
    /// The error code, if there was no status or not a successful one.
    pub last_error: Option<String>,
    /// Time of the last attempt.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// Time at which the notification ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
}

/// A notification that is claimed for an attempt.
pub struct Claimed {
    /// The tenant.
    pub tenant: TenantId,
    /// The notification.
    pub id: DeliveryId,
    /// The notification's webhook.
    pub webhook_id: WebhookId,
    /// Whether the webhook is still active.
    pub status: WebhookStatus,
    /// The receiver's URL.
    pub url: Option<String>,
    /// The body to send.
    pub payload: Box<RawValue>,
    /// Attempts, including this one.
    pub attempts: u32,
    /// Whether its turn at the receiver's host has come. A notification without a turn takes one.
    pub has_turn: bool,
    /// The webhook's live secrets, with the key to open them.
    pub sealed: SealedSecrets,
    token: FencingToken,
}

/// The reason why an attempt failed.
#[derive(Clone, Debug, Default)]
pub struct Failure {
    /// The receiver's HTTP status, if there was one.
    pub status: Option<u16>,
    /// Stable code, `http_status` if the status is the reason.
    pub code: &'static str,
}

fn delivery(row: &Row) -> Result<DeliveryRow> {
    Ok(DeliveryRow {
        id: row.get("id")?,
        event: row.get("event")?,
        document_id: row.get("document_id")?,
        status: row.get("status")?,
        attempts: row.get("attempts")?,
        due_at: row.get("due_at")?,
        last_status: row.get("last_status")?,
        last_error: row.get("last_error")?,
        last_attempt_at: row.get("last_attempt_at")?,
        ended_at: row.get("ended_at")?,
        created_at: row.get("created_at")?,
    })
}

fn not_active() -> Error {
    Error::new(
        Kind::Conflict,
        "webhook_not_active",
        "The webhook is not active. Set its status to active first.",
    )
}

impl Store {
    /// Returns a page of a webhook's notifications, newest first.
    ///
    /// # Errors
    /// `not_found` if there is no such webhook; `unavailable` without a database.
    pub async fn list_deliveries(
        &self,
        customer: TenantId,
        webhook: WebhookId,
        status: Option<DeliveryStatus>,
        after: Option<(DateTime<Utc>, DeliveryId)>,
        limit: i64,
    ) -> Result<Vec<DeliveryRow>> {
        self.get_webhook(customer, webhook).await?;
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/deliveries/list.sql"),
                &[
                    &customer,
                    &webhook,
                    &status,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(delivery).collect()
    }

    /// Creates a test notification without an event. The caller sends its message.
    ///
    /// # Errors
    /// `webhook_not_active` (conflict), also for a webhook that sends none; `unavailable` without a database.
    pub async fn test_delivery(
        &self,
        customer: TenantId,
        webhook: WebhookId,
    ) -> Result<DeliveryId> {
        let id = DeliveryId::generate();
        let tx = self.tenant(customer).await?;
        tx.query_opt(
            include_str!("../queries/deliveries/insert_test.sql"),
            &[&customer, &id, &webhook],
        )
        .await?
        .ok_or_else(not_active)?;
        tx.commit().await?;
        Ok(id)
    }

    /// Schedules another attempt at a notification under its existing id, however it ended. The caller sends its
    /// message.
    ///
    /// # Errors
    /// `not_found`, `webhook_not_active` (conflict); `unavailable` without a database.
    pub async fn replay_delivery(
        &self,
        customer: TenantId,
        webhook: WebhookId,
        id: DeliveryId,
    ) -> Result<()> {
        let named: [&dyn Param; 3] = [&customer, &webhook, &id];
        let tx = self.tenant(customer).await?;
        let exists = include_str!("../queries/deliveries/exists.sql");
        tx.query_opt(exists, &named)
            .await?
            .ok_or_else(|| Error::not_found("delivery"))?;
        let replay = include_str!("../queries/deliveries/replay.sql");
        tx.query_opt(replay, &named).await?.ok_or_else(not_active)?;
        tx.commit().await
    }

    /// Begins an attempt: no other worker gets the notification during the lease. Returns `None` if there is nothing to
    /// attempt.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn claim_delivery(
        &self,
        customer: TenantId,
        id: DeliveryId,
        lease: Duration,
    ) -> Result<Option<Claimed>> {
        let tx = self.tenant(customer).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/deliveries/claim.sql"),
                &[&customer, &id, &lease.as_secs_f64()],
            )
            .await?;
        tx.commit().await?;
        row.map(|row| {
            let attempts: i32 = row.get("attempts")?;
            Ok(Claimed {
                tenant: customer,
                id,
                webhook_id: row.get("webhook_id")?,
                status: row.get("status")?,
                url: row.get("url")?,
                payload: row.json("payload")?,
                attempts: u32::try_from(attempts).unwrap_or_default(),
                has_turn: row.get("has_turn")?,
                sealed: sealed(&row)?,
                token: row.get("lease_token")?,
            })
        })
        .transpose()
    }

    /// Takes a turn at a receiver's host, and returns the time until it comes. Turns are `gap` apart on average, and up
    /// to `burst` of them come at once.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn take_turn(&self, subject: &[u8], gap: Duration, burst: i32) -> Result<Duration> {
        let row = self
            .call_one(
                include_str!("../queries/deliveries/take_turn.sql"),
                &[&subject, &gap.as_secs_f64(), &burst],
            )
            .await?;
        let wait: f64 = row.get("wait")?;
        Ok(Duration::try_from_secs_f64(wait).unwrap_or_default())
    }

    /// Postpones a notification until its turn, without counting an attempt.
    ///
    /// # Errors
    /// `unavailable` without a database: the next attempt then follows the end of the lease.
    pub async fn await_turn(&self, claimed: &Claimed, wait: Duration) -> Result<LeaseState> {
        let tx = self.tenant(claimed.tenant).await?;
        let row = tx
            .query_opt(
                include_str!("../queries/deliveries/await_turn.sql"),
                &[
                    &claimed.tenant,
                    &claimed.id,
                    &claimed.token,
                    &wait.as_secs_f64(),
                ],
            )
            .await?;
        tx.commit().await?;
        Ok(LeaseState::of(&row))
    }

    /// Records that the receiver has accepted a notification.
    ///
    /// # Errors
    /// `unavailable` without a database: the notification is then sent once more.
    pub async fn delivered(&self, claimed: &Claimed, status: u16) -> Result<()> {
        let tx = self.tenant(claimed.tenant).await?;
        let taken = Failure {
            status: Some(status),
            code: "",
        };
        match claimed.end(&tx, DeliveryStatus::Delivered, &taken).await? {
            LeaseState::Held => webhooks::healthy(&tx, claimed.webhook_id).await?,
            LeaseState::Lost => {}
        }
        tx.commit().await
    }

    /// Drops a notification whose webhook was stopped.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn discard_delivery(&self, claimed: &Claimed) -> Result<()> {
        let tx = self.tenant(claimed.tenant).await?;
        let nothing = Failure::default();
        match claimed
            .end(&tx, DeliveryStatus::Discarded, &nothing)
            .await?
        {
            // If another worker has claimed it, that worker drops it too.
            LeaseState::Held | LeaseState::Lost => tx.commit().await,
        }
    }

    /// Records that an attempt failed. The next one follows after the wait, unless this was the last. Returns true if a
    /// message is to be sent for the next one. A webhook whose deliveries have all failed for [`FAILING`] is stopped.
    ///
    /// # Errors
    /// `unavailable` without a database: the next attempt then follows the end of the lease.
    pub async fn delivery_failed(
        &self,
        claimed: &Claimed,
        failure: &Failure,
        wait: Option<Duration>,
    ) -> Result<bool> {
        let tx = self.tenant(claimed.tenant).await?;
        let held = match wait {
            Some(wait) => claimed.defer(&tx, failure, wait).await?,
            None => claimed.end(&tx, DeliveryStatus::Failed, failure).await?,
        };
        let held = held.is_held();
        let stop = held && webhooks::failing(&tx, claimed.webhook_id, FAILING).await?;
        if stop {
            disable(&tx, claimed.webhook_id, DisabledReason::Failing).await?;
        }
        tx.commit().await?;
        Ok(held && !stop && wait.is_some())
    }

    /// Records that the receiver no longer exists, and stops the webhook.
    ///
    /// # Errors
    /// `unavailable` without a database: the next attempt then follows the end of the lease.
    pub async fn receiver_gone(&self, claimed: &Claimed, failure: &Failure) -> Result<()> {
        let tx = self.tenant(claimed.tenant).await?;
        match claimed.end(&tx, DeliveryStatus::Failed, failure).await? {
            LeaseState::Held => disable(&tx, claimed.webhook_id, DisabledReason::Gone).await?,
            LeaseState::Lost => {}
        }
        tx.commit().await
    }

    /// Returns notifications whose message is to be sent, and postpones each of them.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn sweep_deliveries(&self, most: i32) -> Result<Vec<Delivery>> {
        let sweep = include_str!("../queries/sweep/deliveries.sql");
        let rows = self.call(sweep, &[&most]).await?;
        rows.iter()
            .map(|row| {
                let customer = row.get("customer_id")?;
                Ok(Delivery::notification(customer, row.get("id")?))
            })
            .collect()
    }
}

async fn disable(tx: &Tenant, webhook: WebhookId, reason: DisabledReason) -> Result<()> {
    if webhooks::disable(tx, webhook, reason).await? {
        let details = json!({"reason": reason});
        let target = webhook.as_uuid();
        audit::record(tx, Actor::System, Action::WebhookDisabled, target, &details).await?;
        let customer = tx.customer_id();
        tracing::info!(customer_id = %customer, webhook_id = %webhook, reason = reason.as_str(), "webhook disabled");
    }
    Ok(())
}

impl Claimed {
    /// Ends the notification.
    async fn end(&self, tx: &Tenant, status: DeliveryStatus, why: &Failure) -> Result<LeaseState> {
        let code = Some(why.code).filter(|code| !code.is_empty());
        let ended = tx
            .query_opt(
                include_str!("../queries/deliveries/end.sql"),
                &[
                    &self.tenant,
                    &self.id,
                    &self.token,
                    &status,
                    &why.status.map(i32::from),
                    &code,
                ],
            )
            .await?;
        Ok(LeaseState::of(&ended))
    }

    async fn defer(&self, tx: &Tenant, why: &Failure, wait: Duration) -> Result<LeaseState> {
        let deferred = tx
            .query_opt(
                include_str!("../queries/deliveries/defer.sql"),
                &[
                    &self.tenant,
                    &self.id,
                    &self.token,
                    &why.status.map(i32::from),
                    &why.code,
                    &wait.as_secs_f64(),
                ],
            )
            .await?;
        Ok(LeaseState::of(&deferred))
    }
}

//! A customer's webhooks, their secrets, and the data found by the address of a webhook alone.
//!
//! Each webhook has a secret among the customer's (purpose `webhook`); its row names the version. A rotation makes the
//! old version the previous one, which stays valid for [`ROTATION`].

use std::time::Duration;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, CustomerId, Error, Kind, Result, RunId, WebhookId,
    quotas::Quota,
    webhooks::{DisabledReason, Event, MAX_WEBHOOKS, ROTATION, Trigger, WebhookStatus},
};

use crate::{
    Store, Tenant, TenantId, collections,
    row::Row,
    schedules,
    secrets::{SealedSecret, SealedSecrets},
};

/// The purpose of webhooks' secrets.
pub(crate) const PURPOSE: &str = "webhook";

/// A webhook for display.
#[derive(Clone, Debug)]
pub struct WebhookRow {
    /// Its id.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// The trigger.
    pub trigger: Trigger,
    /// Whether the webhook is active.
    pub status: WebhookStatus,
    /// The URL that receives notifications or is fetched; `None` for a webhook that takes documents in.
    pub url: Option<String>,
    /// The schedule, for a scheduled webhook.
    pub schedule: Option<String>,
    /// The time zone; UTC if there is none.
    pub time_zone: Option<String>,
    /// The events that cause notifications.
    pub events: Vec<Event>,
    /// Version of the secret that signs.
    pub secret_version: Option<i32>,
    /// Time of the next run.
    pub next_run_at: Option<DateTime<Utc>>,
    /// The collection of its documents.
    pub collection: Option<CollectionId>,
    /// The reason why the platform stopped it.
    pub disabled_reason: Option<DisabledReason>,
    /// Time since which all of its notifications have failed.
    pub failing_since: Option<DateTime<Utc>>,
    /// Time of its last activity, to the minute.
    pub last_triggered_at: Option<DateTime<Utc>>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// The properties of a webhook to add, or of one after a change.
#[derive(Clone, Debug)]
pub struct WebhookFields<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether the webhook is active.
    pub status: WebhookStatus,
    /// The URL that receives notifications or is fetched.
    pub url: Option<&'a str>,
    /// The schedule.
    pub schedule: Option<&'a str>,
    /// The time zone.
    pub time_zone: Option<&'a str>,
    /// The events that cause notifications.
    pub events: &'a [Event],
    /// Time of the next run.
    pub next_run_at: Option<DateTime<Utc>>,
    /// The collection of its documents.
    pub collection: Option<CollectionId>,
}

/// The data that verifies a request to a webhook's address.
pub struct FoundWebhook {
    /// The tenant.
    pub customer_id: CustomerId,
    /// The webhook's name.
    pub name: String,
    /// The collection of its documents.
    pub collection: Option<CollectionId>,
    /// SHA-256 of each valid token.
    pub token_hashes: Vec<Vec<u8>>,
    /// The webhook's live secrets, with the key to open them.
    pub sealed: SealedSecrets,
}

fn webhook(row: &Row) -> Result<WebhookRow> {
    Ok(WebhookRow {
        id: row.get("id")?,
        name: row.get("name")?,
        trigger: row.get("trigger_type")?,
        status: row.get("status")?,
        url: row.get("url")?,
        schedule: row.get("schedule")?,
        time_zone: row.get("time_zone")?,
        events: row.get("events")?,
        secret_version: row.get("secret_version")?,
        next_run_at: row.get("next_run_at")?,
        collection: row.get("collection_id")?,
        disabled_reason: row.get("disabled_reason")?,
        failing_since: row.get("failing_since")?,
        last_triggered_at: row.get("last_triggered_at")?,
        created_at: row.get("created_at")?,
        updated_at: row.get("updated_at")?,
    })
}

/// Returns the sealed secrets of one webhook from a row with `wrapped_data_key`, `versions`, `nonces`, `ciphertexts`.
pub(crate) fn sealed(row: &Row) -> Result<SealedSecrets> {
    let versions: Vec<i32> = row.get("versions")?;
    let nonces: Vec<Vec<u8>> = row.get("nonces")?;
    let ciphertexts: Vec<Vec<u8>> = row.get("ciphertexts")?;
    let secrets = versions.into_iter().zip(nonces).zip(ciphertexts);
    Ok(SealedSecrets {
        wrapped_data_key: row.get("wrapped_data_key")?,
        secrets: secrets
            .map(|((version, nonce), ciphertext)| SealedSecret {
                purpose: PURPOSE,
                version,
                nonce,
                ciphertext,
            })
            .collect(),
    })
}

/// Checks that the customer may have one more webhook. Requires the lock of the customer's secrets.
///
/// # Errors
/// `webhook_limit` (conflict); `unavailable` without a database.
pub async fn check_room(tx: &Tenant) -> Result<()> {
    let customer = tx.customer_id();
    let row = tx
        .query_one(include_str!("../queries/webhooks/count.sql"), &[&customer])
        .await?;
    let quota = Quota {
        used: row.get("webhooks")?,
        limit: MAX_WEBHOOKS,
    };
    quota.check("webhook_limit", "webhooks", "Delete some first.")
}

/// Checks that no other webhook has the same receiver: each receiver is notified once of the end of a document.
async fn check_receiver(tx: &Tenant, id: WebhookId, url: Option<&str>) -> Result<()> {
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/same_receiver.sql"),
            &[&tx.customer_id(), &url, &id],
        )
        .await?;
    let Some(row) = row else {
        return Ok(());
    };
    let name: String = row.get("name")?;
    Err(Error::new(
        Kind::Conflict,
        "webhook_exists",
        format!(
            "The webhook \"{name}\" already sends notifications to this URL. Change its events, or delete it first."
        ),
    ))
}

/// Adds a webhook. Its secret is stored separately, in the same transaction.
///
/// # Errors
/// `webhook_exists` (conflict) if another one has the same receiver; `invalid_fields` if its collection does not exist;
/// `unavailable` without a database.
pub async fn insert(
    tx: &Tenant,
    id: WebhookId,
    trigger: Trigger,
    new: &WebhookFields<'_>,
    secret_version: Option<i32>,
    token_hash: Option<&[u8; 32]>,
) -> Result<WebhookRow> {
    if trigger == Trigger::Event {
        check_receiver(tx, id, new.url).await?;
    }
    collections::lock(tx, new.collection.into()).await?;
    let row = tx
        .query_one(
            include_str!("../queries/webhooks/insert.sql"),
            &[
                &tx.customer_id(),
                &id,
                &new.name,
                &trigger,
                &new.url,
                &new.schedule,
                &new.time_zone,
                &new.events,
                &new.next_run_at,
                &secret_version,
                &token_hash,
                &new.collection,
            ],
        )
        .await?;
    webhook(&row)
}

/// Returns a webhook that is about to be changed, and blocks others until the end of the transaction.
///
/// # Errors
/// `not_found`; `unavailable` without a database.
pub async fn lock(tx: &Tenant, id: WebhookId) -> Result<WebhookRow> {
    one(tx, id, include_str!("../queries/webhooks/lock.sql")).await
}

async fn one(tx: &Tenant, id: WebhookId, sql: &str) -> Result<WebhookRow> {
    let customer = tx.customer_id();
    let row = tx
        .query_opt(sql, &[&customer, &id])
        .await?
        .ok_or_else(|| Error::not_found("webhook"))?;
    webhook(&row)
}

/// Changes a webhook to the wanted properties. Requires its [`lock`]; a new collection must be
/// [held](collections::lock) already.
///
/// # Errors
/// `not_found`; `webhook_exists` (conflict) if another one has the same receiver; `unavailable` without a database.
pub async fn update(tx: &Tenant, id: WebhookId, wanted: &WebhookFields<'_>) -> Result<WebhookRow> {
    if !wanted.events.is_empty() {
        check_receiver(tx, id, wanted.url).await?;
    }
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/update.sql"),
            &[
                &tx.customer_id(),
                &id,
                &wanted.name,
                &wanted.status,
                &wanted.url,
                &wanted.schedule,
                &wanted.time_zone,
                &wanted.events,
                &wanted.next_run_at,
                &wanted.collection,
            ],
        )
        .await?
        .ok_or_else(|| Error::not_found("webhook"))?;
    webhook(&row)
}

/// Makes a stored secret the one that signs, and a token the one that is accepted. The current ones stay valid for
/// [`ROTATION`]; the previous ones are no longer valid. Requires the [`lock`].
///
/// # Errors
/// `unavailable` without a database.
pub async fn rotate(
    tx: &Tenant,
    id: WebhookId,
    secret_version: i32,
    token_hash: Option<&[u8; 32]>,
) -> Result<()> {
    let (customer, seconds) = (tx.customer_id(), ROTATION.as_secs_f64());
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/rotate.sql"),
            &[&customer, &id, &secret_version, &token_hash, &seconds],
        )
        .await?
        .ok_or_else(|| Error::not_found("webhook"))?;
    let dropped: Option<i32> = row.get("dropped")?;
    let retired: Option<i32> = row.get("retired")?;
    drop_secrets(tx, dropped.as_slice()).await?;
    tx.query(
        include_str!("../queries/webhooks/retire_secret.sql"),
        &[&customer, &retired, &seconds],
    )
    .await
    .map(drop)
}

async fn drop_secrets(tx: &Tenant, versions: &[i32]) -> Result<()> {
    tx.query(
        include_str!("../queries/webhooks/drop_secrets.sql"),
        &[&tx.customer_id(), &versions],
    )
    .await
    .map(drop)
}

/// Deletes a webhook with its secrets and notifications.
///
/// # Errors
/// `not_found`; `unavailable` without a database.
pub async fn delete(tx: &Tenant, id: WebhookId) -> Result<()> {
    let customer = tx.customer_id();
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/delete.sql"),
            &[&customer, &id],
        )
        .await?
        .ok_or_else(|| Error::not_found("webhook"))?;
    let versions: Vec<i32> = row.get("versions")?;
    drop_secrets(tx, &versions).await
}

/// Schedules a webhook's run for the next sweep. Returns the run, or `None` if the webhook is not scheduled, or
/// stopped.
///
/// # Errors
/// `unavailable` without a database.
pub async fn run_now(tx: &Tenant, id: WebhookId) -> Result<Option<RunId>> {
    let customer = tx.customer_id();
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/run_now.sql"),
            &[&customer, &id],
        )
        .await?;
    match row {
        Some(_) => schedules::plan(tx, id).await.map(Some),
        None => Ok(None),
    }
}

/// Stops a webhook, for a reason of the platform's, and its unsent notifications. Returns false if it was stopped
/// before.
///
/// # Errors
/// `unavailable` without a database.
pub(crate) async fn disable(tx: &Tenant, id: WebhookId, reason: DisabledReason) -> Result<bool> {
    let customer = tx.customer_id();
    let stopped = tx
        .query_opt(
            include_str!("../queries/webhooks/disable.sql"),
            &[&customer, &id, &reason],
        )
        .await?;
    tx.query(
        include_str!("../queries/deliveries/discard_all.sql"),
        &[&customer, &id],
    )
    .await?;
    Ok(stopped.is_some())
}

/// Records that a notification failed. Returns whether all notifications have failed for the given time.
pub(crate) async fn failing(tx: &Tenant, id: WebhookId, for_long: Duration) -> Result<bool> {
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/failing.sql"),
            &[&tx.customer_id(), &id, &for_long.as_secs_f64()],
        )
        .await?;
    row.map_or(Ok(false), |row| row.get("too_long"))
}

/// Records that a notification was delivered.
pub(crate) async fn healthy(tx: &Tenant, id: WebhookId) -> Result<()> {
    let customer = tx.customer_id();
    tx.query(
        include_str!("../queries/webhooks/healthy.sql"),
        &[&customer, &id],
    )
    .await
    .map(drop)
}

impl Store {
    /// Returns a page of a customer's webhooks, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_webhooks(
        &self,
        customer: TenantId,
        after: Option<(DateTime<Utc>, WebhookId)>,
        limit: i64,
    ) -> Result<Vec<WebhookRow>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/webhooks/list.sql"),
                &[
                    &customer,
                    &after.map(|(at, _)| at),
                    &after.map(|(_, id)| id),
                    &limit,
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(webhook).collect()
    }

    /// Returns a webhook.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn get_webhook(&self, customer: TenantId, id: WebhookId) -> Result<WebhookRow> {
        let tx = self.tenant(customer).await?;
        let row = one(&tx, id, include_str!("../queries/webhooks/get.sql")).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Returns the data that verifies a request to a webhook's address; `None` for a webhook that takes no documents:
    /// unknown, of another kind, or stopped. It is needed before a caller is verified, hence outside the tenant.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn find_webhook(&self, id: WebhookId) -> Result<Option<FoundWebhook>> {
        let find = include_str!("../queries/webhooks/find.sql");
        let rows = self.call(find, &[&id]).await?;
        rows.first()
            .map(|row| {
                Ok(FoundWebhook {
                    customer_id: row.get("customer_id")?,
                    name: row.get("name")?,
                    collection: row.get("collection_id")?,
                    token_hashes: row.get("token_hashes")?,
                    sealed: sealed(row)?,
                })
            })
            .transpose()
    }
}

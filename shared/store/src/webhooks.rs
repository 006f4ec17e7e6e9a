//! A customer's webhooks: what they are, their secrets, and what is found of one by its address alone.
//!
//! A webhook has a secret of its own among the customer's (purpose `webhook`); its row names the version. A
//! rotation makes the old version the previous one, which is good for [`ROTATION`] still.

use std::time::Duration;

use chrono::{DateTime, Utc};
use dynrag_domain::{
    CollectionId, CustomerId, Error, Kind, Result, RunId, WebhookId,
    quotas::Quota,
    webhooks::{DisabledReason, Event, MAX_WEBHOOKS, ROTATION, Trigger, WebhookStatus},
};
use tokio_postgres::{Row, types::Type};
use uuid::Uuid;

use crate::{
    Store, Tenant, collections, schedules,
    secrets::{SealedSecret, SealedSecrets},
};

/// The purpose of their secrets.
pub(crate) const PURPOSE: &str = "webhook";

/// A webhook as it is shown.
#[derive(Clone, Debug)]
pub struct WebhookRow {
    /// Its id.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// What starts it.
    pub trigger: Trigger,
    /// Whether it does anything.
    pub status: WebhookStatus,
    /// Where notices go, or what is fetched; none for one that takes documents in.
    pub url: Option<String>,
    /// When it runs, where it is scheduled.
    pub schedule: Option<String>,
    /// In which time zone; UTC where it is none.
    pub time_zone: Option<String>,
    /// What it tells of.
    pub events: Vec<Event>,
    /// Version of the secret that signs.
    pub secret_version: Option<i32>,
    /// When it runs next.
    pub next_run_at: Option<DateTime<Utc>>,
    /// Where its documents belong.
    pub collection: Option<CollectionId>,
    /// Why we have stopped it.
    pub disabled_reason: Option<DisabledReason>,
    /// Since when its notices have failed without exception.
    pub failing_since: Option<DateTime<Utc>>,
    /// When it last did something, to the minute.
    pub last_triggered_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// A webhook to add, and a webhook as it is to be.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it does anything.
    pub status: WebhookStatus,
    /// Where notices go, or what is fetched.
    pub url: Option<&'a str>,
    /// When it runs.
    pub schedule: Option<&'a str>,
    /// In which time zone.
    pub time_zone: Option<&'a str>,
    /// What it tells of.
    pub events: &'a [Event],
    /// When it runs next.
    pub next_run_at: Option<DateTime<Utc>>,
    /// Where its documents belong.
    pub collection: Option<CollectionId>,
}

/// What verifies a request to a webhook's address.
pub struct FoundWebhook {
    /// The tenant.
    pub customer_id: CustomerId,
    /// Its name.
    pub name: String,
    /// Where its documents belong.
    pub collection: Option<CollectionId>,
    /// SHA-256 of each token that is good.
    pub token_hashes: Vec<Vec<u8>>,
    /// Its live secrets, with the key to open them.
    pub sealed: SealedSecrets,
}

fn column(error: tokio_postgres::Error) -> Error {
    Error::internal_fault(format!("webhooks: {error}"))
}

fn collection(row: &Row) -> Result<Option<CollectionId>> {
    let id: Option<Uuid> = row.try_get("collection_id").map_err(column)?;
    Ok(id.map(CollectionId::from))
}

fn webhook(row: &Row) -> Result<WebhookRow> {
    let text = |name: &str| row.try_get::<_, String>(name).map_err(column);
    let reason: Option<String> = row.try_get("disabled_reason").map_err(column)?;
    let events: Vec<String> = row.try_get("events").map_err(column)?;
    Ok(WebhookRow {
        id: row.try_get::<_, Uuid>("id").map_err(column)?.into(),
        name: text("name")?,
        trigger: text("trigger_type")?.parse()?,
        status: text("status")?.parse()?,
        url: row.try_get("url").map_err(column)?,
        schedule: row.try_get("schedule").map_err(column)?,
        time_zone: row.try_get("time_zone").map_err(column)?,
        events: events
            .iter()
            .map(|event| event.parse())
            .collect::<Result<_>>()?,
        secret_version: row.try_get("secret_version").map_err(column)?,
        next_run_at: row.try_get("next_run_at").map_err(column)?,
        collection: collection(row)?,
        disabled_reason: reason.map(|reason| reason.parse()).transpose()?,
        failing_since: row.try_get("failing_since").map_err(column)?,
        last_triggered_at: row.try_get("last_triggered_at").map_err(column)?,
        created_at: row.try_get("created_at").map_err(column)?,
        updated_at: row.try_get("updated_at").map_err(column)?,
    })
}

/// Sealed secrets of one webhook from a row with `wrapped_data_key`, `versions`, `nonces`, `ciphertexts`.
pub(crate) fn sealed(row: &Row) -> Result<SealedSecrets> {
    let versions: Vec<i32> = row.try_get("versions").map_err(column)?;
    let nonces: Vec<Vec<u8>> = row.try_get("nonces").map_err(column)?;
    let ciphertexts: Vec<Vec<u8>> = row.try_get("ciphertexts").map_err(column)?;
    let secrets = versions.into_iter().zip(nonces).zip(ciphertexts);
    Ok(SealedSecrets {
        wrapped_data_key: row.try_get("wrapped_data_key").map_err(column)?,
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

/// Checks that there is room for one more. Under the lock of the customer's secrets.
///
/// # Errors
/// `webhook_limit` (conflict); `unavailable` without a database.
pub async fn check_room(tx: &Tenant) -> Result<()> {
    let customer = tx.customer_id().as_uuid();
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/count.sql"),
            &[(&customer, Type::UUID)],
        )
        .await?
        .ok_or_else(|| Error::internal_fault("count returned no row"))?;
    let quota = Quota {
        used: row.try_get("webhooks").map_err(column)?,
        limit: MAX_WEBHOOKS,
    };
    quota.check("webhook_limit", "webhooks", "Delete some first.")
}

/// Checks that no other webhook tells an address: each end of a document is told to a receiver once.
async fn check_receiver(tx: &Tenant, id: WebhookId, url: Option<&str>) -> Result<()> {
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/same_receiver.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&url, Type::TEXT),
                (&id.as_uuid(), Type::UUID),
            ],
        )
        .await?;
    let Some(row) = row else {
        return Ok(());
    };
    let name: String = row.try_get("name").map_err(column)?;
    Err(Error::new(
        Kind::Conflict,
        "webhook_exists",
        format!(
            "The webhook \"{name}\" tells this address already. Change its events, or delete it first."
        ),
    ))
}

/// Adds a webhook. Its secret is written beside, in the same transaction.
///
/// # Errors
/// `webhook_exists` (conflict) where another one has the same receiver; `invalid_fields` without its collection; `unavailable` without a database.
pub async fn insert(
    tx: &Tenant,
    id: WebhookId,
    trigger: Trigger,
    new: &Wanted<'_>,
    secret_version: Option<i32>,
    token_hash: Option<&[u8; 32]>,
) -> Result<WebhookRow> {
    if trigger == Trigger::Event {
        check_receiver(tx, id, new.url).await?;
    }
    collections::hold(tx, new.collection.into()).await?;
    let events: Vec<&str> = new.events.iter().map(|event| event.as_str()).collect();
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/insert.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&id.as_uuid(), Type::UUID),
                (&new.name, Type::TEXT),
                (&trigger.as_str(), Type::TEXT),
                (&new.url, Type::TEXT),
                (&new.schedule, Type::TEXT),
                (&new.time_zone, Type::TEXT),
                (&events, Type::TEXT_ARRAY),
                (&new.next_run_at, Type::TIMESTAMPTZ),
                (&secret_version, Type::INT4),
                (&token_hash.map(<[u8; 32]>::as_slice), Type::BYTEA),
                (&new.collection.map(|id| id.as_uuid()), Type::UUID),
            ],
        )
        .await?
        .ok_or_else(|| Error::internal_fault("insert returned no row"))?;
    webhook(&row)
}

/// A webhook that is about to be changed: others wait until the end of the transaction.
///
/// # Errors
/// `not_found`; `unavailable` without a database.
pub async fn lock(tx: &Tenant, id: WebhookId) -> Result<WebhookRow> {
    one(tx, id, include_str!("../queries/webhooks/lock.sql")).await
}

async fn one(tx: &Tenant, id: WebhookId, sql: &str) -> Result<WebhookRow> {
    let customer = tx.customer_id().as_uuid();
    let row = tx
        .query_opt(sql, &[(&customer, Type::UUID), (&id.as_uuid(), Type::UUID)])
        .await?
        .ok_or_else(|| Error::not_found("webhook"))?;
    webhook(&row)
}

/// Changes a webhook to what is wanted. Under its [`lock`]; another collection is [held](collections::hold)
/// already.
///
/// # Errors
/// `not_found`; `webhook_exists` (conflict) where another one has the same receiver; `unavailable` without a database.
pub async fn update(tx: &Tenant, id: WebhookId, wanted: &Wanted<'_>) -> Result<WebhookRow> {
    if !wanted.events.is_empty() {
        check_receiver(tx, id, wanted.url).await?;
    }
    let events: Vec<&str> = wanted.events.iter().map(|event| event.as_str()).collect();
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/update.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&id.as_uuid(), Type::UUID),
                (&wanted.name, Type::TEXT),
                (&wanted.status.as_str(), Type::TEXT),
                (&wanted.url, Type::TEXT),
                (&wanted.schedule, Type::TEXT),
                (&wanted.time_zone, Type::TEXT),
                (&events, Type::TEXT_ARRAY),
                (&wanted.next_run_at, Type::TIMESTAMPTZ),
                (&wanted.collection.map(|id| id.as_uuid()), Type::UUID),
            ],
        )
        .await?
        .ok_or_else(|| Error::not_found("webhook"))?;
    webhook(&row)
}

/// Makes a secret that was written down the one that signs, and a token the one that is taken. What was
/// before is good for [`ROTATION`] still, what was previous then no longer. Under the [`lock`].
///
/// # Errors
/// `unavailable` without a database.
pub async fn rotate(
    tx: &Tenant,
    id: WebhookId,
    secret_version: i32,
    token_hash: Option<&[u8; 32]>,
) -> Result<()> {
    let (customer, seconds) = (tx.customer_id().as_uuid(), ROTATION.as_secs_f64());
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/rotate.sql"),
            &[
                (&customer, Type::UUID),
                (&id.as_uuid(), Type::UUID),
                (&secret_version, Type::INT4),
                (&token_hash.map(<[u8; 32]>::as_slice), Type::BYTEA),
                (&seconds, Type::FLOAT8),
            ],
        )
        .await?
        .ok_or_else(|| Error::not_found("webhook"))?;
    let dropped: Option<i32> = row.try_get("dropped").map_err(column)?;
    let retired: Option<i32> = row.try_get("retired").map_err(column)?;
    drop_secrets(tx, dropped.as_slice()).await?;
    tx.query(
        include_str!("../queries/webhooks/retire_secret.sql"),
        &[
            (&customer, Type::UUID),
            (&retired, Type::INT4),
            (&seconds, Type::FLOAT8),
        ],
    )
    .await
    .map(drop)
}

async fn drop_secrets(tx: &Tenant, versions: &[i32]) -> Result<()> {
    tx.query(
        include_str!("../queries/webhooks/drop_secrets.sql"),
        &[
            (&tx.customer_id().as_uuid(), Type::UUID),
            (&versions, Type::INT4_ARRAY),
        ],
    )
    .await
    .map(drop)
}

/// Deletes a webhook with its secrets and notices.
///
/// # Errors
/// `not_found`; `unavailable` without a database.
pub async fn delete(tx: &Tenant, id: WebhookId) -> Result<()> {
    let customer = tx.customer_id().as_uuid();
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/delete.sql"),
            &[(&customer, Type::UUID), (&id.as_uuid(), Type::UUID)],
        )
        .await?
        .ok_or_else(|| Error::not_found("webhook"))?;
    let versions: Vec<i32> = row.try_get("versions").map_err(column)?;
    drop_secrets(tx, &versions).await
}

/// Lets a scheduled webhook run with the next sweep. The run, or none where it is not scheduled, or stopped.
///
/// # Errors
/// `unavailable` without a database.
pub async fn run_now(tx: &Tenant, id: WebhookId) -> Result<Option<RunId>> {
    let customer = tx.customer_id().as_uuid();
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/run_now.sql"),
            &[(&customer, Type::UUID), (&id.as_uuid(), Type::UUID)],
        )
        .await?;
    match row {
        Some(_) => schedules::plan(tx, id).await.map(Some),
        None => Ok(None),
    }
}

/// Stops a webhook for a reason of ours, and what it has not sent. False where it was stopped before.
///
/// # Errors
/// `unavailable` without a database.
pub(crate) async fn disable(tx: &Tenant, id: WebhookId, reason: DisabledReason) -> Result<bool> {
    let customer = tx.customer_id().as_uuid();
    let stopped = tx
        .query_opt(
            include_str!("../queries/webhooks/disable.sql"),
            &[
                (&customer, Type::UUID),
                (&id.as_uuid(), Type::UUID),
                (&reason.as_str(), Type::TEXT),
            ],
        )
        .await?;
    tx.query(
        include_str!("../queries/deliveries/discard_all.sql"),
        &[(&customer, Type::UUID), (&id.as_uuid(), Type::UUID)],
    )
    .await?;
    Ok(stopped.is_some())
}

/// Notes that a notice failed. Whether nothing else came for so long.
pub(crate) async fn failing(tx: &Tenant, id: WebhookId, for_long: Duration) -> Result<bool> {
    let row = tx
        .query_opt(
            include_str!("../queries/webhooks/failing.sql"),
            &[
                (&tx.customer_id().as_uuid(), Type::UUID),
                (&id.as_uuid(), Type::UUID),
                (&for_long.as_secs_f64(), Type::FLOAT8),
            ],
        )
        .await?;
    row.map_or(Ok(false), |row| row.try_get("too_long").map_err(column))
}

/// Notes that a notice arrived.
pub(crate) async fn healthy(tx: &Tenant, id: WebhookId) -> Result<()> {
    let customer = tx.customer_id().as_uuid();
    tx.query(
        include_str!("../queries/webhooks/healthy.sql"),
        &[(&customer, Type::UUID), (&id.as_uuid(), Type::UUID)],
    )
    .await
    .map(drop)
}

impl Store {
    /// A page of a customer's webhooks, newest first.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn list_webhooks(
        &self,
        customer: CustomerId,
        after: Option<(DateTime<Utc>, WebhookId)>,
        limit: i64,
    ) -> Result<Vec<WebhookRow>> {
        let tx = self.tenant(customer).await?;
        let rows = tx
            .query(
                include_str!("../queries/webhooks/list.sql"),
                &[
                    (&customer.as_uuid(), Type::UUID),
                    (&after.map(|(at, _)| at), Type::TIMESTAMPTZ),
                    (&after.map(|(_, id)| id.as_uuid()), Type::UUID),
                    (&limit, Type::INT8),
                ],
            )
            .await?;
        tx.commit().await?;
        rows.iter().map(webhook).collect()
    }

    /// A webhook.
    ///
    /// # Errors
    /// `not_found`; `unavailable` without a database.
    pub async fn get_webhook(&self, customer: CustomerId, id: WebhookId) -> Result<WebhookRow> {
        let tx = self.tenant(customer).await?;
        let row = one(&tx, id, include_str!("../queries/webhooks/get.sql")).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// What verifies a request to a webhook's address. None for one that takes no documents: unknown, of
    /// another kind, stopped. Needed before a caller is verified, hence outside the tenant.
    ///
    /// # Errors
    /// `unavailable` without a database.
    pub async fn find_webhook(&self, id: WebhookId) -> Result<Option<FoundWebhook>> {
        let find = include_str!("../queries/webhooks/find.sql");
        let rows = self.call(find, &[(&id.as_uuid(), Type::UUID)]).await?;
        rows.first()
            .map(|row| {
                let customer: Uuid = row.try_get("customer_id").map_err(column)?;
                Ok(FoundWebhook {
                    customer_id: customer.into(),
                    name: row.try_get("name").map_err(column)?,
                    collection: collection(row)?,
                    token_hashes: row.try_get("token_hashes").map_err(column)?,
                    sealed: sealed(row)?,
                })
            })
            .transpose()
    }
}

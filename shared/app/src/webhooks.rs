//! Webhooks of a customer: creation, changes, deletion, tests and replays.

mod fields;
mod secret;

use dynrag_domain::{
    DeliveryId, Error, Kind, Result, RunId, WebhookId,
    audit::Action,
    webhooks::{Delivery, Trigger, WebhookStatus},
};
use dynrag_store::{
    admission::Admission,
    audit, collections, secrets,
    webhooks::{self, WebhookRow},
};
use serde_json::json;

use crate::{App, sealing::Sealer, web_policy};

pub use fields::{NewWebhook, WebhookChange};
pub use secret::RevealedSecret;

/// Creates a webhook and its credentials.
///
/// # Errors
/// `missing_scope` and `email_not_verified` (forbidden); `invalid_fields`; `webhook_limit` and `webhook_exists`
/// (conflict); `unavailable`.
pub async fn create(
    app: &App,
    caller: &Admission,
    new: NewWebhook,
) -> Result<(WebhookRow, RevealedSecret)> {
    let trigger = new.trigger;
    caller.require(trigger.scope())?;
    caller.check_verified()?;
    let checked = new.check(&web_policy()?)?;
    let vault = app.vault().await?;
    let tx = caller.store().tenant(caller.tenant()).await?;
    let sealer = Sealer::lock(&tx, vault).await?;
    webhooks::check_room(&tx).await?;
    let (revealed, stored) = secret::make(&tx, &sealer, trigger).await?;
    let id = WebhookId::generate();
    let wanted = checked.wanted();
    let hash = stored.token_hash.as_ref();
    let row = webhooks::insert(&tx, id, trigger, &wanted, stored.version, hash).await?;
    let details = json!({"name": wanted.name, "triggerType": trigger});
    let (actor, target) = (caller.principal.into(), id.as_uuid());
    audit::record(&tx, actor, Action::WebhookCreated, target, &details).await?;
    tx.commit().await?;
    Ok((row, revealed))
}

/// Changes a webhook, and rotates its credentials if requested. Reactivating a disabled webhook clears its failures.
///
/// # Errors
/// `not_found`; `missing_scope` (forbidden); `invalid_fields`; `webhook_exists` (conflict); `unavailable`.
pub async fn update(
    app: &App,
    caller: &Admission,
    id: WebhookId,
    change: WebhookChange,
) -> Result<(WebhookRow, RevealedSecret)> {
    let rotate = change.rotate_secret;
    let tx = caller.store().tenant(caller.tenant()).await?;
    // Lock the secrets before the webhook, as everywhere, so that transactions do not deadlock.
    let sealer = match rotate {
        true => Some(Sealer::lock(&tx, app.vault().await?).await?),
        false => None,
    };
    let now = webhooks::lock(&tx, id).await?;
    caller.require(now.trigger.scope())?;
    let checked = change.apply(&now, &web_policy()?)?;
    let collection = checked.wanted().collection;
    if collection != now.collection {
        collections::lock(&tx, collection.into()).await?;
    }
    let mut revealed = RevealedSecret::default();
    if let Some(sealer) = &sealer {
        let (new, stored) = secret::make(&tx, sealer, now.trigger).await?;
        let version = stored
            .version
            .ok_or_else(|| Error::field("/rotateSecret", "a scheduled webhook has no secret"))?;
        webhooks::rotate(&tx, id, version, stored.token_hash.as_ref()).await?;
        revealed = new;
    }
    let row = webhooks::update(&tx, id, &checked.wanted()).await?;
    let details = json!({"name": row.name, "status": row.status, "secretRotated": rotate});
    let (actor, target) = (caller.principal.into(), id.as_uuid());
    audit::record(&tx, actor, Action::WebhookUpdated, target, &details).await?;
    tx.commit().await?;
    Ok((row, revealed))
}

/// Deletes a webhook with its secrets and notifications.
///
/// # Errors
/// `not_found`; `unavailable`.
pub async fn delete(caller: &Admission, id: WebhookId) -> Result<()> {
    let tx = caller.store().tenant(caller.tenant()).await?;
    secrets::lock(&tx).await?;
    webhooks::delete(&tx, id).await?;
    let (actor, target) = (caller.principal.into(), id.as_uuid());
    audit::record(&tx, actor, Action::WebhookDeleted, target, &json!({})).await?;
    tx.commit().await
}

/// A started test.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Test {
    /// A test notification of an event webhook.
    Notification(DeliveryId),
    /// A run of a scheduled webhook, which starts within a minute.
    Run(RunId),
    /// Nothing: a manual webhook is tested by its sender.
    Manual,
}

/// Tests a webhook.
///
/// # Errors
/// `not_found`; `missing_scope` (forbidden); `webhook_not_active` (conflict); `unavailable`.
pub async fn test(app: &App, caller: &Admission, id: WebhookId) -> Result<Test> {
    let (store, customer) = (caller.store(), caller.tenant());
    let webhook = store.get_webhook(customer, id).await?;
    match webhook.trigger {
        Trigger::Event => {
            let notification = store.test_delivery(customer, id).await?;
            app.send_due(&Delivery::notification(
                customer.customer_id(),
                notification,
            ))
            .await;
            Ok(Test::Notification(notification))
        }
        Trigger::Scheduled => {
            // The run adds a document.
            caller.require(webhook.trigger.scope())?;
            let tx = store.tenant(customer).await?;
            let run = webhooks::run_now(&tx, id).await?.ok_or_else(not_active)?;
            tx.commit().await?;
            Ok(Test::Run(run))
        }
        Trigger::Manual if webhook.status != WebhookStatus::Active => Err(not_active()),
        Trigger::Manual => Ok(Test::Manual),
    }
}

fn not_active() -> Error {
    Error::new(
        Kind::Conflict,
        "webhook_not_active",
        "The webhook is not active. Set its status to active first.",
    )
}

/// Sends a notification again with the same id, so that receivers recognise it.
///
/// # Errors
/// `not_found`; `webhook_not_active` (conflict); `unavailable`.
pub async fn replay(
    app: &App,
    caller: &Admission,
    webhook: WebhookId,
    id: DeliveryId,
) -> Result<()> {
    let customer = caller.tenant();
    caller
        .store()
        .replay_delivery(customer, webhook, id)
        .await?;
    app.send_due(&Delivery::notification(customer.customer_id(), id))
        .await;
    Ok(())
}

//! `POST /api/webhooks/{id}/test`: a notice that tells nothing, a run at once, or how to call it.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Link, Path, answers::Accepted, scopes::Webhooks};
use dynrag_domain::{
    DeliveryId, Error, Kind, RunId, WebhookId,
    webhooks::{Delivery, Trigger, WebhookStatus},
};
use dynrag_store::webhooks;
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::address;

/// What was begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookTest)]
pub(crate) struct Tested {
    trigger_type: Trigger,
    /// Of `event`: the notice; what became of it is among the deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_id: Option<DeliveryId>,
    /// Of `scheduled`: the run, which starts within a minute; what became of it is among the deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
    /// Of `event` and `scheduled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    deliveries_url: Option<Link>,
    /// Of `manual`: where to post a document to, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<&'static str>,
}

const HOW: &str = "POST a document to this address: JSON, a form, or a file's bytes. Sign it as Standard \
Webhooks says with the secret, or send the token as X-Webhook-Token. The answer names the document and where its status is told.";

fn stopped() -> Error {
    Error::new(
        Kind::Conflict,
        "webhook_not_active",
        "The webhook is not active. Set its status to active first.",
    )
}

/// Tries it.
pub(crate) async fn test(
    caller: Caller<Webhooks>,
    State(context): State<Arc<Context>>,
    Path(id): Path<WebhookId>,
) -> Answer<Accepted<Tested>> {
    let (store, customer) = (caller.store(), caller.customer_id);
    let webhook = store.get_webhook(customer, id).await?;
    let mut tested = Tested {
        trigger_type: webhook.trigger,
        delivery_id: None,
        run_id: None,
        deliveries_url: None,
        url: None,
        how: None,
    };
    let deliveries = || Link::to(format!("/api/webhooks/{id}/deliveries"));
    match webhook.trigger {
        Trigger::Event => {
            let notice = store.test_delivery(customer, id).await?;
            let delivery = Delivery::notice(customer, notice);
            context.send_due(&delivery).await;
            tested.delivery_id = Some(notice);
            tested.deliveries_url = Some(deliveries());
        }
        Trigger::Scheduled => {
            // What it fetches becomes a document.
            caller.require(webhook.trigger.scope())?;
            let tx = store.tenant(customer).await?;
            let run = webhooks::run_now(&tx, id).await?.ok_or_else(stopped)?;
            tx.commit().await?;
            tested.run_id = Some(run);
            tested.deliveries_url = Some(deliveries());
        }
        Trigger::Manual if webhook.status != WebhookStatus::Active => return Err(stopped().into()),
        Trigger::Manual => {
            tested.url = Some(address(id));
            tested.how = Some(HOW);
        }
    }
    Ok(Accepted(tested))
}

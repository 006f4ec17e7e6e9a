//! `POST /api/webhooks/{id}/test`: sends an empty notification, starts a run, or says how to call the webhook.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, App, Caller, Link, Path, responses::Accepted, scopes::Webhooks};
use dynrag_app::webhooks::{self, Test};
use dynrag_domain::{DeliveryId, RunId, WebhookId, webhooks::Trigger};
use serde::Serialize;
use utoipa::ToSchema;

use crate::body::address;

/// A started test.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookTest {
    trigger_type: Trigger,
    /// For `event`: the test notification; its outcome is listed under deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery_id: Option<DeliveryId>,
    /// For `scheduled`: the run, which starts within a minute; its outcome is listed under deliveries.
    #[serde(skip_serializing_if = "Option::is_none")]
    run_id: Option<RunId>,
    /// For `event` and `scheduled`: where to find the outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    deliveries_url: Option<Link>,
    /// For `manual`: the URL to post a document to.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<Link>,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<&'static str>,
}

const HOW: &str = "POST a document to this URL: JSON, a form, or a file's bytes. Sign it with the secret (Standard \
Webhooks), or send the token as X-Webhook-Token. The response contains the document's id and a link to its status.";

impl WebhookTest {
    fn new(id: WebhookId, test: Test) -> Self {
        let trigger_type = match test {
            Test::Notification(_) => Trigger::Event,
            Test::Run(_) => Trigger::Scheduled,
            Test::Manual => Trigger::Manual,
        };
        let manual = trigger_type == Trigger::Manual;
        Self {
            trigger_type,
            delivery_id: match test {
                Test::Notification(id) => Some(id),
                _ => None,
            },
            run_id: match test {
                Test::Run(id) => Some(id),
                _ => None,
            },
            deliveries_url: (!manual).then(|| Link::to(format!("/api/webhooks/{id}/deliveries"))),
            url: manual.then(|| address(id)),
            how: manual.then_some(HOW),
        }
    }
}

/// Tests a webhook.
pub(crate) async fn test(
    caller: Caller<Webhooks>,
    State(app): State<Arc<App>>,
    Path(id): Path<WebhookId>,
) -> Answer<Accepted<WebhookTest>> {
    let test = webhooks::test(&app, &caller, id).await?;
    Ok(Accepted(WebhookTest::new(id, test)))
}

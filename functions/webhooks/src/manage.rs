//! `GET POST /api/webhooks`, `GET PUT DELETE /api/webhooks/{id}`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, App, Caller, Json, Path, Query,
    paging::{Page, Paging},
    responses::{Created, NoContent, ShownOnce},
    scopes::Webhooks,
};
use dynrag_app::webhooks::{self, RevealedSecret};
use dynrag_domain::WebhookId;

use crate::body::{NewWebhook, Webhook, WebhookChange};

/// Lists webhooks, newest first.
pub(crate) async fn list(
    caller: Caller<Webhooks>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<Webhook>>> {
    let store = caller.store();
    let (after, limit) = (paging.after()?, paging.limit()?);
    let rows = store
        .list_webhooks(caller.tenant(), after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(
        page.map(|row| Webhook::new(row, RevealedSecret::default())),
    ))
}

/// Returns a webhook.
pub(crate) async fn get(
    caller: Caller<Webhooks>,
    Path(id): Path<WebhookId>,
) -> Answer<Json<Webhook>> {
    let store = caller.store();
    let row = store.get_webhook(caller.tenant(), id).await?;
    Ok(Json(Webhook::new(row, RevealedSecret::default())))
}

/// Creates a webhook.
pub(crate) async fn create(
    caller: Caller<Webhooks>,
    State(app): State<Arc<App>>,
    Json(body): Json<NewWebhook>,
) -> Answer<ShownOnce<Created<Webhook>>> {
    let (row, revealed) = webhooks::create(&app, &caller, body.into()).await?;
    Ok(ShownOnce(Created(Webhook::new(row, revealed))))
}

/// Changes a webhook. Reactivating a disabled webhook clears its failures.
pub(crate) async fn update(
    caller: Caller<Webhooks>,
    State(app): State<Arc<App>>,
    Path(id): Path<WebhookId>,
    Json(body): Json<WebhookChange>,
) -> Answer<ShownOnce<Json<Webhook>>> {
    let (row, revealed) = webhooks::update(&app, &caller, id, body.into()).await?;
    Ok(ShownOnce(Json(Webhook::new(row, revealed))))
}

/// Deletes a webhook with its secrets and notifications.
pub(crate) async fn delete(
    caller: Caller<Webhooks>,
    Path(id): Path<WebhookId>,
) -> Answer<NoContent> {
    webhooks::delete(&caller, id).await?;
    Ok(NoContent)
}

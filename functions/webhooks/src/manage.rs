//! `GET POST /api/webhooks`, `GET PUT DELETE /api/webhooks/{id}`.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{
    Answer, Caller, Context, Json, Path, Query,
    answers::{Created, NoContent, Secret},
    paging::{Page, Paging},
    scopes::Webhooks,
};
use dynrag_domain::{Error, WebhookId, audit::Action};
use dynrag_store::{audit, collections, secrets, webhooks};
use serde_json::json;

use crate::{
    body::{NewWebhook, WebhookBody, WebhookChange, policy},
    secret::{self, Shown},
};

/// Lists them, newest first.
pub(crate) async fn list(
    caller: Caller<Webhooks>,
    Query(paging): Query<Paging>,
) -> Answer<Json<Page<WebhookBody>>> {
    let store = caller.store();
    let (after, limit) = (paging.after()?, paging.limit()?);
    let rows = store
        .list_webhooks(caller.customer_id, after, limit.rows())
        .await?;
    let page = Page::new(rows, limit, |row| (row.created_at, row.id))?;
    Ok(Json(
        page.map(|row| WebhookBody::new(row, Shown::default())),
    ))
}

/// Shows one.
pub(crate) async fn get(
    caller: Caller<Webhooks>,
    Path(id): Path<WebhookId>,
) -> Answer<Json<WebhookBody>> {
    let store = caller.store();
    let row = store.get_webhook(caller.customer_id, id).await?;
    Ok(Json(WebhookBody::new(row, Shown::default())))
}

/// Makes one.
pub(crate) async fn create(
    caller: Caller<Webhooks>,
    State(context): State<Arc<Context>>,
    Json(body): Json<NewWebhook>,
) -> Answer<Secret<Created<WebhookBody>>> {
    let trigger = body.trigger_type;
    caller.require(trigger.scope())?;
    caller.check_verified()?;
    let checked = body.check(&policy()?)?;
    let (store, vault) = (caller.store(), context.vault().await?);
    let tx = store.tenant(caller.customer_id).await?;
    let wrapped = secrets::lock(&tx)
        .await?
        .ok_or_else(|| Error::not_found("customer"))?;
    webhooks::check_room(&tx).await?;
    let (shown, kept) = secret::make(&tx, vault, &wrapped, trigger).await?;
    let id = WebhookId::generate();
    let wanted = checked.wanted();
    let hash = kept.token_hash.as_ref();
    let row = webhooks::insert(&tx, id, trigger, &wanted, kept.version, hash).await?;
    let details = json!({"name": wanted.name, "triggerType": trigger});
    let (actor, target) = (caller.principal.into(), id.as_uuid());
    audit::record(&tx, actor, Action::WebhookCreated, target, &details).await?;
    tx.commit().await?;
    Ok(Secret(Created(WebhookBody::new(row, shown))))
}

/// Changes one. A disabled one that is made active again starts with a clean slate.
pub(crate) async fn update(
    caller: Caller<Webhooks>,
    State(context): State<Arc<Context>>,
    Path(id): Path<WebhookId>,
    Json(body): Json<WebhookChange>,
) -> Answer<Secret<Json<WebhookBody>>> {
    let store = caller.store();
    let tx = store.tenant(caller.customer_id).await?;
    let rotate = body.rotate_secret;
    // Before the webhook, as elsewhere, so that no two wait for each other.
    let wrapped = match rotate {
        true => secrets::lock(&tx).await?.unwrap_or_default(),
        false => Vec::new(),
    };
    let now = webhooks::lock(&tx, id).await?;
    caller.require(now.trigger.scope())?;
    let checked = body.apply(&now, &policy()?)?;
    let collection = checked.wanted().collection;
    if collection != now.collection {
        collections::hold(&tx, collection.into()).await?;
    }
    let mut shown = Shown::default();
    if rotate {
        let vault = context.vault().await?;
        let (new, kept) = secret::make(&tx, vault, &wrapped, now.trigger).await?;
        let version = kept
            .version
            .ok_or_else(|| Error::field("/rotateSecret", "a scheduled webhook has no secret"))?;
        webhooks::rotate(&tx, id, version, kept.token_hash.as_ref()).await?;
        shown = new;
    }
    let row = webhooks::update(&tx, id, &checked.wanted()).await?;
    let details = json!({"name": row.name, "status": row.status, "secretRotated": rotate});
    let (actor, target) = (caller.principal.into(), id.as_uuid());
    audit::record(&tx, actor, Action::WebhookUpdated, target, &details).await?;
    tx.commit().await?;
    Ok(Secret(Json(WebhookBody::new(row, shown))))
}

/// Deletes one, with its secrets and notices.
pub(crate) async fn delete(
    caller: Caller<Webhooks>,
    Path(id): Path<WebhookId>,
) -> Answer<NoContent> {
    let store = caller.store();
    let tx = store.tenant(caller.customer_id).await?;
    secrets::lock(&tx).await?;
    webhooks::delete(&tx, id).await?;
    let (actor, target) = (caller.principal.into(), id.as_uuid());
    audit::record(&tx, actor, Action::WebhookDeleted, target, &json!({})).await?;
    tx.commit().await?;
    Ok(NoContent)
}

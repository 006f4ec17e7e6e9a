//! `POST /api/ingest/webhook` with an API key, and `POST /api/ingest/webhook/{webhookId}` with the
//! webhook's own token or signature: another system's payload becomes a document.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{AddedAnswer, Answer, App, Caller, Query, scopes::DocumentsWrite};
use dynrag_app::documents::{add, wait};

use crate::{
    incoming::Incoming,
    payload::{Payload, WebhookQuery},
};

/// Title of a document without one.
const UNTITLED: &str = "Webhook";

/// Adds a document from a caller with an API key.
pub(crate) async fn by_key(
    caller: Caller<DocumentsWrite>,
    State(app): State<Arc<App>>,
    Query(query): Query<WebhookQuery>,
    payload: Payload,
) -> Answer<AddedAnswer> {
    let time = query.time()?;
    let (description, content) = payload.read(&caller.config, query, UNTITLED).await?;
    let added = add(&app, &caller, &description, content).await?;
    Ok(wait(&caller, added, time).await?.into())
}

/// Adds a document from a sender with the webhook's secret or token.
pub(crate) async fn receive(
    State(app): State<Arc<App>>,
    incoming: Incoming,
) -> Answer<AddedAnswer> {
    let Incoming {
        caller,
        name,
        collection,
        query,
        payload,
    } = incoming;
    let time = query.time()?;
    let (mut description, content) = payload.read(&caller.config, query, &name).await?;
    // The sender's collection takes precedence.
    description.collection_id = description.collection_id.or(collection);
    let added = add(&app, &caller, &description, content).await?;
    Ok(wait(&caller, added, time).await?.into())
}

//! `POST /api/ingest/webhook` with an API key, and `POST /api/ingest/webhook/{webhookId}` with the
//! webhook's own token or signature: whatever another system sends becomes a document.

use std::sync::Arc;

use axum::extract::State;
use dynrag_api::{Answer, Caller, Context, Query, scopes::DocumentsWrite};

use crate::{
    accept::{Outcome, accept},
    incoming::Incoming,
    payload::{Payload, Said},
    wait::hold,
};

/// What a document is called whose sender says nothing of it.
const UNTITLED: &str = "Webhook";

/// Takes a document from a caller with a key.
pub(crate) async fn by_key(
    caller: Caller<DocumentsWrite>,
    State(context): State<Arc<Context>>,
    Query(said): Query<Said>,
    payload: Payload,
) -> Answer<Outcome> {
    let time = said.waiting().time()?;
    let (description, content) = payload.read(&caller.config, said, UNTITLED).await?;
    let outcome = accept(&context, &caller, &description, content).await?;
    Ok(hold(&caller, outcome, time).await?)
}

/// Takes a document from whoever the webhook's secret was given to.
pub(crate) async fn receive(
    State(context): State<Arc<Context>>,
    incoming: Incoming,
) -> Answer<Outcome> {
    let Incoming {
        caller,
        name,
        collection,
        said,
        payload,
    } = incoming;
    let time = said.waiting().time()?;
    let (mut description, content) = payload.read(&caller.config, said, &name).await?;
    // What the sender names goes before.
    description.collection_id = description.collection_id.or(collection);
    let outcome = accept(&context, &caller, &description, content).await?;
    Ok(hold(&caller, outcome, time).await?)
}

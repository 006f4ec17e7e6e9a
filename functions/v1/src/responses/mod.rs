//! `POST /v1/responses`: an answer as a response, whole or streamed.

mod body;
mod input;
mod items;
mod request;
pub(crate) mod stored;
mod stream;

use std::sync::Arc;

use axum::{Extension, extract::State};
use chrono::Utc;
use dynrag_api::{
    Answer, App, Caller, Json, With, event_stream::Until, idempotency::Attempt,
    responses::ShownOnce, scopes::Chat,
};
use dynrag_domain::AnswerId;
use dynrag_retrieval::Retriever;

use crate::{making::Making, reply::Reply};
use body::{Head, Response};
use request::ResponseRequest;

/// Answers the input from the caller's documents.
pub(crate) async fn create(
    caller: Caller<Chat>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    attempt: Option<Extension<Attempt>>,
    Until(until): Until,
    Json(body): Json<ResponseRequest>,
) -> Answer<ShownOnce<Reply<Response>>> {
    let (request, repeated) = body.check(&app, &caller).await?;
    let id = AnswerId::generate();
    let kept = serde_json::to_value(&repeated).map_err(dynrag_domain::Error::internal_fault)?;
    let head = Head::new(
        id,
        body.previous(),
        repeated,
        Utc::now(),
        body.with_results(),
    );
    let making = Making {
        app,
        retriever,
        caller: caller.clone(),
        request,
        id,
        is_stored: body.is_stored(),
        previous: body.previous(),
        repeated: Some(kept),
        until,
    };
    let attempt = attempt.map(|Extension(attempt)| attempt);
    if !body.is_streamed() {
        let asked = making.whole(attempt).await?;
        let response = head.whole(&asked.answer, &asked.passages, Utc::now());
        return Ok(ShownOnce(Reply::whole(response)));
    }
    let told = making.streamed(attempt).await?;
    Ok(ShownOnce(Reply::streamed(stream::events(head, told))))
}

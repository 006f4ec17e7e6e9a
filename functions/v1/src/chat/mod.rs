//! `POST /v1/chat/completions`: an answer as a chat completion, whole or streamed.

mod body;
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
pub(crate) use body::is_cut;
use body::{ChatCompletion, CompletionRequest, Head};

/// Answers the last message from the caller's documents.
pub(crate) async fn create(
    caller: Caller<Chat>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    attempt: Option<Extension<Attempt>>,
    Until(until): Until,
    Json(body): Json<CompletionRequest>,
) -> Answer<ShownOnce<Reply<ChatCompletion>>> {
    let request = body.check(&app, &caller).await?;
    let id = AnswerId::generate();
    let head = Head::new(id, body.model(), Utc::now());
    let making = Making {
        app,
        retriever,
        caller: caller.clone(),
        request,
        id,
        is_stored: body.is_stored(),
        previous: None,
        repeated: None,
        until,
    };
    let attempt = attempt.map(|Extension(attempt)| attempt);
    if !body.is_streamed() {
        let asked = making.whole(attempt).await?;
        return Ok(ShownOnce(Reply::whole(head.completion(asked.answer))));
    }
    let told = making.streamed(attempt).await?;
    let events = stream::events(head, body.with_usage(), told);
    Ok(ShownOnce(Reply::streamed(events)))
}

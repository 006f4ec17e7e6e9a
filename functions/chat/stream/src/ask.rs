//! `POST /api/chat/stream`: an answer to a question, as it is made.
//!
//! The answer is made by a task of its own, which the function waits for before it takes the next event: a client that leaves does
//! not keep its cost out of the ledger.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | the client's connection, noticed while a model writes | the call is cancelled and recorded as `cancelled`; nothing is stored | the client asks again |
//! | the client's connection, not noticed or later | the answer is stored, unless it was asked for with `store: false` | the client sends the request again with `Last-Event-ID` |
//! | the function | as for [`dynrag_answering`]; one of the customer's streams counts as taken for three minutes | the client gets `answer_not_found` for its `Last-Event-ID` by then, and asks again |

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Extension, extract::State};
use dynrag_answering::{Audience, ChatAnswer, ChatRequest, answer};
use dynrag_api::{
    Answer, App, Caller, Json, With,
    event_stream::{EventStream, LastEventText, Until, spawn},
    idempotency::Attempt,
    responses::ShownOnce,
    scopes::Chat,
};
use dynrag_domain::AnswerId;
use dynrag_retrieval::Retriever;
use dynrag_store::chat::Owner;
use tokio::sync::mpsc::unbounded_channel;

use crate::{
    events::{self, Position},
    resume,
};

/// How long nothing may be sent before a keep-alive.
const SILENCE: Duration = Duration::from_secs(10);
/// From the question to the end of a model's answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// Longer than that and what follows.
const LEASE: Duration = Duration::from_secs(180);

/// Streams an answer, or the rest of one whose connection broke.
pub(crate) async fn chat(
    caller: Caller<Chat>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    attempt: Option<Extension<Attempt>>,
    LastEventText(last): LastEventText,
    Until(until): Until,
    Json(body): Json<ChatRequest>,
) -> Answer<ShownOnce<EventStream>> {
    let received = Instant::now();
    let is_stored = body.question()?.is_stored;
    if let Some(last) = last {
        let rest =
            resume::rest(&caller, Position::parse(&last)?, is_stored, received, until).await?;
        return Ok(ShownOnce(EventStream::of(rest, SILENCE)));
    }
    let (id, owner) = (AnswerId::generate(), Owner::try_from(caller.principal)?);
    caller
        .store()
        .begin_stream(caller.tenant(), owner, id)
        .await?;
    let deferred = match attempt {
        Some(Extension(attempt)) => attempt.defer(LEASE).await?,
        None => None,
    };
    let (progress, told) = unbounded_channel();
    let audience = Audience {
        id,
        progress,
        until: until.min(tokio::time::Instant::now() + PATIENCE),
    };
    let caller = caller.clone();
    let answer = spawn(async move {
        let asked = async {
            let question = body.question()?;
            let asked = answer(&app, &retriever, &caller, &question, Some(&audience)).await?;
            Ok(ChatAnswer::new(asked, received))
        };
        let answer = asked.await;
        if let Some(deferred) = deferred {
            deferred.end(answer.is_ok()).await;
        }
        resume::end(&caller, id).await;
        answer
    });
    // Before the stream begins, an error is a problem document.
    let events = events::stream(id, told, answer).await?;
    Ok(ShownOnce(EventStream::of(events, SILENCE)))
}

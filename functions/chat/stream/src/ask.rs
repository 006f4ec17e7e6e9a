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
use dynrag_answering::ChatRequest;
use dynrag_api::{
    Answer, App, Caller, Json, With,
    event_stream::{EventStream, LastEventText, Until},
    idempotency::Attempt,
    responses::ShownOnce,
    scopes::Chat,
};
use dynrag_retrieval::Retriever;

use crate::{events::Position, making::Making, resume};

/// How long nothing may be sent before a keep-alive.
const SILENCE: Duration = Duration::from_secs(10);

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
        let position = Position::parse(&last)?;
        let rest = resume::rest(&caller, position, is_stored, received, until).await?;
        return Ok(ShownOnce(EventStream::of(rest, SILENCE)));
    }
    let making = Making {
        app,
        retriever,
        caller: caller.clone(),
        body,
        received,
    };
    let attempt = attempt.map(|Extension(attempt)| attempt);
    let events = making.events(attempt, until).await?;
    Ok(ShownOnce(EventStream::of(events, SILENCE)))
}

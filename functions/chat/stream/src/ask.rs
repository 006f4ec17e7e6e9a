//! `POST /api/chat/stream`: an answer to a question, as it is made.
//!
//! The answer is made by a task of its own, which ends after its stream: a client that leaves does not keep its cost out of the
//! ledger.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | the client's connection, noticed while a model writes | the call is cancelled and recorded as `cancelled`; nothing is stored | the client asks again |
//! | the client's connection, not noticed | the answer is stored, or it was asked for with `store: false` | the client sends the request again with `Last-Event-ID` |
//! | the function | as for [`dynrag_answering`] | the client gets `answer_not_found` for its `Last-Event-ID`, and asks again |

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::extract::State;
use dynrag_answering::{Audience, ChatAnswer, ChatRequest, answer};
use dynrag_api::{
    Answer, App, Caller, Json, With,
    event_stream::{EventStream, LastEventText, Until},
    responses::ShownOnce,
    scopes::Chat,
};
use dynrag_domain::AnswerId;
use dynrag_retrieval::Retriever;
use tokio::sync::mpsc::unbounded_channel;
use tracing::Instrument;

use crate::{
    events::{self, Position},
    resume,
};

/// How long nothing may be sent before a keep-alive.
const SILENCE: Duration = Duration::from_secs(10);
/// From the question to the end of a model's answer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// Streams an answer, or the rest of one whose connection broke.
pub(crate) async fn chat(
    caller: Caller<Chat>,
    State(app): State<Arc<App>>,
    State(With(retriever)): State<With<Retriever>>,
    LastEventText(last): LastEventText,
    Until(until): Until,
    Json(body): Json<ChatRequest>,
) -> Answer<ShownOnce<EventStream>> {
    let received = Instant::now();
    if let Some(last) = last {
        let rest = resume::rest(&caller, Position::parse(&last)?, received, until).await?;
        return Ok(ShownOnce(EventStream::of(rest, SILENCE)));
    }
    body.question()?;
    let (progress, told) = unbounded_channel();
    let audience = Audience {
        id: AnswerId::generate(),
        progress,
        until: until.min(tokio::time::Instant::now() + PATIENCE),
    };
    let id = audience.id;
    let caller = caller.clone();
    let task = async move {
        let question = body.question()?;
        let asked = answer(&app, &retriever, &caller, &question, Some(&audience)).await?;
        Ok(ChatAnswer::new(asked, received))
    };
    let task = tokio::spawn(task.in_current_span());
    // Before the stream begins, an error is a problem document.
    let events = events::stream(id, told, task).await?;
    Ok(ShownOnce(EventStream::of(events, SILENCE)))
}

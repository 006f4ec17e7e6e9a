//! The rest of an answer whose connection broke.

use std::time::{Duration, Instant as Clock};

use dynrag_answering::{Asked, ChatAnswer, Progress};
use dynrag_api::event_stream::{Event, spawn};
use dynrag_domain::{AnswerId, Error, Kind, Result};
use dynrag_store::{admission::Admission, chat::Owner, chat_streams::StreamedAnswer};
use futures::{Stream, StreamExt, future::Either, stream};
use tokio::time::{Instant, sleep};

use crate::events::{Numbering, Position};

/// The first polling interval; each is longer than the one before.
const TICK: Duration = Duration::from_millis(500);
/// The longest.
const LAST_TICK: Duration = Duration::from_secs(4);
/// Consecutive polls that may fail.
const PATIENCE: u32 = 10;

/// Streams what follows a position in an answer. One that is still being made is waited for, which takes one of the customer's
/// streams.
///
/// # Errors
/// `answer_not_found`, if it neither is stored nor will be; `too_many_streams`; `unavailable`.
pub(crate) async fn rest(
    caller: &Admission,
    position: Position,
    is_stored: bool,
    received: Clock,
    until: Instant,
) -> Result<impl Stream<Item = Event> + Send + use<>> {
    let waiting = Waiting {
        caller: caller.clone(),
        owner: Owner::try_from(caller.principal)?,
        id: position.id,
        until,
    };
    let reply = move |asked: Result<Asked>| {
        let answer = asked.map(|asked| ChatAnswer::new(asked, received));
        stream::iter(following(position, answer))
    };
    if !is_stored {
        return Err(not_found());
    }
    if let Some(asked) = waiting.find().await? {
        return Ok(Either::Left(reply(Ok(asked))));
    }
    let own = AnswerId::generate();
    let store = caller.store();
    store
        .begin_stream(caller.tenant(), waiting.owner, own)
        .await?;
    // It ends soon after its client has left.
    let (asking, left) = tokio::sync::oneshot::channel::<()>();
    let waited = spawn(async move {
        let asked = tokio::select! {
            asked = waiting.wait() => asked,
            _ = left => Err(not_found()),
        };
        end(&waiting.caller, own).await;
        asked
    });
    let events = stream::once(async move {
        let asked = waited.await;
        drop(asking);
        reply(asked.unwrap_or_else(|panic| Err(Error::internal_fault(panic))))
    });
    Ok(Either::Right(events.flatten()))
}

/// Gives a stream back; if that fails, it counts until its time is over.
pub(crate) async fn end(caller: &Admission, id: AnswerId) {
    if let Err(error) = caller.store().end_stream(caller.tenant(), id).await {
        let cause = error.internal();
        tracing::warn!(cause, "a stream was not given back");
    }
}

struct Waiting {
    caller: Admission,
    owner: Owner,
    id: AnswerId,
    until: Instant,
}

impl Waiting {
    /// The answer, or none as long as it is being made.
    async fn find(&self) -> Result<Option<Asked>> {
        let (store, customer) = (self.caller.store(), self.caller.tenant());
        match store.streamed_answer(customer, self.owner, self.id).await? {
            StreamedAnswer::Stored(session, number, answer) => Ok(Some(Asked {
                answer: *answer,
                passages: Vec::new(),
                stored: Some((session, number)),
            })),
            StreamedAnswer::UnderWay => Ok(None),
            StreamedAnswer::Unknown => Err(not_found()),
        }
    }

    async fn wait(&self) -> Result<Asked> {
        let (mut tick, mut failures) = (TICK, 0);
        loop {
            if Instant::now() + tick >= self.until {
                return Err(not_found());
            }
            sleep(tick).await;
            tick = (tick * 2).min(LAST_TICK);
            match self.find().await {
                Ok(Some(asked)) => return Ok(asked),
                Ok(None) => failures = 0,
                Err(error) if error.kind() == Kind::NotFound => return Err(error),
                Err(error) => {
                    failures += 1;
                    if failures >= PATIENCE {
                        return Err(error);
                    }
                }
            }
        }
    }
}

fn following(position: Position, answer: Result<ChatAnswer>) -> Vec<Event> {
    let mut numbering = Numbering::new(position.id);
    let mut events = Vec::new();
    if let Ok(answer) = &answer {
        let text = answer.text();
        match position.rest(text) {
            Some(rest) => {
                let has = text[..text.len() - rest.len()].to_owned();
                drop(numbering.progress(&Progress::Text(has)));
                if !rest.is_empty() {
                    events.push(numbering.progress(&Progress::Text(rest.to_owned())));
                }
            }
            None => {
                events.push(numbering.progress(&Progress::Reset));
                if !text.is_empty() {
                    events.push(numbering.progress(&Progress::Text(text.to_owned())));
                }
            }
        }
    }
    events.push(numbering.end(answer));
    events.into_iter().flatten().collect()
}

fn not_found() -> Error {
    Error::new(
        Kind::NotFound,
        "answer_not_found",
        "No answer with this Last-Event-ID is stored: it broke off, or it was not to be stored. Leave the header out to ask again.",
    )
}

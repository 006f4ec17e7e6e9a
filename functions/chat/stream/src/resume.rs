//! The rest of an answer whose connection broke.

use std::time::{Duration, Instant as Clock, SystemTime, UNIX_EPOCH};

use dynrag_answering::{Asked, ChatAnswer, Progress};
use dynrag_api::event_stream::Event;
use dynrag_domain::{AnswerId, Error, Kind, Result};
use dynrag_store::{admission::Admission, chat::Owner};
use futures::{Stream, StreamExt, stream};
use tokio::time::{Instant, sleep};

use crate::{
    ask::PATIENCE,
    events::{Numbering, Position},
};

/// Polling interval.
const TICK: Duration = Duration::from_millis(500);
/// From the end of a model's answer to its being stored.
const MARGIN: Duration = Duration::from_secs(10);

/// Waits for an answer that may still be made, and streams what follows a position in it.
///
/// # Errors
/// `answer_not_found`, if it cannot be found any more; `unavailable`.
pub(crate) async fn rest(
    caller: &Admission,
    position: Position,
    received: Clock,
    until: Instant,
) -> Result<impl Stream<Item = Event> + Send + use<>> {
    let owner = Owner::try_from(caller.principal)?;
    let until = until.min(Instant::now() + left(position.id));
    let found = find(caller, owner, position.id).await?;
    if found.is_none() && Instant::now() >= until {
        return Err(not_found());
    }
    let caller = caller.clone();
    let events = stream::once(async move {
        let answer = wait(&caller, owner, position.id, found, until).await;
        let answer = answer.map(|asked| ChatAnswer::new(asked, received));
        stream::iter(following(position, answer))
    });
    Ok(events.flatten())
}

/// How long an answer may still be made.
fn left(id: AnswerId) -> Duration {
    let begun = id.as_uuid().get_timestamp().map(|at| at.to_unix());
    let begun = begun.map(|(seconds, nanos)| Duration::new(seconds, nanos));
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let end = begun.unwrap_or_default() + PATIENCE + MARGIN;
    // An id of the future is none of ours.
    end.saturating_sub(now).min(PATIENCE + MARGIN)
}

async fn find(caller: &Admission, owner: Owner, id: AnswerId) -> Result<Option<Asked>> {
    let found = caller
        .store()
        .chat_answer(caller.tenant(), owner, id)
        .await?;
    Ok(found.map(|(session, number, answer)| Asked {
        answer,
        stored: Some((session, number)),
    }))
}

async fn wait(
    caller: &Admission,
    owner: Owner,
    id: AnswerId,
    mut found: Option<Asked>,
    until: Instant,
) -> Result<Asked> {
    loop {
        if let Some(asked) = found {
            return Ok(asked);
        }
        if Instant::now() + TICK >= until {
            return Err(not_found());
        }
        sleep(TICK).await;
        found = find(caller, owner, id).await?;
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

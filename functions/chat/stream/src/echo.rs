//! The events of an answer for the other clients of its caller: WebSocket connections that listen to the conversation.
//!
//! They get the events of the stream, merged into a few messages a second. `push` sends the finished answer once it is stored.
//!
//! | it dies | what is left | who recovers it |
//! |---|---|---|
//! | the function, or a message that cannot be posted | listeners with the beginning of an answer | `answer` follows if it is stored; otherwise the conversation has none |
//! | the stream's own client | the same | the same |

use std::{sync::Arc, time::Duration};

use dynrag_answering::Progress;
use dynrag_api::{App, event_stream::spawn, live_event::LiveEvent, problem};
use dynrag_domain::{AnswerId, ChatSessionId, Error, Result, realtime::Channel};
use dynrag_store::{admission::Admission, chat::Owner};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, timeout_at},
};

/// From one message with text to the next; what is written in between comes together.
const PAUSE: Duration = Duration::from_millis(200);
/// Bytes of a message's text. As JSON it may take six times as much, which is still below the limit of a message.
const PIECE: usize = 4 * 1024;
/// Connections that are posted to at once.
const CONCURRENCY: usize = 16;

/// An event on its way.
#[derive(PartialEq, Debug)]
enum Told {
    /// Text, and how many characters of the answer precede it.
    Delta { offset: usize, text: String },
    /// Everything else.
    Event(&'static str, Value),
}

impl Told {
    /// Takes text that follows, unless it would be too long; returns what was not taken.
    fn join(&mut self, next: Self) -> Option<Self> {
        match (self, next) {
            (Self::Delta { text, .. }, Self::Delta { text: more, .. })
                if text.len() + more.len() <= PIECE =>
            {
                text.push_str(&more);
                None
            }
            (_, next) => Some(next),
        }
    }
}

/// Tells the listeners what happens to an answer.
pub(crate) struct Echo {
    to: UnboundedSender<Told>,
    characters: usize,
}

impl Echo {
    /// Looks for listeners meanwhile; the answer does not wait for it.
    pub(crate) fn begin(
        app: Arc<App>,
        caller: &Admission,
        owner: Owner,
        conversation: Option<ChatSessionId>,
        id: AnswerId,
    ) -> Self {
        let (to, told) = unbounded_channel();
        let (store, customer) = (caller.store().clone(), caller.tenant());
        drop(spawn(async move {
            let listeners = store.chat_listeners(customer, owner, conversation).await;
            let posted = match listeners {
                Ok(listeners) => post(&app, listeners, conversation, id, told).await,
                Err(error) => Err(error),
            };
            if let Err(error) = posted {
                log(&error);
            }
        }));
        Self { to, characters: 0 }
    }

    pub(crate) fn tell(&mut self, progress: &Progress) {
        match progress {
            Progress::Sources { query, sources } => {
                self.send("sources", json!({"query": query, "sources": sources}));
            }
            Progress::Text(text) => {
                for text in pieces(text) {
                    let offset = self.characters;
                    self.characters += text.chars().count();
                    let text = text.to_owned();
                    drop(self.to.send(Told::Delta { offset, text }));
                }
            }
            Progress::Reset => {
                self.characters = 0;
                self.send("reset", json!({}));
            }
        }
    }

    pub(crate) fn fail(&mut self, error: &Error) {
        let problem = json!(problem::members(error));
        self.send("error", problem);
    }

    // Nobody may listen, or no longer.
    fn send(&self, event: &'static str, data: Value) {
        drop(self.to.send(Told::Event(event, data)));
    }
}

/// Cuts a text between characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, more) = rest.split_at(rest.floor_char_boundary(PIECE));
        rest = more;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Posts what is told until no more comes, or nobody listens.
///
/// # Errors
/// An internal fault if an event cannot be written.
async fn post(
    app: &App,
    mut listeners: Vec<String>,
    conversation: Option<ChatSessionId>,
    id: AnswerId,
    mut told: UnboundedReceiver<Told>,
) -> Result<()> {
    let (mut next, mut due) = (None, Instant::now());
    while !listeners.is_empty() {
        let first = match next.take() {
            Some(told) => Some(told),
            None => told.recv().await,
        };
        let Some(mut first) = first else {
            return Ok(());
        };
        while next.is_none()
            && let Ok(Some(more)) = timeout_at(due, told.recv()).await
        {
            next = first.join(more);
        }
        due = Instant::now() + PAUSE;
        let event = event(conversation, id, first)?;
        let posts = stream::iter(listeners)
            .map(async |listener| stays(&event, app, &listener).await.then_some(listener))
            .buffer_unordered(CONCURRENCY);
        listeners = posts.filter_map(async |listener| listener).collect().await;
    }
    Ok(())
}

/// Posts an event; returns whether its listener gets the next one, too. Text with a hole in it is of no use.
async fn stays(event: &LiveEvent, app: &App, listener: &str) -> bool {
    event.post(app, listener).await.unwrap_or_else(|error| {
        log(&error);
        false
    })
}

fn log(error: &Error) {
    let (code, cause) = (error.code(), error.internal());
    tracing::warn!(code, cause, "an answer was not told to another client");
}

fn event(conversation: Option<ChatSessionId>, id: AnswerId, told: Told) -> Result<LiveEvent> {
    let (name, mut data) = match told {
        Told::Delta { offset, text } => ("delta", json!({"offset": offset, "text": text})),
        Told::Event(name, data) => (name, data),
    };
    data["answerId"] = json!(id);
    let about = conversation.map(|id| id.as_uuid());
    LiveEvent::new(Channel::Chat, about, name, None, &data)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(offset: usize, text: &str) -> Told {
        let text = text.to_owned();
        Told::Delta { offset, text }
    }

    #[test]
    fn text_is_cut_between_characters_and_put_together_up_to_a_limit() {
        let long = "é两".repeat(PIECE);
        let cut: Vec<&str> = pieces(&long).collect();
        assert_eq!(cut.concat(), long);
        assert!(cut.iter().all(|piece| piece.len() <= PIECE));
        assert_eq!(pieces("").count(), 0);

        let mut first = delta(0, "The ");
        assert_eq!(first.join(delta(4, "guarantee")), None);
        assert_eq!(first, delta(0, "The guarantee"));
        let long = delta(13, cut[0]);
        assert_eq!(first.join(long), Some(delta(13, cut[0])));
        let reset = || Told::Event("reset", json!({}));
        assert_eq!(first.join(reset()), Some(reset()));
        assert_eq!(reset().join(delta(0, "x")), Some(delta(0, "x")));
    }
}

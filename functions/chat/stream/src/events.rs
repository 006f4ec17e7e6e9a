//! The events of an answer's stream.
//!
//! `sources`, then `delta` and `reset`, then `answer` or `error`. All deltas since the last reset are the answer's text. The id
//! of an event says how much of it a client has: `<answer id>.<characters>.<CRC-32>`. The checksum tells whether that is how the
//! stored answer begins.

use std::{fmt, str::FromStr};

use crc32fast::Hasher;
use dynrag_answering::{ChatAnswer, Progress};
use dynrag_api::{
    event_stream::{Event, json_event},
    problem,
};
use dynrag_domain::{AnswerId, Error, Kind, Result};
use futures::{Stream, stream};
use serde_json::json;
use tokio::sync::{mpsc::UnboundedReceiver, oneshot};

use crate::echo::Echo;

/// How much of an answer's text a client has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Position {
    pub(crate) id: AnswerId,
    characters: usize,
    checksum: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{:08x}", self.id, self.characters, self.checksum)
    }
}

impl Position {
    /// Reads the id of an event.
    ///
    /// # Errors
    /// `invalid_last_event_id`.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let parse = || {
            let (id, rest) = text.split_once('.')?;
            let (characters, checksum) = rest.split_once('.')?;
            Some(Self {
                id: AnswerId::from_str(id).ok()?,
                characters: characters.parse().ok()?,
                checksum: u32::from_str_radix(checksum, 16).ok()?,
            })
        };
        parse().ok_or_else(|| {
            Error::new(
                Kind::Malformed,
                "invalid_last_event_id",
                "Last-Event-ID is not the id of an event of this route. Leave it out to ask a question.",
            )
        })
    }

    /// What follows in a text; `None` if it does not begin with what the client has.
    pub(crate) fn rest<'t>(&self, text: &'t str) -> Option<&'t str> {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        let end = ends.skip(self.characters).take(1).next()?;
        let (has, rest) = text.split_at(end);
        (crc32fast::hash(has.as_bytes()) == self.checksum).then_some(rest)
    }
}

/// Numbers the events of an answer.
pub(crate) struct Numbering {
    id: AnswerId,
    characters: usize,
    checksum: Hasher,
}

impl Numbering {
    pub(crate) fn new(id: AnswerId) -> Self {
        Self {
            id,
            characters: 0,
            checksum: Hasher::new(),
        }
    }

    pub(crate) fn position(&self) -> Position {
        Position {
            id: self.id,
            characters: self.characters,
            checksum: self.checksum.clone().finalize(),
        }
    }

    /// The event of a progress.
    pub(crate) fn progress(&mut self, progress: &Progress) -> Result<Event> {
        let (name, data) = match progress {
            Progress::Sources { query, sources } => {
                ("sources", json!({"query": query, "sources": sources}))
            }
            Progress::Text(text) => {
                self.characters += text.chars().count();
                self.checksum.update(text.as_bytes());
                ("delta", json!({"text": text}))
            }
            Progress::Reset => {
                *self = Self::new(self.id);
                ("reset", json!({}))
            }
        };
        json_event(name, Some(self.position()), &data)
    }

    /// The last event.
    pub(crate) fn end(&self, answer: Result<ChatAnswer>) -> Result<Event> {
        match answer {
            Ok(answer) => json_event("answer", Some(self.position()), &answer),
            Err(error) => {
                let (code, cause) = (error.code(), error.internal());
                tracing::warn!(code, cause, "a streamed answer failed");
                json_event("error", Some(self.position()), &problem::members(&error))
            }
        }
    }
}

struct Streaming {
    numbering: Numbering,
    first: Option<Progress>,
    told: UnboundedReceiver<Progress>,
    answer: Option<oneshot::Receiver<Result<ChatAnswer>>>,
    echo: Option<Echo>,
}

/// The events of an answer that a task makes.
///
/// # Errors
/// Those of an answer that fails before anything was told.
pub(crate) async fn stream(
    id: AnswerId,
    mut told: UnboundedReceiver<Progress>,
    mut answer: oneshot::Receiver<Result<ChatAnswer>>,
    echo: Option<Echo>,
) -> Result<impl Stream<Item = Event> + Send + use<>> {
    let first = told.recv().await;
    let numbering = Numbering::new(id);
    if first.is_none() {
        let answer = (&mut answer).await.map_err(Error::internal_fault)?;
        let events = vec![numbering.end(Ok(answer?))?];
        return Ok(futures::future::Either::Left(stream::iter(events)));
    }
    let streaming = Streaming {
        numbering,
        first,
        told,
        answer: Some(answer),
        echo,
    };
    Ok(futures::future::Either::Right(stream::unfold(
        streaming,
        async |mut streaming| {
            let event = streaming.next().await?;
            // What cannot be written as JSON is no answer: the client asks again.
            Some((event.ok()?, streaming))
        },
    )))
}

impl Streaming {
    async fn next(&mut self) -> Option<Result<Event>> {
        let next = match self.first.take() {
            Some(first) => Some(first),
            None => self.told.recv().await,
        };
        if let Some(progress) = next {
            if let Some(echo) = &mut self.echo {
                echo.tell(&progress);
            }
            return Some(self.numbering.progress(&progress));
        }
        let answer = self.answer.take()?.await;
        let answer = answer.unwrap_or_else(|panic| Err(Error::internal_fault(panic)));
        if let (Some(echo), Err(error)) = (&mut self.echo, &answer) {
            echo.fail(error);
        }
        Some(self.numbering.end(answer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_found_in_the_text_that_it_was_in() {
        let mut numbering = Numbering::new(AnswerId::generate());
        let mut text = String::new();
        for piece in ["Élan ", "lasts 两 years", " [1]."] {
            drop(numbering.progress(&Progress::Text(piece.to_owned())));
            text.push_str(piece);
            let position = Position::parse(&numbering.position().to_string()).unwrap();
            assert_eq!(position, numbering.position());
            assert_eq!(position.rest(&text), Some(""));
            assert_eq!(position.rest(&format!("{text} More.")), Some(" More."));
            assert_eq!(position.rest(&format!("E{text}")), None);
            assert_eq!(position.rest("É"), None);
        }
        drop(numbering.progress(&Progress::Reset));
        assert_eq!(numbering.position().rest(&text), Some(text.as_str()));
        for bad in ["", "7", "x.1.0", &format!("{}.-1.0", AnswerId::generate())] {
            assert_eq!(
                Position::parse(bad).unwrap_err().code(),
                "invalid_last_event_id"
            );
        }
    }
}

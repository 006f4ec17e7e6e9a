//! The chunks of a streamed completion.
//!
//! A chunk cannot take back what was sent. If the text so far is void, because another model is asked for example, a rule follows
//! and then the whole answer.

use dynrag_answering::{Asked, Progress};
use dynrag_api::{event_stream::Event, openai_error};
use dynrag_domain::{Error, Result};
use futures::{Stream, StreamExt, stream};
use serde::Serialize;

use super::body::{CompletionUsage, Head, finish_reason};
use crate::making::Told;

/// Between void text and the answer.
const RULE: &str = "\n\n---\n\n";

#[derive(Serialize)]
struct Chunk<'a> {
    id: &'a str,
    object: &'static str,
    created: i64,
    model: &'a str,
    choices: &'a [Choice<'a>],
    /// Null but in the last chunk, if it was asked for at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<CompletionUsage>>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    delta: Delta<'a>,
    logprobs: (),
    finish_reason: Option<&'static str>,
}

#[derive(Default, Serialize)]
struct Delta<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
}

/// Writes the chunks of an answer.
struct Writer {
    head: Head,
    with_usage: bool,
    /// Whether text was sent that is void now.
    is_void: bool,
    has_text: bool,
}

impl Writer {
    fn chunk(&self, delta: Delta<'_>, finish_reason: Option<&'static str>) -> Result<Event> {
        let choice = Choice {
            index: 0,
            delta,
            logprobs: (),
            finish_reason,
        };
        self.write(&[choice], self.with_usage.then_some(None))
    }

    fn write(
        &self,
        choices: &[Choice<'_>],
        usage: Option<Option<CompletionUsage>>,
    ) -> Result<Event> {
        let chunk = Chunk {
            id: &self.head.id,
            object: "chat.completion.chunk",
            created: self.head.created,
            model: &self.head.model,
            choices,
            usage,
        };
        Event::default()
            .json_data(chunk)
            .map_err(Error::internal_fault)
    }

    fn first(&self) -> Result<Event> {
        let delta = Delta {
            role: Some("assistant"),
            content: Some(""),
        };
        self.chunk(delta, None)
    }

    /// What follows a progress.
    fn told(&mut self, progress: Progress) -> Option<Result<Event>> {
        match progress {
            Progress::Sources { .. } => None,
            Progress::Reset => {
                self.is_void = self.has_text;
                None
            }
            Progress::Text(text) => {
                let text = match std::mem::take(&mut self.is_void) {
                    true => format!("{RULE}{text}"),
                    false => text,
                };
                self.has_text = true;
                let content = Some(text.as_str());
                Some(self.chunk(
                    Delta {
                        content,
                        role: None,
                    },
                    None,
                ))
            }
        }
    }

    /// The last events.
    fn end(mut self, answer: Result<Asked>) -> Vec<Result<Event>> {
        let asked = match answer {
            Ok(asked) => asked,
            Err(error) => {
                let (code, cause) = (error.code(), error.internal());
                tracing::warn!(code, cause, "a streamed completion failed");
                let event = Event::default().json_data(openai_error::body(&error));
                return vec![event.map_err(Error::internal_fault)];
            }
        };
        self.head.model.clone_from(&asked.answer.model);
        let mut events = vec![self.chunk(Delta::default(), Some(finish_reason(&asked.answer)))];
        if self.with_usage {
            let usage = Some(asked.answer.usage.into());
            events.push(self.write(&[], Some(usage)));
        }
        events.push(Ok(Event::default().data("[DONE]")));
        events
    }
}

/// The events of an answer that is being made.
pub(crate) fn events(
    head: Head,
    with_usage: bool,
    told: Told,
) -> impl Stream<Item = Event> + Send + use<> {
    let writer = Writer {
        head,
        with_usage,
        is_void: false,
        has_text: false,
    };
    let first = stream::iter([writer.first()]);
    let rest = stream::unfold(Some((writer, told)), async |state| {
        let (mut writer, mut told) = state?;
        while let Some(progress) = told.next().await {
            if let Some(event) = writer.told(progress) {
                return Some((vec![event], Some((writer, told))));
            }
        }
        let answer = told.ended().await;
        Some((writer.end(answer), None))
    });
    let events = first.chain(rest.flat_map(stream::iter));
    // What cannot be written as JSON is left out.
    events.filter_map(async |event| event.ok())
}

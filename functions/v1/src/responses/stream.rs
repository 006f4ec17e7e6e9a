//! The events of a streamed response.
//!
//! `response.created`, `response.in_progress`, the search, the message with its deltas and annotations, and
//! `response.completed`, `response.incomplete` or `response.failed`. If the text so far is void, because another model is asked for
//! example, its message ends as incomplete, and another begins. The last event has the one that counts.

use chrono::Utc;
use dynrag_answering::{Asked, Progress};
use dynrag_api::event_stream::{Event, json_event};
use dynrag_domain::{Result, answers::Answer};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};

use super::{
    body::Head,
    items::{self, OutputItem, message_id, search_id},
};
use crate::making::Told;

/// The message of the output; before it is the search.
const CONTENT: usize = 0;

/// Writes the events of a response.
struct Writer {
    head: Head,
    sequence: u64,
    queries: Vec<String>,
    is_searched: bool,
    /// Messages that are void.
    number: usize,
    /// The text of the message, if it has begun.
    text: Option<String>,
}

type Events = Vec<Result<Event>>;

impl Writer {
    fn event(&mut self, name: &'static str, mut data: Value) -> Result<Event> {
        if let Some(members) = data.as_object_mut() {
            members.insert("type".to_owned(), name.into());
            members.insert("sequence_number".to_owned(), self.sequence.into());
        }
        self.sequence += 1;
        json_event(name, None::<u64>, &data)
    }

    fn begin(&mut self) -> Events {
        let id = search_id(self.head.id);
        let response = json!({"response": self.head.begun()});
        let search = items::search(self.head.id, Vec::new(), "in_progress");
        let of = json!({"output_index": 0, "item_id": id});
        vec![
            self.event("response.created", response.clone()),
            self.event("response.in_progress", response),
            self.event(
                "response.output_item.added",
                json!({"output_index": 0, "item": search}),
            ),
            self.event("response.file_search_call.in_progress", of.clone()),
            self.event("response.file_search_call.searching", of),
        ]
    }

    fn searched(&mut self) -> Events {
        if std::mem::replace(&mut self.is_searched, true) {
            return Vec::new();
        }
        let of = json!({"output_index": 0, "item_id": search_id(self.head.id)});
        let search = items::search(self.head.id, self.queries.clone(), "completed");
        vec![
            self.event("response.file_search_call.completed", of),
            self.event(
                "response.output_item.done",
                json!({"output_index": 0, "item": search}),
            ),
        ]
    }

    /// Where the content of the message is.
    fn place(&self) -> Value {
        json!({"item_id": message_id(self.head.id, self.number), "output_index": self.number + 1, "content_index": CONTENT})
    }

    fn at(&self, more: Value) -> Value {
        let mut place = self.place();
        if let (Some(place), Value::Object(more)) = (place.as_object_mut(), more) {
            place.extend(more);
        }
        place
    }

    fn item(&self, item: &OutputItem) -> Value {
        json!({"output_index": self.number + 1, "item": item})
    }

    fn text(&mut self, text: &str) -> Events {
        let mut events = self.searched();
        if self.text.is_none() {
            let message = items::message(self.head.id, self.number, "in_progress", Vec::new());
            let (added, part) = (
                self.item(&message),
                self.at(json!({"part": items::text("", Vec::new())})),
            );
            events.push(self.event("response.output_item.added", added));
            events.push(self.event("response.content_part.added", part));
        }
        self.text.get_or_insert_default().push_str(text);
        let delta = self.at(json!({"delta": text, "logprobs": []}));
        events.push(self.event("response.output_text.delta", delta));
        events
    }

    /// Ends a message.
    fn done(&mut self, text: &str, status: &'static str, answer: Option<&Answer>) -> Events {
        let citations = answer.map(items::citations).unwrap_or_default();
        let mut events = Vec::new();
        for (n, citation) in citations.iter().enumerate() {
            let annotation = self.at(json!({"annotation_index": n, "annotation": citation}));
            events.push(self.event("response.output_text.annotation.added", annotation));
        }
        let part = items::text(text, citations);
        let (whole, content) = (
            self.at(json!({"text": text, "logprobs": []})),
            self.at(json!({"part": part})),
        );
        let message = items::message(self.head.id, self.number, status, vec![part]);
        let item = self.item(&message);
        events.push(self.event("response.output_text.done", whole));
        events.push(self.event("response.content_part.done", content));
        events.push(self.event("response.output_item.done", item));
        events
    }

    fn told(&mut self, progress: Progress) -> Events {
        match progress {
            Progress::Sources { query, .. } => {
                self.queries = vec![query];
                self.searched()
            }
            Progress::Text(text) => self.text(&text),
            Progress::Reset => match self.text.take() {
                None => Vec::new(),
                Some(text) => {
                    let events = self.done(&text, "incomplete", None);
                    self.number += 1;
                    events
                }
            },
        }
    }

    fn end(mut self, answer: Result<Asked>) -> Events {
        let Asked {
            answer, passages, ..
        } = match answer {
            Ok(asked) => asked,
            Err(error) => {
                let (code, cause) = (error.code(), error.internal());
                tracing::warn!(code, cause, "a streamed response failed");
                let failed = self.head.failed(error.public().to_owned());
                return vec![self.event("response.failed", json!({"response": failed}))];
            }
        };
        let mut events = Vec::new();
        if self.text.is_none() {
            events.extend(self.text(&answer.answer));
        }
        let response = self
            .head
            .numbered(self.number, &answer, &passages, Utc::now());
        let (name, status) = match response.is_completed() {
            true => ("response.completed", "completed"),
            false => ("response.incomplete", "incomplete"),
        };
        events.extend(self.done(&answer.answer, status, Some(&answer)));
        events.push(self.event(name, json!({"response": response})));
        events
    }
}

/// The events of an answer that is being made.
pub(crate) fn events(head: Head, told: Told) -> impl Stream<Item = Event> + Send + use<> {
    let mut writer = Writer {
        head,
        sequence: 0,
        queries: Vec::new(),
        is_searched: false,
        number: 0,
        text: None,
    };
    let first = stream::iter(writer.begin());
    let rest = stream::unfold(Some((writer, told)), async |state| {
        let (mut writer, mut told) = state?;
        match told.next().await {
            Some(progress) => Some((writer.told(progress), Some((writer, told)))),
            None => Some((writer.end(told.ended().await), None)),
        }
    });
    let events = first.chain(rest.flat_map(stream::iter));
    // What cannot be written as JSON is left out.
    events.filter_map(async |event| event.ok())
}

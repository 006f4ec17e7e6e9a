//! What clients say through a connection, and what they get back.

use dynrag_api::{live_event::LiveEvent, problem};
use dynrag_app::realtime::Topic;
use dynrag_domain::{Error, Kind, Result, realtime::Channel};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Bytes of the largest message.
const MOST: usize = 4096;
/// Bytes of the largest reply.
const FRAME: usize = 32 * 1024;
/// Characters of the longest `requestId`.
const MAX_REQUEST_ID: usize = 100;

/// A client's message.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Message {
    pub(crate) action: Action,
    channel: Option<Channel>,
    /// A document, a job or a conversation; the whole channel if left out.
    id: Option<Uuid>,
    /// Of a document: the number of the last step that the client has.
    #[serde(default)]
    pub(crate) after: i64,
    /// Any text, which the reply repeats.
    pub(crate) request_id: Option<String>,
}

/// What a client wants.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Action {
    /// Nothing: API Gateway ends a connection that is silent for ten minutes.
    Ping,
    Subscribe,
    Unsubscribe,
}

impl Message {
    /// Reads a message.
    ///
    /// # Errors
    /// `invalid_message` (malformed); `message_too_large`.
    pub(crate) fn read(text: &str) -> Result<Self> {
        if text.len() > MOST {
            let detail = format!("A message has at most {MOST} bytes.");
            return Err(Error::new(Kind::TooLarge, "message_too_large", detail));
        }
        let message: Self = serde_json::from_str(text).map_err(|error| {
            let detail = format!(
                "Send a JSON object such as {{\"action\": \"subscribe\", \"channel\": \"documents\"}}: {error}."
            );
            Error::new(Kind::Malformed, "invalid_message", detail)
        })?;
        let too_long = |id: &String| id.chars().count() > MAX_REQUEST_ID;
        if message.request_id.as_ref().is_some_and(too_long) {
            let detail = format!("at most {MAX_REQUEST_ID} characters");
            return Err(Error::field("/requestId", detail));
        }
        Ok(message)
    }

    /// What it subscribes to.
    ///
    /// # Errors
    /// `invalid_fields` without a channel.
    pub(crate) fn topic(&self) -> Result<Topic> {
        let names = || Channel::ALL.iter().map(|channel| channel.as_str());
        let missing = || {
            let names: Vec<_> = names().collect();
            Error::field("/channel", format!("one of {}", names.join(", ")))
        };
        Ok(Topic {
            channel: self.channel.ok_or_else(missing)?,
            subject: self.id,
        })
    }
}

/// The reply to a message.
#[derive(Serialize)]
#[serde(
    tag = "type",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub(crate) enum Reply {
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    Subscribed {
        channel: Channel,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Uuid>,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// Of a document: what happened to it after the step that the client has.
        events: Vec<LiveEvent>,
        /// Whether there is more than fits into a message. Subscribing again after the last of these gets the rest.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        more: bool,
    },
    Unsubscribed {
        channel: Channel,
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<Uuid>,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<String>,
        /// As in a problem document.
        problem: Map<String, Value>,
    },
}

impl Reply {
    /// Writes the reply, with as many events as fit into a frame of API Gateway.
    pub(crate) fn written(mut self) -> Option<String> {
        loop {
            let text = serde_json::to_string(&self).ok()?;
            match &mut self {
                Self::Subscribed { events, more, .. }
                    if text.len() > FRAME && !events.is_empty() =>
                {
                    events.truncate(events.len() / 2);
                    *more = true;
                }
                _ => return Some(text),
            }
        }
    }

    /// The reply to a message that could not be carried out.
    pub(crate) fn error(error: &Error, request_id: Option<String>) -> Self {
        let mut problem = problem::members(error);
        if let Some(wait) = error.retry_after() {
            problem.insert("retryAfterSeconds".into(), wait.as_secs().max(1).into());
        }
        Self::Error {
            request_id,
            problem,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_fits_into_a_frame() {
        let event = || {
            LiveEvent::new(
                Channel::Documents,
                None,
                "status",
                Some(1),
                &"x".repeat(500),
            )
        };
        let reply = |events: usize| Reply::Subscribed {
            channel: Channel::Documents,
            id: None,
            request_id: None,
            events: (0..events).map(|_| event().unwrap()).collect(),
            more: false,
        };
        let written = |events| reply(events).written().unwrap();
        assert!(written(200).len() <= FRAME && written(200).contains(r#""more":true"#));
        assert!(!written(20).contains("more"));
    }

    #[test]
    fn what_is_no_message_is_named() {
        let code = |text: &str| Message::read(text).err().map(|error| error.code());
        assert_eq!(code(r#"{"action":"ping"}"#), None);
        let id = r#"{"action":"subscribe","channel":"documents","id":"00000000-0000-7000-8000-000000000001"}"#;
        assert_eq!(code(id), None);
        for bad in [
            "",
            "ping",
            "[]",
            "{}",
            r#"{"action":"dance"}"#,
            r#"{"action":"ping","token":"x"}"#,
            r#"{"action":"subscribe","channel":"secrets"}"#,
            r#"{"action":"subscribe","channel":"documents","id":"../x"}"#,
            r#"{"action":"subscribe","channel":"documents","after":"x"}"#,
        ] {
            assert_eq!(code(bad), Some("invalid_message"), "{bad}");
        }
        assert_eq!(code(&" ".repeat(MOST + 1)), Some("message_too_large"));
        let long = format!(r#"{{"action":"ping","requestId":"{}"}}"#, "é".repeat(101));
        assert_eq!(code(&long), Some("invalid_fields"));
        let nothing = Message::read(r#"{"action":"subscribe"}"#).unwrap().topic();
        assert_eq!(nothing.unwrap_err().fields()[0].pointer, "/channel");
    }
}
